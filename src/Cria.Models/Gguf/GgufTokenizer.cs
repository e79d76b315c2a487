namespace Cria.Models;

/// <summary>Makes the tokenizer that a GGUF file's metadata describe.</summary>
internal static class GgufTokenizer
{
    internal const string ModelKey = "tokenizer.ggml.model";
    private const string PreKey = "tokenizer.ggml.pre";
    private const string TokensKey = "tokenizer.ggml.tokens";
    private const string TypesKey = "tokenizer.ggml.token_type";
    private const string ScoresKey = "tokenizer.ggml.scores";
    private const string MergesKey = "tokenizer.ggml.merges";
    private const string AddSpaceKey = "tokenizer.ggml.add_space_prefix";
    private const string RemoveSpacesKey = "tokenizer.ggml.remove_extra_whitespaces";
    private const string AddBosKey = "tokenizer.ggml.add_bos_token";
    private const string BosKey = "tokenizer.ggml.bos_token_id";
    private const string EosKey = "tokenizer.ggml.eos_token_id";

    private const int ControlType = 3;
    private const int UserDefinedType = 4;
    private const int UnusedType = 5;

    /// <summary>The tokenizer, or null for a file without one.</summary>
    /// <exception cref="InvalidModelFileException">The metadata are inconsistent or describe a tokenizer that is not read.</exception>
    public static Tokenizer? Read(GgufFile file)
    {
        string? model = file.Metadata.GetString(ModelKey, null);
        return model switch
        {
            null or "none" or "no_vocab" => null,
            "llama" => ReadSentencePiece(file),
            "gpt2" => ReadByteLevel(file),
            _ => throw new InvalidModelFileException(
                $"{file.FilePath}: '{ModelKey}' is '{model}'; 'llama' (SentencePiece) and 'gpt2' (byte-level BPE) are read."),
        };
    }

    private static SentencePieceTokenizer ReadSentencePiece(GgufFile file)
    {
        GgufMetadata metadata = file.Metadata;
        string[] tokens = metadata.GetArray<string>(TokensKey);
        int[] types = ReadTypes(file, tokens.Length);
        float[] scores = metadata.GetArray<float>(ScoresKey);
        CheckLength(file, ScoresKey, scores.Length, tokens.Length);
        SentencePiece[] pieces = new SentencePiece[tokens.Length];
        for (int id = 0; id < pieces.Length; id++)
        {
            pieces[id] = new SentencePiece(tokens[id], scores[id], (SentencePieceType)types[id]);
        }

        SentencePieceTrainerOptions settings = new()
        {
            VocabularySize = tokens.Length,
            ByteFallback = Array.Exists(pieces, piece => piece.Type == SentencePieceType.Byte),
            BosPiece = SpecialPiece(file, BosKey, tokens),
            EosPiece = SpecialPiece(file, EosKey, tokens),
            Normalization = new SentencePieceNormalization
            {
                AddDummyPrefix = metadata.GetBoolean(AddSpaceKey, true),
                RemoveExtraWhitespaces = metadata.GetBoolean(RemoveSpacesKey, false),
            },
        };
        return new SentencePieceTokenizer(new SentencePieceModel(pieces, settings, file.FilePath), metadata.GetBoolean(AddBosKey, true));
    }

    private static string SpecialPiece(GgufFile file, string key, string[] tokens)
    {
        int id = file.Metadata.GetInt32OrNull(key) ?? -1;
        return id >= -1 && id < tokens.Length
            ? id < 0 ? "" : tokens[id]
            : throw new InvalidModelFileException($"{file.FilePath}: '{key}' is {id}; '{TokensKey}' has {tokens.Length} entries.");
    }

    private static ByteLevelBpeTokenizer ReadByteLevel(GgufFile file)
    {
        GgufMetadata metadata = file.Metadata;
        string[] tokens = metadata.GetArray<string>(TokensKey);
        int[] types = ReadTypes(file, tokens.Length);
        ByteLevelPreTokenizer preTokenizer = ReadPreTokenizer(file);
        try
        {
            return new ByteLevelBpeTokenizer(new ByteLevelVocabulary
            {
                Tokens = tokens,
                Merges = metadata.GetArray<string>(MergesKey),
                ControlIds = [.. Enumerable.Range(0, tokens.Length).Where(id => types[id] is ControlType or UnusedType)],
                AddedIds = [.. Enumerable.Range(0, tokens.Length).Where(id => types[id] == UserDefinedType)],
                PreTokenizer = preTokenizer,
                BosId = metadata.GetInt32OrNull(BosKey) ?? -1,
                EosId = metadata.GetInt32OrNull(EosKey) ?? -1,
                AddsBos = metadata.GetBoolean(AddBosKey, preTokenizer == ByteLevelPreTokenizer.Llama3),
            });
        }
        catch (ArgumentException error)
        {
            throw new InvalidModelFileException($"{file.FilePath}: the tokenizer is invalid: {error.Message}", error);
        }
    }

    private static int[] ReadTypes(GgufFile file, int count)
    {
        int[] types = file.Metadata.GetArray<int>(TypesKey);
        CheckLength(file, TypesKey, types.Length, count);
        return types;
    }

    private static void CheckLength(GgufFile file, string key, int found, int expected)
    {
        if (found != expected)
        {
            throw new InvalidModelFileException($"{file.FilePath}: '{key}' has {found} entries; '{TokensKey}' has {expected}.");
        }
    }

    private static ByteLevelPreTokenizer ReadPreTokenizer(GgufFile file)
    {
        string pre = file.Metadata.GetString(PreKey, "default");
        return pre switch
        {
            "smollm" => ByteLevelPreTokenizer.SmolLm,
            "gpt-2" => ByteLevelPreTokenizer.Gpt2,
            "llama-bpe" or "llama3" or "llama-v3" => ByteLevelPreTokenizer.Llama3,
            "default" => ByteLevelPreTokenizer.Default,
            _ => throw new InvalidModelFileException(
                $"{file.FilePath}: '{PreKey}' is '{pre}'; smollm, gpt-2, llama-bpe and default are read."),
        };
    }
}
