using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cria.Models;

/// <summary>
/// <c>tokenizer.json</c>, the format of Hugging Face's tokenizers library, as far as byte-level BPE goes: GPT-2, SmolLM, Llama 3.
/// </summary>
internal static class HuggingFaceTokenizerFile
{
    public const string FileName = "tokenizer.json";

    // Llama 3's words: what tells its pattern from others is that digits go together by up to three.
    private const string Llama3Digits = @"\p{N}{1,3}";

    private const string Llama3Words =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads a tokenizer; null where it is of another kind than byte-level BPE.</summary>
    /// <param name="path">The file.</param>
    /// <param name="settings">The fields of <c>tokenizer_config.json</c> beside it, or null.</param>
    /// <exception cref="InvalidModelFileException">The file breaks its format.</exception>
    public static ByteLevelBpeTokenizer? Read(string path, JsonFields? settings)
    {
        JsonFields file = JsonFields.ReadFile(path);
        JsonFields model = file.RequiredObject("model");
        if (model.Text("type") != "BPE" || PreTokenizerOf(file.Object("pre_tokenizer")) is not { } preTokenizer)
        {
            return null;
        }

        IReadOnlyList<JsonFields> added = file.Objects("added_tokens");
        string[] tokens = Tokens(path, model.RequiredObject("vocab"), added);
        string? bos = Special(settings, "bos_token");
        string? eos = Special(settings, "eos_token");
        try
        {
            return new ByteLevelBpeTokenizer(new ByteLevelVocabulary
            {
                Tokens = tokens,
                Merges = model.WordPairs("merges"),
                ControlIds = [.. added.Where(token => token.Bool("special") == true).Select(token => token.RequiredInt("id"))],
                AddedIds = [.. added.Where(token => token.Bool("special") != true).Select(token => token.RequiredInt("id"))],
                PreTokenizer = preTokenizer,
                BosId = bos is null ? -1 : Array.IndexOf(tokens, bos),
                EosId = eos is null ? -1 : Array.IndexOf(tokens, eos),
                AddsBos = bos is not null && (settings?.Bool("add_bos_token") ?? WritesBos(file.Object("post_processor"))),
            });
        }
        catch (ArgumentException error)
        {
            throw new InvalidModelFileException($"{path}: the tokenizer is invalid: {error.Message}", error);
        }
    }

    /// <summary>Writes a tokenizer.</summary>
    /// <exception cref="ArgumentException">It splits words in a way that the format does not know.</exception>
    public static void Write(string path, ByteLevelBpeTokenizer tokenizer)
    {
        ByteLevelVocabulary vocabulary = tokenizer.Vocabulary;
        if (vocabulary.PreTokenizer == ByteLevelPreTokenizer.Default)
        {
            throw new ArgumentException($"Words split as by llama.cpp's default cannot be expressed in {FileName}.", nameof(tokenizer));
        }

        AtomicFile.Write(path, stream =>
        {
            using Utf8JsonWriter json = new(stream, WriterOptions);
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteNull("truncation");
            json.WriteNull("padding");
            WriteAddedTokens(json, tokenizer);
            json.WriteNull("normalizer");
            json.WritePropertyName("pre_tokenizer");
            WritePreTokenizer(json, vocabulary.PreTokenizer);
            json.WritePropertyName("post_processor");
            WritePostProcessor(json, tokenizer);
            json.WritePropertyName("decoder");
            WriteByteLevel(json, splitsWords: true);
            WriteModel(json, vocabulary);
            json.WriteEndObject();
        });
    }

    private static string[] Tokens(string path, JsonFields vocabulary, IReadOnlyList<JsonFields> added)
    {
        List<(string Token, int Id)> all = [.. vocabulary.Ints()];
        HashSet<int> known = [.. all.Select(entry => entry.Id)];
        all.AddRange(added.Select(token => (Token: token.RequiredText("content"), Id: token.RequiredInt("id")))
            .Where(token => known.Add(token.Id)));
        string?[] tokens = new string?[all.Count];
        foreach ((string token, int id) in all)
        {
            if ((uint)id >= (uint)tokens.Length || tokens[id] is not null)
            {
                throw new InvalidModelFileException(
                    $"{path}: the ids of {tokens.Length} tokens must be 0 to {tokens.Length - 1}, each once; '{token}' has {id}.");
            }

            tokens[id] = token;
        }

        return tokens!;
    }

    /// <summary>A special token is named, or described by an object with its <c>content</c>.</summary>
    private static string? Special(JsonFields? settings, string key) =>
        settings is null ? null : settings.TextOrNull(key) ?? (settings.Has(key) ? settings.Object(key)?.Text("content") : null);

