using System.Runtime.InteropServices;
using Cria.Compute;

namespace Cria.Models;

/// <summary>
/// Reads the checkpoints of llama2.c (A. Karpathy): versions 0 and 1 in float32, version 2 in groups of 8-bit integers with a
/// float32 scale each, which are widened. They hold no tokenizer. Query and key rows are in Meta's order.
/// </summary>
public static unsafe class Llama2cFile
{
    internal const string FormatName = "llama2.c";

    // The programs of llama2.c stop at id 1 (BOS), which their training data put between documents.
    private static readonly int[] EndIds = [1, 2];

    /// <summary>Loads a model.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <exception cref="InvalidModelFileException">The file breaks the format.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static LoadedModel Load(string path)
    {
        using MappedFile file = new(path);
        Llama2cHeader header = Llama2cHeader.Read(file);
        LlamaWeights weights = new(header.Config);
        Cursor cursor = new(file.Pointer + header.DataOffset, header.GroupSize);
        if (header.Version == 0)
        {
            ReadVersion0(ref cursor, weights);
        }
        else
        {
            ReadMarked(ref cursor, weights);
        }

        return new LoadedModel
        {
            Weights = weights,
            Tokenizer = null,
            GenerationDefaults = new GenerationDefaults(null, null, null, BosId: 1, EndIds),
            Information = Describe(file, header),
        };
    }

    /// <summary>Reads what the header says about a model, without its weights.</summary>
    /// <exception cref="InvalidModelFileException">The file breaks the format.</exception>
    public static ModelInformation Inspect(string path)
    {
        using MappedFile file = new(path);
        return Describe(file, Llama2cHeader.Read(file));
    }

    private static ModelInformation Describe(MappedFile file, Llama2cHeader header)
    {
        TensorSummary[] tensors =
        [
            .. new ParameterLayout(header.Config).Tensors.Select(tensor => tensor.IsMatrix && header.Version == 2
                ? new TensorSummary(
                    tensor.Name, "Q8", [tensor.Rows, tensor.Columns], tensor.Length + (tensor.Length / header.GroupSize * sizeof(float)))
                : new TensorSummary(
                    tensor.Name, "F32", tensor.IsMatrix ? [tensor.Rows, tensor.Columns] : [tensor.Columns], tensor.Length * sizeof(float))),
        ];
        string architecture = $"llama2.c version {header.Version}";
        return new ModelInformation(file.FilePath, FormatName, architecture, header.Config, tensors, Tokenizer: null, file.Length);
    }

    private static void ReadVersion0(ref Cursor cursor, LlamaWeights weights)
    {
        cursor.ReadFloats(weights.TokenEmbedding);
        cursor.ReadFloats(weights.Layers, layer => layer.AttentionNorm);
        cursor.ReadMatrices(weights.Layers, layer => layer.Query);
        cursor.ReadMatrices(weights.Layers, layer => layer.Key);
        cursor.ReadMatrices(weights.Layers, layer => layer.Value);
        cursor.ReadMatrices(weights.Layers, layer => layer.AttentionOutput);
        cursor.ReadFloats(weights.Layers, layer => layer.FeedForwardNorm);
        ReadFeedForward(ref cursor, weights);
        cursor.ReadFloats(weights.FinalNorm);
        cursor.Skip((long)weights.Config.ContextLength * weights.Config.HeadDim * sizeof(float));
        if (!weights.Config.TiedEmbeddings)
        {
            cursor.ReadMatrix(weights.Head);
        }
    }

    private static void ReadMarked(ref Cursor cursor, LlamaWeights weights)
    {
        cursor.ReadFloats(weights.Layers, layer => layer.AttentionNorm);
        cursor.ReadFloats(weights.Layers, layer => layer.FeedForwardNorm);
        cursor.ReadFloats(weights.FinalNorm);
        cursor.ReadMatrix(weights.TokenEmbedding);
        cursor.ReadMatrices(weights.Layers, layer => layer.Query);
        cursor.ReadMatrices(weights.Layers, layer => layer.Key);
        cursor.ReadMatrices(weights.Layers, layer => layer.Value);
        cursor.ReadMatrices(weights.Layers, layer => layer.AttentionOutput);
        ReadFeedForward(ref cursor, weights);
        if (!weights.Config.TiedEmbeddings)
        {
            cursor.ReadMatrix(weights.Head);
        }
    }

    private static void ReadFeedForward(ref Cursor cursor, LlamaWeights weights)
    {
        cursor.ReadMatrices(weights.Layers, layer => layer.Gate);
        cursor.ReadMatrices(weights.Layers, layer => layer.Down);
        cursor.ReadMatrices(weights.Layers, layer => layer.Up);
    }

    /// <summary>Walks over weights whose total size the header has been checked for.</summary>
    private struct Cursor(byte* position, int groupSize)
    {
        private byte* _position = position;

        public void Skip(long bytes) => _position += bytes;

        public void ReadFloats(LayerWeights[] layers, Func<LayerWeights, Tensor> tensorOf)
        {
            foreach (LayerWeights layer in layers)
            {
                ReadFloats(tensorOf(layer));
            }
        }

        public void ReadMatrices(LayerWeights[] layers, Func<LayerWeights, Tensor> matrixOf)
        {
            foreach (LayerWeights layer in layers)
            {
                ReadMatrix(matrixOf(layer));
            }
        }

        public void ReadMatrix(Tensor destination)
        {
            if (groupSize > 0)
            {
                ReadGroups(destination);
            }
            else
            {
                ReadFloats(destination);
            }
        }

        public void ReadFloats(Tensor destination)
        {
            long bytes = destination.Length * sizeof(float);
            Buffer.MemoryCopy(_position, destination.Data, bytes, bytes);
            _position += bytes;
        }

        // All 8-bit values of the tensor, then all its scales.
        private void ReadGroups(Tensor destination)
        {
            sbyte* values = (sbyte*)_position;
            byte* scales = _position + destination.Length;
            for (long i = 0; i < destination.Length; i++)
            {
                float scale = MemoryMarshal.Read<float>(new ReadOnlySpan<byte>(scales + (i / groupSize * sizeof(float)), sizeof(float)));
                destination.Data[i] = values[i] * scale;
            }

            _position = scales + (destination.Length / groupSize * sizeof(float));
        }
    }
}
