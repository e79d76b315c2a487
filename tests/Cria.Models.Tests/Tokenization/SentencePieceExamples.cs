using System.Text;

namespace Cria.Models.Tests;

/// <summary>Small vocabularies and texts made in code.</summary>
internal static class SentencePieceExamples
{
    private static readonly string[] Words =
    [
        "the", "token", "tokens", "of", "reader", "returns", "a", "value", "when", "string", "naïve", "größer", "слово", "слова", "日本語",
        "2024", "x1", "aaa", "aaaa", "(", ")", ".", ",", "<s>", "</s>", "  ",
    ];

    // An array: the trainer's threads enumerate the sentences, and must not wait for this class to be initialised.
    private static readonly string[] TrainingText = [.. Sentences(400)];

    /// <summary>A vocabulary with byte fallback, as Llama's.</summary>
    public static SentencePieceTokenizer Tokenizer { get; } =
        new(SentencePieceTrainer.Train(TrainingText, new SentencePieceTrainerOptions { VocabularySize = 380 }));

    /// <summary>A vocabulary without bytes, whose normaliser removes extra spaces.</summary>
    public static SentencePieceTokenizer WithoutBytes { get; } = new(SentencePieceTrainer.Train(
        TrainingText,
        new SentencePieceTrainerOptions
        {
            VocabularySize = 120,
            ByteFallback = false,
            AllowWhitespaceOnlyPieces = false,
            Normalization = new SentencePieceNormalization { RemoveExtraWhitespaces = true },
        }));

    /// <summary>The same with symbols that are never split and further control pieces.</summary>
    public static SentencePieceTokenizer WithSymbols { get; } = new(SentencePieceTrainer.Train(
        TrainingText,
        new SentencePieceTrainerOptions
        {
            VocabularySize = 380,
            ControlSymbols = ["<|im_start|>", "<|im_end|>"],
            UserDefinedSymbols = ["\n", "```", "<br>", "<br><br>"],
        }));

    public static IEnumerable<string> Sentences(int count)
    {
        DeterministicRandom random = new(11);
        for (int i = 0; i < count; i++)
        {
            yield return string.Join(' ', Enumerable.Range(0, 12).Select(_ => Words[random.NextInt(Words.Length)]));
        }
    }

    /// <summary>Any text: words, special spellings, spaces, every kind of character, and now and then half a surrogate pair.</summary>
    public static string RandomText(ref DeterministicRandom random, bool loneSurrogates)
    {
        string[] special =
        [
            "</s>", "<s>", "<unk>", "<0x0A>", "<pad>", "[INST]", "<|im_start|>",
            "\u2581", "\u2581\u2581", "\u2047", "\u2585", "\0", "\n", "\t",
        ];
        StringBuilder text = new();
        for (int parts = random.NextInt(24); parts > 0; parts--)
        {
            switch (random.NextInt(7))
            {
                case 0:
                    text.Append(special[random.NextInt(special.Length)]);
                    break;
                case 1:
                    text.Append(' ', random.NextInt(4));
                    break;
                case 2:
                    text.Append(new Rune(RandomScalar(ref random)).ToString());
                    break;
                case 3:
                    text.Append((char)random.NextInt(128));
                    break;
                case 4 when loneSurrogates:
                    text.Append((char)(0xD800 + random.NextInt(0x800)));
                    break;
                default:
                    text.Append(Words[random.NextInt(Words.Length)]);
                    break;
            }
        }

        return text.ToString();
    }

    private static int RandomScalar(ref DeterministicRandom random)
    {
        int limit = random.NextInt(3) switch { 0 => 0x800, 1 => 0x10000, _ => 0x110000 };
        int value = random.NextInt(limit);
        return value is >= 0xD800 and < 0xE000 ? 0xE9 : value;
    }
}
