using Cria.Compute;

namespace Cria.Models;

/// <summary>
/// Moves weights between a flat buffer and safetensors. Hugging Face's Llama rotates the halves of a head (i, i + HeadDim/2) where Meta's
/// rotates adjacent pairs (2i, 2i + 1), so the rows of every query and key matrix are stored in another order.
/// </summary>
internal static class HuggingFaceTensors
{
    private const int ChunkValues = 1 << 20;

    /// <summary>
    /// Checks that the files hold exactly the tensors of a model, with its shapes, before anything is allocated for them.
    /// </summary>
    public static void Check(SafetensorsFolder files, string folder, LlamaConfig config)
    {
        ParameterLayout layout = new(config);
        foreach (ParameterTensor parameter in layout.Tensors)
        {
            (SafetensorsFile file, SafetensorsTensor tensor) = files.Find(parameter.Name)
                ?? throw new InvalidModelFileException($"{folder}: the tensor {parameter.Name} is missing.");
            long[] expected = ShapeOf(parameter);
            if (!tensor.Shape.SequenceEqual(expected))
            {
                throw new InvalidModelFileException(
                    $"{file.FilePath}: {tensor.Name}: expected shape [{string.Join(", ", expected)}], found {tensor.ShapeText}.");
            }

            if (!Enum.TryParse<SafetensorsType>(tensor.Type, out _))
            {
                throw new InvalidModelFileException(
                    $"{file.FilePath}: {tensor.Name}: expected elements of type F32, F16 or BF16, found {tensor.Type}.");
            }
        }

        HashSet<string> known = [.. layout.Tensors.Select(parameter => parameter.Name)];
        foreach ((SafetensorsFile file, SafetensorsTensor tensor) in files.Tensors)
        {
            if (!known.Contains(tensor.Name) && !MayBeIgnored(tensor.Name, config))
            {
                throw new InvalidModelFileException($"{file.FilePath}: {tensor.Name}: a Llama has no such tensor.");
            }
        }
    }

    /// <summary>Fills the weights from files that <see cref="Check"/> accepted.</summary>
    public static void Load(SafetensorsFolder files, LlamaWeights weights)
    {
        foreach (ParameterTensor parameter in weights.Layout.Tensors)
        {
            (SafetensorsFile file, SafetensorsTensor tensor) = files.Find(parameter.Name)!.Value;
            Tensor destination = weights[parameter];
            if (IsRotated(parameter))
            {
                for (int row = 0; row < parameter.Rows; row++)
                {
                    file.Read(tensor, (long)HalfSplitRow(row, weights.Config.HeadDim) * parameter.Columns, destination.Row(row));
                }
            }
            else
            {
                ForEachChunk(destination, (first, values) => file.Read(tensor, first, values));
            }
        }
    }

    /// <summary>What to write for each parameter.</summary>
    public static List<SafetensorsSource> Sources(LlamaWeights weights, SafetensorsType type) =>
    [
        .. weights.Layout.Tensors.Select(parameter => new SafetensorsSource(
            parameter.Name, type, ShapeOf(parameter), write => Write(weights, parameter, write))),
    ];

    /// <summary>Where Hugging Face stores the query or key row that Meta's order has at <paramref name="row"/>.</summary>
    internal static int HalfSplitRow(int row, int headDim)
    {
        int head = row / headDim;
        int inHead = row % headDim;
        return (head * headDim) + (inHead / 2) + (inHead % 2 * (headDim / 2));
    }

    private static void Write(LlamaWeights weights, ParameterTensor parameter, SafetensorsValueWriter write)
    {
        Tensor values = weights[parameter];
        if (!IsRotated(parameter))
        {
            ForEachChunk(values, (_, chunk) => write(chunk));
            return;
        }

        int headDim = weights.Config.HeadDim;
        int[] sourceRows = new int[headDim];
        for (int row = 0; row < headDim; row++)
        {
            sourceRows[HalfSplitRow(row, headDim)] = row;
        }

        for (int row = 0; row < values.Rows; row++)
        {
            int inHead = row % headDim;
            write(values.Row(row - inHead + sourceRows[inHead]));
        }
    }

    private static unsafe void ForEachChunk(Tensor tensor, ChunkAction action)
    {
        for (long first = 0; first < tensor.Length; first += ChunkValues)
        {
            action(first, new Span<float>(tensor.Data + first, (int)Math.Min(ChunkValues, tensor.Length - first)));
        }
    }

    private delegate void ChunkAction(long first, Span<float> values);

    private static bool IsRotated(ParameterTensor parameter) =>
        parameter.Name.EndsWith("q_proj.weight", StringComparison.Ordinal)
        || parameter.Name.EndsWith("k_proj.weight", StringComparison.Ordinal);

    private static long[] ShapeOf(ParameterTensor parameter) =>
        parameter.IsMatrix ? [parameter.Rows, parameter.Columns] : [parameter.Columns];

    // Frequencies that old versions stored, and a head that repeats the embedding it is tied to.
    private static bool MayBeIgnored(string name, LlamaConfig config) =>
        name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal)
        || (name == ParameterLayout.HeadName && (config.TiedEmbeddings || config.ScalarHead));
}
