namespace Cria.Models;

/// <summary>
/// Finds out what a path holds and loads it: a Hugging Face directory, a GGUF file, a llama2.c checkpoint, or a run directory, of which the
/// newest model is taken (the last stage of the pipeline that has one).
/// </summary>
public static class ModelLoader
{
    // Latest first.
    private static readonly string[] Stages = ["rlhf-v5", "rlhf-v4", "rlhf-v3", "rlhf-v2", "rlhf-v1", "sft", "base"];

    /// <summary>Loads a model with float32 weights.</summary>
    /// <param name="path">A directory or file.</param>
    /// <param name="tokenizerPath">
    /// A <c>.model</c> (SentencePiece), <c>.json</c> (byte-level BPE of Hugging Face), <c>.bin</c> (llama2.c) or <c>.gguf</c> file whose
    /// tokenizer to use instead of the model's own.
    /// </param>
    /// <exception cref="InvalidModelFileException">The files break their format or do not fit one another.</exception>
    /// <exception cref="IOException">There is no model at the path, or it cannot be read.</exception>
    public static LoadedModel Load(string path, string? tokenizerPath = null)
    {
        ModelLocation location = Locate(path);
        LoadedModel model = location.Format switch
        {
            Llama2cFile.FormatName => Llama2cFile.Load(location.Source),
            GgufModel.FormatName => GgufModel.Load(location.Source),
            _ => HuggingFaceDirectory.Load(location.Source),
        };
        try
        {
            tokenizerPath ??= model.Tokenizer is null ? location.TokenizerPath : null;
            if (tokenizerPath is not null)
            {
                model = model.WithTokenizer(LoadTokenizerFile(tokenizerPath, model.Config.VocabularySize));
            }

            if (model.Tokenizer is { } tokenizer && tokenizer.VocabularySize > model.Config.VocabularySize)
            {
                throw new InvalidModelFileException(
                    $"{path}: the tokenizer has {tokenizer.VocabularySize} ids, but the model only {model.Config.VocabularySize}.");
            }

            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Reads what the files say about a model, without its weights.</summary>
    /// <param name="path">A directory or file.</param>
    /// <exception cref="InvalidModelFileException">The files break their format.</exception>
    /// <exception cref="IOException">There is no model at the path, or it cannot be read.</exception>
    public static ModelInformation Inspect(string path)
    {
        ModelLocation location = Locate(path);
        return location.Format switch
        {
            Llama2cFile.FormatName => Llama2cFile.Inspect(location.Source),
            GgufModel.FormatName => GgufModel.Inspect(location.Source),
            _ => HuggingFaceDirectory.Inspect(location.Source),
        };
    }

    /// <summary>Loads the tokenizer of a model without its weights.</summary>
    /// <param name="path">
    /// A model as in <see cref="Load"/>, a run directory with a tokenizer and no model yet, or a tokenizer file itself.
    /// </param>
    /// <param name="tokenizerPath">A tokenizer file to use instead of the model's own.</param>
    /// <exception cref="InvalidModelFileException">The files break their format, or the model has no tokenizer.</exception>
    /// <exception cref="IOException">There is nothing at the path, or it cannot be read.</exception>
    public static Tokenizer LoadTokenizer(string path, string? tokenizerPath = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (tokenizerPath is null && Directory.Exists(path) && HuggingFaceDirectory.LoadTokenizer(path) is { } own)
        {
            return own;
        }

        string nested = Path.Combine(path, HuggingFaceDirectory.TokenizerName);
        string file = tokenizerPath
            ?? (File.Exists(nested) ? nested
            : Directory.Exists(path) ? Locate(path).TokenizerPath
                ?? throw new InvalidModelFileException($"{path}: the model has no {HuggingFaceDirectory.TokenizerName}: name a tokenizer.")
            : path);
        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"{file}: there is no such file or directory.", file);
        }

        // A llama2.c tokenizer file does not say how many pieces it has: its model does.
        bool isLlama2c = Path.GetExtension(file).Equals(".bin", StringComparison.OrdinalIgnoreCase);
        return isLlama2c && tokenizerPath is null
            ? throw new InvalidModelFileException($"{path}: a .bin model holds no tokenizer: name one.")
            : LoadTokenizerFile(file, isLlama2c ? Inspect(path).Config.VocabularySize : 0);
    }

    private static ModelLocation Locate(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            return HuggingFaceDirectory.IsModel(path) ? new ModelLocation(HuggingFaceDirectory.FormatName, path, null) : LocateInRun(path);
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"{path}: there is no such file or directory.", path);
        }

        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".bin" => new ModelLocation(Llama2cFile.FormatName, path, null),
            ".gguf" => new ModelLocation(GgufModel.FormatName, path, null),
            string extension => throw new InvalidModelFileException(
                $"{path}: a model is a directory, a .gguf or a .bin file, but this one ends in '{extension}'."),
        };
    }

    private static ModelLocation LocateInRun(string run)
    {
        string? stage = Stages.Select(name => Path.Combine(run, name)).FirstOrDefault(HuggingFaceDirectory.IsModel);
        string tokenizer = Path.Combine(run, HuggingFaceDirectory.TokenizerName);
        return stage is not null
            ? new ModelLocation(HuggingFaceDirectory.FormatName, stage, File.Exists(tokenizer) ? tokenizer : null)
            : throw new InvalidModelFileException(
                $"{run}: no model: neither a config.json (Hugging Face directory) nor a stage with one ({string.Join(", ", Stages)}).");
    }

    private static Tokenizer LoadTokenizerFile(string path, int vocabularySize) =>
        Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".model" => SentencePieceTokenizer.Load(path),
            ".bin" => SentencePieceTokenizer.LoadLlama2c(path, vocabularySize),
            ".json" => HuggingFaceDirectory.LoadTokenizerFile(path),
            ".gguf" => GgufModel.LoadTokenizer(path) ?? throw new InvalidModelFileException($"{path}: the file holds no tokenizer."),
            string extension => throw new InvalidModelFileException(
                $"{path}: a tokenizer is a .model, .json, .bin or .gguf file, but this one ends in '{extension}'."),
        };

    // TokenizerPath: a run's tokenizer, for a stage without one of its own.
    private readonly record struct ModelLocation(string Format, string Source, string? TokenizerPath);
}
