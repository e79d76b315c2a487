using Cria.Testing;

namespace Cria.Models.Tests;

public class SentencePieceTrainerTests
{
    /// <summary>The options of the golden vocabularies, as their trainer_spec records them.</summary>
    private static readonly SentencePieceTrainerOptions GoldenOptions = new() { CharacterCoverage = 1, Threads = 2 };

    private static readonly string[] TwoLines = ["the cat sat on the mat", "the dog sat on the cat aaaa aaaaa"];

    private static readonly SentencePieceTrainerOptions TwoLineOptions = new()
    {
        CharacterCoverage = 1,
        SplitDigits = false,
        ByteFallback = false,
        AllowWhitespaceOnlyPieces = false,
        Normalization = new SentencePieceNormalization { RemoveExtraWhitespaces = true },
    };

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void Learns_the_pieces_that_spm_train_learns(int size)
    {
        SentencePieceModel expected = SentencePieceModel.Read(SharedData.Golden($"spm/ref_bpe_{size}.model"));
        string text = File.ReadAllText(SharedData.Golden("spm/slice_1mb.txt"));
        SentencePieceModel model = SentencePieceTrainer.Train(text.Split('\n'), GoldenOptions with { VocabularySize = size });
        Assert.Equal(expected.Pieces, model.Pieces);

        string[] vocabulary = File.ReadAllLines(SharedData.Golden($"spm/ref_bpe_{size}.vocab"));
        Assert.Equal(vocabulary.Select(line => line.Split('\t')[0]), model.Pieces.Select(piece => piece.Text));
        Assert.Equal(expected.Trainer.CharacterCoverage, model.Trainer.CharacterCoverage);
        Assert.Equal(expected.Normalization, model.Normalization);
    }

    // What spm_train 0.1.97 learnt from the two lines with --vocab_size=40 --character_coverage=1 and its default rules: frequent first,
    // then short, then in order of spelling, also among pieces that no longer occur ("ca" after "▁cat"); "aaaa" holds "aa" twice, not
    // three times.
    [Fact]
    public void Ties_overlaps_and_exhausted_text_are_as_in_spm_train()
    {
        string[] expected =
        [
            "<unk>", "<s>", "</s>", "at", "aa", "he", "▁t", "▁the", "on", "▁c", "▁s", "▁aa", "▁on", "▁cat", "▁sat",
            "▁aaaa", "do", "▁m", "dog", "▁dog", "▁mat", "▁aaaaa",
            "ca", "ma", "og", "sa", "th", "▁a", "a", "▁", "t", "e", "h", "o", "c", "n", "s", "d", "g", "m",
        ];
        SentencePieceModel model = SentencePieceTrainer.Train(TwoLines, TwoLineOptions with { VocabularySize = 40 });
        Assert.Equal(expected, model.Pieces.Select(piece => piece.Text));
        Assert.Equal(Enumerable.Range(0, 37).Select(place => -(float)place), model.Pieces.Skip(3).Select(piece => piece.Score));
    }

    [Fact]
    public void A_vocabulary_larger_than_the_text_supports_names_the_largest()
    {
        // 49 is what spm_train names too.
        VocabularySizeException error = Assert.Throws<VocabularySizeException>(
            () => SentencePieceTrainer.Train(TwoLines, TwoLineOptions with { VocabularySize = 60 }));
        Assert.Equal(49, error.NearestSize);
        Assert.Contains("at most 49", error.Message, StringComparison.Ordinal);
        Assert.Equal(49, SentencePieceTrainer.Train(TwoLines, TwoLineOptions with { VocabularySize = 49 }).Pieces.Count);
        SentencePieceModel soft = SentencePieceTrainer.Train(
            TwoLines, TwoLineOptions with { VocabularySize = 60, HardVocabularyLimit = false });
        Assert.Equal(49, soft.Pieces.Count);
    }

    [Fact]
    public void A_vocabulary_without_room_for_the_characters_names_the_smallest()
    {
        VocabularySizeException error = Assert.Throws<VocabularySizeException>(
            () => SentencePieceTrainer.Train(TwoLines, TwoLineOptions with { VocabularySize = 10 }));
        Assert.Equal(15, error.NearestSize);
        Assert.Throws<VocabularySizeException>(() => SentencePieceTrainer.Train([], new SentencePieceTrainerOptions()));
        Assert.Throws<VocabularySizeException>(
            () => SentencePieceTrainer.Train([new string('a', 5000)], new SentencePieceTrainerOptions()));
    }

    [Fact]
    public void The_number_of_threads_changes_nothing()
    {
        string[] sentences = [.. SentencePieceExamples.Sentences(3000)];
        SentencePieceTrainerOptions options = new() { VocabularySize = 400, Threads = 1 };
        byte[] one = SentencePieceTrainer.Train(sentences, options).ToBytes();
        Assert.Equal(one, SentencePieceTrainer.Train(sentences, options with { Threads = 4 }).ToBytes());
    }

    [Fact]
    public void Rules_for_pieces_hold()
    {
        string[] sentences = [.. SentencePieceExamples.Sentences(500), "ab12 ab12 слово日本 слово日本 カタ漢カタ漢  x    y"];
        SentencePieceTrainerOptions options = new() { VocabularySize = 380, CharacterCoverage = 1, HardVocabularyLimit = false };
        IReadOnlyList<SentencePiece> pieces = SentencePieceTrainer.Train(sentences, options).Pieces;
        foreach (SentencePiece piece in pieces.Where(piece => piece.Type == SentencePieceType.Normal))
        {
            Assert.True(piece.Text.Length <= 16);
            Assert.True(piece.Text.Length == 1 || !piece.Text.Any(char.IsAsciiDigit), piece.Text);
            Assert.True(!piece.Text[1..].Contains('▁') || piece.Text.All(character => character == '▁'), piece.Text);
            Assert.False(piece.Text.Any(char.IsAsciiLetter) && piece.Text.Contains('с'), piece.Text);
            Assert.NotEqual("<s>", piece.Text);
        }
    }

    [Fact]
    public void Limited_input_is_a_repeatable_sample()
    {
        string[] sentences = [.. SentencePieceExamples.Sentences(3000)];
        SentencePieceTrainerOptions options = new() { VocabularySize = 350, InputSentenceSize = 300, Seed = 1 };
        byte[] first = SentencePieceTrainer.Train(sentences, options).ToBytes();
        Assert.Equal(first, SentencePieceTrainer.Train(sentences, options).ToBytes());
        byte[] head = SentencePieceTrainer.Train(sentences, options with { ShuffleInputSentence = false }).ToBytes();
        byte[] expected = SentencePieceTrainer.Train(
            sentences.Take(300), options with { ShuffleInputSentence = false, InputSentenceSize = 0 }).ToBytes();
        Assert.Equal(SentencePieceModel.Read(expected).Pieces, SentencePieceModel.Read(head).Pieces);
    }

    [Fact]
    public void Progress_is_reported()
    {
        List<SentencePieceTrainingProgress> reports = [];
        SentencePieceTrainer.Train(
            SentencePieceExamples.Sentences(500),
            new SentencePieceTrainerOptions { VocabularySize = 420, HardVocabularyLimit = false },
            new Recorder(reports));
        Assert.Equal(reports[0].Total, reports[^1].Total);
        Assert.True(reports[0].Pieces == 100 || reports.Count == 1);
    }

    private sealed class Recorder(List<SentencePieceTrainingProgress> reports) : IProgress<SentencePieceTrainingProgress>
    {
        public void Report(SentencePieceTrainingProgress value) => reports.Add(value);
    }
}
