namespace Cria.Models;

/// <summary>
/// Loads models of the <c>llama</c> architecture from GGUF files, their weights widened to float32. GGUF keeps query and key rows in
/// Meta's order (adjacent rotary pairs), as <see cref="LlamaWeights"/> does, so nothing is permuted.
/// </summary>
public static class GgufModel
{
    internal const string FormatName = "gguf";
    private const string TemplateKey = "tokenizer.chat_template";
    private const string EndOfTurnKey = "tokenizer.ggml.eot_token_id";

    /// <summary>Loads a model.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidModelFileException">The file breaks the format or holds another architecture.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static LoadedModel Load(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        LlamaConfig config = GgufConfig.Read(file);
        GgufTensorNames.Check(file, config);
        Tokenizer? tokenizer = GgufTokenizer.Read(file);
        LlamaWeights weights = new(config);
        try
        {
            foreach (ParameterTensor parameter in weights.Layout.Tensors)
            {
                file.Dequantize(file.GetTensor(GgufTensorNames.Of(parameter.Name)), weights[parameter]);
            }
        }
        catch
        {
            weights.Dispose();
            throw;
        }

        return new LoadedModel
        {
            Weights = weights,
            Tokenizer = tokenizer,
            ChatFormat = ChatFormat.FromTemplate(file.Metadata.GetString(TemplateKey, null)),
            GenerationDefaults = Defaults(file, tokenizer),
            Information = Describe(file, config),
        };
    }

    /// <summary>Reads what the file says about its model, without the weights.</summary>
    /// <exception cref="InvalidModelFileException">The file breaks the format or holds another architecture.</exception>
    public static ModelInformation Inspect(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return Describe(file, GgufConfig.Read(file));
    }

    /// <summary>Reads the tokenizer alone, also from a file without weights; null where there is none.</summary>
    /// <exception cref="InvalidModelFileException">The file breaks the format, or its tokenizer is of a kind that is not read.</exception>
    public static Tokenizer? LoadTokenizer(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return GgufTokenizer.Read(file);
    }

    private static GenerationDefaults Defaults(GgufFile file, Tokenizer? tokenizer)
    {
        GenerationDefaults defaults = GenerationDefaults.Of(tokenizer);
        int endOfTurn = file.Metadata.GetInt32OrNull(EndOfTurnKey) ?? -1;
        return endOfTurn < 0 || defaults.EosIds.Contains(endOfTurn)
            ? defaults
            : defaults with { EosIds = [.. defaults.EosIds, endOfTurn] };
    }

    private static ModelInformation Describe(GgufFile file, LlamaConfig config)
    {
        TensorSummary[] tensors =
        [
            .. file.Tensors.Select(tensor =>
                new TensorSummary(tensor.Name, tensor.Type.ToString(), [.. tensor.Dimensions.Reverse()], tensor.ByteLength)),
        ];
        return new ModelInformation(
            file.FilePath,
            FormatName,
            GgufConfig.Architecture,
            config,
            tensors,
            file.Metadata.GetString(GgufTokenizer.ModelKey, null),
            new FileInfo(file.FilePath).Length);
    }
}
