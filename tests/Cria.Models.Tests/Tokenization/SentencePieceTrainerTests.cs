using Cria.Testing;

namespace Cria.Models.Tests;

public class SentencePieceTrainerTests
{
    /// <summary>The options of the golden vocabularies, as their trainer_spec records them.</summary>
    private static readonly SentencePieceTrainerOptions GoldenOptions = new() { CharacterCoverage = 1, Threads = 2 };

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
}
