using System.Diagnostics;
using System.Globalization;
using Cria.Cli.Recipes;
using Cria.Cli.Terminal;
using Cria.Corpus;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>Learns the pieces from a sample of the training documents.</summary>
internal static class TokenizerStage
{
    public static void Run(
        StageRunner stages, RunDirectory run, Recipe recipe, CorpusBuilder builder, IReadOnlyList<IDocumentSource> sources, int threads)
    {
        string fingerprint = StageRunner.Fingerprint(
            "tokenizer 1", string.Join(' ', sources.Select(source => source.Fingerprint)), CorpusSources.Options(recipe, 0),
            recipe.Tokenizer.VocabularySize, recipe.Tokenizer.TrainingCharacters);
        stages.Run("tokenizer", fingerprint, [run.TokenizerModel], () =>
        {
            IEnumerable<string> lines = builder.TrainingText(recipe.Tokenizer.TrainingCharacters);
            try
            {
                return Train(lines, recipe.Tokenizer.VocabularySize, threads, run.TokenizerModel);
            }
            catch (VocabularySizeException e)
            {
                throw new CliException($"tokenizer.vocabulary-size: {e.Message}", e);
            }
        });
    }

    /// <summary>Trains on lines of text and writes <paramref name="output"/>, with live progress.</summary>
    /// <returns>A line that says what came of it.</returns>
    public static string Train(IEnumerable<string> lines, int vocabularySize, int threads, string output)
    {
        using ProgressLine line = new();
        long count = 0;
        long characters = 0;
        IEnumerable<string> Counted()
        {
            foreach (string text in lines)
            {
                count++;
                characters += text.Length;
                line.Update(() => string.Create(
                    CultureInfo.InvariantCulture, $"  reading text: {count:N0} lines, {characters / 1e6:F1} M characters"));
                yield return text;
            }
        }

        Stopwatch learning = new();
        SentencePieceTrainerOptions options = new() { VocabularySize = vocabularySize, Threads = threads };
        SentencePieceModel model = SentencePieceTrainer.Train(
            Counted(), options, new InlineProgress<SentencePieceTrainingProgress>(progress =>
            {
                learning.Start();
                line.Update(() =>
                    $"  learning pieces: {progress.Pieces} of {progress.Total}, {Remaining(learning.Elapsed.TotalSeconds, progress)}");
            }));
        model.Write(output);
        return string.Create(CultureInfo.InvariantCulture, $"{model.Pieces.Count:N0} pieces from {characters / 1e6:F1} M characters");
    }

    private static string Remaining(double seconds, SentencePieceTrainingProgress progress) =>
        progress.Pieces == 0 ? "" : $"{ProgressLine.Duration(seconds * (progress.Total - progress.Pieces) / progress.Pieces)} left";
}
