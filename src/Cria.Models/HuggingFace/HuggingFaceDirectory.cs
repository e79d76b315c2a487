using System.Text.Json;

namespace Cria.Models;

/// <summary>How <see cref="HuggingFaceDirectory.Save"/> writes a model.</summary>
public sealed record HuggingFaceSaveOptions
{
    /// <summary>The element type of the weights in the files.</summary>
    public SafetensorsType Type { get; init; } = SafetensorsType.F32;

    /// <summary>A model with more bytes of weights is written in shards of at most this many.</summary>
    public long MaximumShardBytes { get; init; } = 5_000_000_000;

    /// <summary>Sampling settings and control ids to store; null takes the tokenizer's ids.</summary>
    public GenerationDefaults? GenerationDefaults { get; init; }

    /// <summary>The chat format, stored as a template beside the tokenizer; null for a model that was not tuned for dialogue.</summary>
    public ChatFormat? ChatFormat { get; init; }
}

/// <summary>
/// A model as Hugging Face's transformers keeps it: <c>config.json</c>, <c>generation_config.json</c>, safetensors (one file, or shards
/// with an index), and for the tokenizer <c>tokenizer.model</c> or <c>tokenizer.json</c> (byte-level BPE) and
/// <c>tokenizer_config.json</c>. What is saved here is read by
/// transformers, vLLM and llama.cpp's converter.
/// </summary>
public static class HuggingFaceDirectory
{
    internal const string TokenizerName = "tokenizer.model";
    internal const string FormatName = "huggingface";
    private const string TokenizerConfigName = "tokenizer_config.json";
    private const string TemplateName = "chat_template.jinja";
    private const string ShardPattern = "model-*-of-*.safetensors";

    private static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    /// <summary>Whether a directory holds a model.</summary>
    public static bool IsModel(string folder) => File.Exists(Path.Combine(folder, HuggingFaceConfig.FileName));

    /// <summary>Loads a model, as float32.</summary>
    /// <param name="folder">The directory.</param>
    /// <exception cref="InvalidModelFileException">A file is missing, broken, or describes something else than a Llama.</exception>
    public static LoadedModel Load(string folder)
    {
        string path = Path.Combine(folder, HuggingFaceConfig.FileName);
        JsonFields fields = JsonFields.ReadFile(path);
        LlamaConfig config = HuggingFaceConfig.Read(fields, path);
        Tokenizer? tokenizer = LoadTokenizer(folder);
        ChatFormat? chatFormat = LoadChatFormat(folder);
        GenerationDefaults generation = HuggingFaceGenerationConfig.Read(folder, fields, tokenizer);
        using SafetensorsFolder files = SafetensorsFolder.Open(folder);
        HuggingFaceTensors.Check(files, folder, config);
        LlamaWeights weights = new(config);
        try
        {
            HuggingFaceTensors.Load(files, weights);
            return new LoadedModel
            {
                Weights = weights,
                Tokenizer = tokenizer,
                ChatFormat = chatFormat,
                GenerationDefaults = generation,
                Information = Describe(folder, fields, config, files),
            };
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Reads what the files say about a model, without its weights.</summary>
    /// <exception cref="InvalidModelFileException">A file is missing, broken, or describes something else than a Llama.</exception>
    public static ModelInformation Inspect(string folder)
    {
        string path = Path.Combine(folder, HuggingFaceConfig.FileName);
        JsonFields fields = JsonFields.ReadFile(path);
        LlamaConfig config = HuggingFaceConfig.Read(fields, path);
        using SafetensorsFolder files = SafetensorsFolder.Open(folder);
        HuggingFaceTensors.Check(files, folder, config);
        return Describe(folder, fields, config, files);
    }

    /// <summary>
    /// Saves a model. <c>config.json</c> is written last, so that a directory that has one holds a whole model; each file replaces its
    /// predecessor in one step.
    /// </summary>
    /// <param name="folder">The directory, created where it is missing.</param>
    /// <param name="weights">The model.</param>
    /// <param name="tokenizer">Its tokenizer, or null.</param>
    /// <param name="options">Null for one float32 file (shards above 5 GB).</param>
    /// <exception cref="ArgumentException">The tokenizer is of a kind that the layout has no file for.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Save(string folder, LlamaWeights weights, Tokenizer? tokenizer = null, HuggingFaceSaveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        options ??= new HuggingFaceSaveOptions();
        GenerationDefaults generation = options.GenerationDefaults ?? GenerationDefaults.Of(tokenizer);
        Directory.CreateDirectory(folder);
        SaveWeights(folder, HuggingFaceTensors.Sources(weights, options.Type), options.MaximumShardBytes);
        if (tokenizer is not null)
        {
            SaveTokenizer(folder, tokenizer, weights.Config.ContextLength, options.ChatFormat?.Template);
        }

        HuggingFaceGenerationConfig.Write(Path.Combine(folder, HuggingFaceGenerationConfig.FileName), generation);
        HuggingFaceConfig.Write(Path.Combine(folder, HuggingFaceConfig.FileName), weights.Config, options.Type, generation);
    }

    /// <summary>
    /// Whether a tokenizer can be written into a directory: SentencePiece, or byte-level BPE that Hugging Face can express.
    /// </summary>
    public static bool CanSave(Tokenizer tokenizer) => tokenizer is SentencePieceTokenizer
        or ByteLevelBpeTokenizer { Vocabulary.PreTokenizer: not ByteLevelPreTokenizer.Default };

    /// <summary>The tokenizer of a directory; null where it has none that is read.</summary>
    internal static Tokenizer? LoadTokenizer(string folder)
    {
        string path = Path.Combine(folder, TokenizerName);
        string byteLevel = Path.Combine(folder, HuggingFaceTokenizerFile.FileName);
        return File.Exists(path) ? SentencePieceTokenizer.Load(path)
            : File.Exists(byteLevel) ? ReadTokenizerFile(byteLevel)
            : null;
    }

    /// <summary>The tokenizer of a <c>tokenizer.json</c>.</summary>
    /// <exception cref="InvalidModelFileException">The file breaks its format, or holds something else than byte-level BPE.</exception>
    internal static Tokenizer LoadTokenizerFile(string path) => ReadTokenizerFile(path)
        ?? throw new InvalidModelFileException($"{path}: expected byte-level BPE as of GPT-2, SmolLM or Llama 3, found another kind.");

    private static ByteLevelBpeTokenizer? ReadTokenizerFile(string path)
    {
        string settings = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, TokenizerConfigName);
        return HuggingFaceTokenizerFile.Read(path, File.Exists(settings) ? JsonFields.ReadFile(settings) : null);
    }

