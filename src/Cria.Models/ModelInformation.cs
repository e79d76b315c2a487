namespace Cria.Models;

/// <summary>A tensor as a model file holds it.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Type">Its element type as the format spells it, e.g. <c>F32</c>, <c>BF16</c>, <c>Q4_0</c>.</param>
/// <param name="Shape">Its dimensions, slowest first.</param>
/// <param name="Bytes">The bytes it takes in the file.</param>
public sealed record TensorSummary(string Name, string Type, IReadOnlyList<long> Shape, long Bytes)
{
    /// <summary>Number of values.</summary>
    public long Length => Shape.Aggregate(1L, (product, dimension) => product * dimension);
}

/// <summary>What the files of a model say about it, read without loading the weights.</summary>
/// <param name="Source">The directory or file that holds the model.</param>
/// <param name="Format">How it is stored: <c>huggingface</c>, <c>gguf</c> or <c>llama2.c</c>.</param>
/// <param name="Architecture">Its architecture as the files name it, e.g. <c>LlamaForCausalLM</c>.</param>
/// <param name="Config">Its shape.</param>
/// <param name="Tensors">Every tensor stored.</param>
/// <param name="Tokenizer">The tokenizer file or kind, or null where there is none.</param>
/// <param name="Bytes">The bytes of all files that hold tensors.</param>
public sealed record ModelInformation(
    string Source,
    string Format,
    string Architecture,
    LlamaConfig Config,
    IReadOnlyList<TensorSummary> Tensors,
    string? Tokenizer,
    long Bytes)
{
    /// <summary>How many values are stored in each element type.</summary>
    public IReadOnlyDictionary<string, long> ValuesByType =>
        Tensors.GroupBy(tensor => tensor.Type).ToDictionary(group => group.Key, group => group.Sum(tensor => tensor.Length));
}
