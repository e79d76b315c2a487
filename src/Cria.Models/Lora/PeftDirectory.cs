using Cria.Compute;

namespace Cria.Models;

/// <summary>
/// An adapter as Hugging Face's PEFT keeps it: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>. What is saved here is read
/// by PEFT, transformers, vLLM and llama.cpp's converter.
/// </summary>
public static class PeftDirectory
{
    private const string WeightsName = "adapter_model.safetensors";

    private static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    /// <summary>Whether a directory holds an adapter.</summary>
    public static bool IsAdapter(string folder) => File.Exists(Path.Combine(folder, PeftConfig.FileName));

    /// <summary>Loads an adapter, as float32.</summary>
    /// <param name="folder">The directory.</param>
    /// <param name="config">The model that it changes.</param>
    /// <exception cref="InvalidModelFileException">
    /// A file is missing or broken, does not fit the model, or asks for what is not supported (DoRA, saved modules, ranks by pattern, …).
    /// </exception>
    public static LoraWeights Load(string folder, LlamaConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        LoraSettings settings = PeftConfig.Read(folder, config);
        string path = Path.Combine(folder, WeightsName);
        if (!File.Exists(path))
        {
            throw new InvalidModelFileException($"{folder}: there is no {WeightsName}; other formats of weights are not read.");
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        long values = LoraWeights.LengthOf(config, settings);
        if (values > file.FileBytes / sizeof(ushort))
        {
            throw new InvalidModelFileException(
                $"{path}: {file.FileBytes} bytes are too few for the {values} values that {PeftConfig.FileName} tells of.");
        }

        LoraWeights adapter = new(config, settings);
        try
        {
            List<(string Name, Tensor Values, bool IsRotated)> expected = [.. Tensors(adapter)];
            Check(file, expected);
            foreach ((string name, Tensor destination, bool isRotated) in expected)
            {
                file.TryGetTensor(name, out SafetensorsTensor? tensor);
                for (int row = 0; row < destination.Rows; row++)
                {
                    int stored = isRotated ? HuggingFaceTensors.HalfSplitRow(row, config.HeadDim) : row;
                    file.Read(tensor!, (long)stored * destination.Columns, destination.Row(row));
                }
            }

            return adapter;
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    /// <summary>Saves an adapter as float32; <c>adapter_config.json</c> is written last.</summary>
    /// <param name="folder">The directory, created where it is missing.</param>
    /// <param name="adapter">The adapter.</param>
    /// <param name="baseModel">The name or path of the model that it changes, for whoever loads it.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Save(string folder, LoraWeights adapter, string baseModel)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        Directory.CreateDirectory(folder);
        int headDim = adapter.Config.HeadDim;
        int[] sourceRows = new int[headDim];
        for (int row = 0; row < headDim; row++)
        {
            sourceRows[HuggingFaceTensors.HalfSplitRow(row, headDim)] = row;
        }

        SafetensorsWriter.Write(
            Path.Combine(folder, WeightsName),
            [
                .. Tensors(adapter).Select(tensor => new SafetensorsSource(
                    tensor.Name, SafetensorsType.F32, [tensor.Values.Rows, tensor.Values.Columns], write =>
                    {
                        for (int row = 0; row < tensor.Values.Rows; row++)
                        {
                            int inHead = row % headDim;
                            write(tensor.Values.Row(tensor.IsRotated ? row - inHead + sourceRows[inHead] : row));
                        }
                    })),
            ],
            Metadata);
        PeftConfig.Write(folder, adapter.Settings, adapter.Config.Layers, baseModel);
    }

    /// <summary>
    /// The tensors under their names. The outputs of q and k, and so the rows of their B, are stored in Hugging Face's order
    /// (<see cref="HuggingFaceTensors"/>).
    /// </summary>
    private static IEnumerable<(string Name, Tensor Values, bool IsRotated)> Tensors(LoraWeights adapter)
    {
        for (int layer = adapter.Settings.FirstLayer; layer < adapter.Config.Layers; layer++)
        {
            foreach (LoraPart part in adapter.Parts(layer))
            {
                string prefix = $"base_model.model.model.layers.{layer}.{LoraSettings.ModuleOf(part.Target)}.lora_";
                yield return (prefix + "A.weight", part.A, false);
                yield return (prefix + "B.weight", part.B, part.Target is LoraTargets.Query or LoraTargets.Key);
            }
        }
    }

    private static void Check(SafetensorsFile file, List<(string Name, Tensor Values, bool IsRotated)> expected)
    {
        foreach ((string name, Tensor values, _) in expected)
        {
            if (!file.TryGetTensor(name, out SafetensorsTensor? tensor))
            {
                throw new InvalidModelFileException($"{file.FilePath}: the tensor {name} is missing.");
            }

            if (!tensor.Shape.SequenceEqual([values.Rows, values.Columns]))
            {
                throw new InvalidModelFileException($"{file.FilePath}: {name}: expected shape {values}, found {tensor.ShapeText}.");
            }
        }

        HashSet<string> known = [.. expected.Select(tensor => tensor.Name)];
        if (file.Tensors.FirstOrDefault(tensor => !known.Contains(tensor.Name)) is { } other)
        {
            throw new InvalidModelFileException($"{file.FilePath}: {other.Name}: the adapter's settings name no such tensor.");
        }
    }
}