    // Newer versions of transformers keep the template in a file of its own.
    private static ChatFormat? LoadChatFormat(string folder)
    {
        string template = Path.Combine(folder, TemplateName);
        string settings = Path.Combine(folder, TokenizerConfigName);
        return File.Exists(template) ? ChatFormat.FromTemplate(File.ReadAllText(template))
            : File.Exists(settings) ? ChatFormat.FromTemplate(JsonFields.ReadFile(settings).TextOrNull("chat_template"))
            : null;
    }

    private static void SaveWeights(string folder, List<SafetensorsSource> sources, long maximumShardBytes)
    {
        List<List<SafetensorsSource>> shards = [];
        long bytes = 0;
        foreach (SafetensorsSource source in sources)
        {
            if (shards.Count == 0 || bytes + source.Bytes > maximumShardBytes)
            {
                shards.Add([]);
                bytes = 0;
            }

            shards[^1].Add(source);
            bytes += source.Bytes;
        }

        string[] names = shards.Count == 1
            ? [SafetensorsFolder.SingleName]
            : [.. shards.Select((_, index) => $"model-{index + 1:D5}-of-{shards.Count:D5}.safetensors")];
        for (int i = 0; i < names.Length; i++)
        {
            SafetensorsWriter.Write(Path.Combine(folder, names[i]), shards[i], Metadata);
        }

        if (shards.Count > 1)
        {
            SafetensorsFolder.WriteIndex(Path.Combine(folder, SafetensorsFolder.IndexName), names, shards);
        }

        DeleteFormerWeights(folder, names);
    }

    // A model saved before in another number of files must not be found beside the new one.
    private static void DeleteFormerWeights(string folder, string[] written)
    {
        string[] former = [.. Directory.GetFiles(folder, ShardPattern), Path.Combine(folder, SafetensorsFolder.SingleName)];
        foreach (string path in former)
        {
            if (!written.Contains(Path.GetFileName(path)))
            {
                File.Delete(path);
            }
        }

        if (written.Length == 1)
        {
            File.Delete(Path.Combine(folder, SafetensorsFolder.IndexName));
        }
    }

    private static void SaveTokenizer(string folder, Tokenizer tokenizer, int contextLength, string? chatTemplate)
    {
        string name;
        int unknown = -1;
        switch (tokenizer)
        {
            case SentencePieceTokenizer sentencePiece:
                sentencePiece.Model.Write(Path.Combine(folder, TokenizerName));
                name = "LlamaTokenizer";
                unknown = sentencePiece.UnknownId;
                break;
            case ByteLevelBpeTokenizer byteLevel:
                HuggingFaceTokenizerFile.Write(Path.Combine(folder, HuggingFaceTokenizerFile.FileName), byteLevel);
                name = "PreTrainedTokenizerFast";
                break;
            default:
                throw new ArgumentException($"A {tokenizer.GetType().Name} cannot be saved.", nameof(tokenizer));
        }

        AtomicFile.Write(Path.Combine(folder, TokenizerConfigName), stream =>
        {
            using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            json.WriteBoolean("add_bos_token", tokenizer.AddsBos);
            json.WriteBoolean("add_eos_token", false);
            WritePiece(json, "bos_token", tokenizer, tokenizer.BosId);
            if (chatTemplate is not null)
            {
                json.WriteString("chat_template", chatTemplate);
            }

            json.WriteBoolean("clean_up_tokenization_spaces", false);
            WritePiece(json, "eos_token", tokenizer, tokenizer.EosId);
            json.WriteBoolean("legacy", false);
            json.WriteNumber("model_max_length", contextLength);
            json.WriteString("tokenizer_class", name);
            WritePiece(json, "unk_token", tokenizer, unknown);
            json.WriteEndObject();
        });
    }

    private static void WritePiece(Utf8JsonWriter json, string key, Tokenizer tokenizer, int id)
    {
        if (id >= 0)
        {
            json.WriteString(key, tokenizer.PieceText(id));
        }
    }

    private static ModelInformation Describe(string folder, JsonFields fields, LlamaConfig config, SafetensorsFolder files) => new(
        folder,
        FormatName,
        HuggingFaceConfig.ArchitectureOf(fields),
        config,
        [.. files.Tensors.Select(entry => new TensorSummary(entry.Tensor.Name, entry.Tensor.Type, entry.Tensor.Shape, entry.Tensor.Bytes))],
        Array.Find([TokenizerName, HuggingFaceTokenizerFile.FileName], name => File.Exists(Path.Combine(folder, name))),
        files.FileBytes);
}