    private static ByteLevelPreTokenizer? PreTokenizerOf(JsonFields? fields)
    {
        if (fields is null)
        {
            return null;
        }

        if (IsByteLevel(fields, splitsWords: true))
        {
            return ByteLevelPreTokenizer.Gpt2;
        }

        return fields.Text("type") == "Sequence" && fields.Objects("pretokenizers") is [JsonFields first, JsonFields second]
            ? IsDigits(first) && IsByteLevel(second, splitsWords: true) ? ByteLevelPreTokenizer.SmolLm
            : IsLlama3(first) && IsByteLevel(second, splitsWords: false) ? ByteLevelPreTokenizer.Llama3
            : null
            : null;
    }

    private static bool IsByteLevel(JsonFields fields, bool splitsWords) =>
        fields.Text("type") == "ByteLevel" && fields.Bool("add_prefix_space") != true && (fields.Bool("use_regex") ?? true) == splitsWords;

    private static bool IsDigits(JsonFields fields) => fields.Text("type") == "Digits" && fields.Bool("individual_digits") == true;

    private static bool IsLlama3(JsonFields fields) => fields.Text("type") == "Split"
        && fields.Object("pattern")?.TextOrNull("Regex")?.Contains(Llama3Digits, StringComparison.Ordinal) == true;

    private static bool WritesBos(JsonFields? processor) => processor is not null
        && (processor.Text("type") == "TemplateProcessing"
            ? processor.Objects("single") is [JsonFields first, ..] && first.Has("SpecialToken")
            : processor.Objects("processors").Any(WritesBos));

    private static void WriteAddedTokens(Utf8JsonWriter json, ByteLevelBpeTokenizer tokenizer)
    {
        json.WriteStartArray("added_tokens");
        HashSet<int> control = [.. tokenizer.Vocabulary.ControlIds];
        foreach (int id in control.Union(tokenizer.Vocabulary.AddedIds).Order())
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", tokenizer.PieceText(id));
            json.WriteBoolean("single_word", false);
            json.WriteBoolean("lstrip", false);
            json.WriteBoolean("rstrip", false);
            json.WriteBoolean("normalized", false);
            json.WriteBoolean("special", control.Contains(id));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WritePreTokenizer(Utf8JsonWriter json, ByteLevelPreTokenizer preTokenizer)
    {
        if (preTokenizer == ByteLevelPreTokenizer.Gpt2)
        {
            WriteByteLevel(json, splitsWords: true);
            return;
        }

        json.WriteStartObject();
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        json.WriteStartObject();
        if (preTokenizer == ByteLevelPreTokenizer.SmolLm)
        {
            json.WriteString("type", "Digits");
            json.WriteBoolean("individual_digits", true);
        }
        else
        {
            json.WriteString("type", "Split");
            json.WriteStartObject("pattern");
            json.WriteString("Regex", Llama3Words);
            json.WriteEndObject();
            json.WriteString("behavior", "Isolated");
            json.WriteBoolean("invert", false);
        }

        json.WriteEndObject();
        WriteByteLevel(json, splitsWords: preTokenizer == ByteLevelPreTokenizer.SmolLm);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteByteLevel(Utf8JsonWriter json, bool splitsWords)
    {
        json.WriteStartObject();
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", splitsWords);
        json.WriteEndObject();
    }

    private static void WritePostProcessor(Utf8JsonWriter json, ByteLevelBpeTokenizer tokenizer)
    {
        if (!tokenizer.AddsBos)
        {
            json.WriteNullValue();
            return;
        }

        string bos = tokenizer.PieceText(tokenizer.BosId);
        json.WriteStartObject();
        json.WriteString("type", "TemplateProcessing");
        WriteTemplate(json, "single", bos, ["A"]);
        WriteTemplate(json, "pair", bos, ["A", "B"]);
        json.WriteStartObject("special_tokens");
        json.WriteStartObject(bos);
        json.WriteString("id", bos);
        json.WriteStartArray("ids");
        json.WriteNumberValue(tokenizer.BosId);
        json.WriteEndArray();
        json.WriteStartArray("tokens");
        json.WriteStringValue(bos);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteTemplate(Utf8JsonWriter json, string name, string bos, string[] sequences)
    {
        json.WriteStartArray(name);
        for (int type = 0; type < sequences.Length; type++)
        {
            WritePart(json, "SpecialToken", bos, type);
            WritePart(json, "Sequence", sequences[type], type);
        }

        json.WriteEndArray();
    }

    private static void WritePart(Utf8JsonWriter json, string kind, string id, int type)
    {
        json.WriteStartObject();
        json.WriteStartObject(kind);
        json.WriteString("id", id);
        json.WriteNumber("type_id", type);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, ByteLevelVocabulary vocabulary)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteNull("unk_token");
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", false);
        json.WriteBoolean("byte_fallback", false);
        json.WriteBoolean("ignore_merges", vocabulary.PreTokenizer == ByteLevelPreTokenizer.Llama3);
        json.WriteStartObject("vocab");
        for (int id = 0; id < vocabulary.Tokens.Count; id++)
        {
            json.WriteNumber(vocabulary.Tokens[id], id);
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (string merge in vocabulary.Merges)
        {
            json.WriteStringValue(merge);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
