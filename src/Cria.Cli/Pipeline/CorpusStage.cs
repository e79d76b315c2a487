using System.Globalization;
using Cria.Cli.Terminal;
using Cria.Corpus;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>Encodes the documents into token shards and writes the held-out members beside them.</summary>
internal static class CorpusStage
{
    public static void Run(StageRunner stages, RunDirectory run, CorpusBuilder builder, CancellationToken cancellation)
    {
        SentencePieceTokenizer tokenizer = SentencePieceTokenizer.Load(run.TokenizerModel);
        stages.Run("corpus", builder.Fingerprint(tokenizer), [run.Corpus], () =>
        {
            using ProgressLine line = new();
            CorpusFolder corpus = builder.Build(tokenizer, run.Corpus, new InlineProgress<CorpusProgress>(progress => line.Update(() =>
            {
                double left = progress.Fraction > 0 ? line.Seconds * (1 - progress.Fraction) / progress.Fraction : 0;
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"  encoding: {progress.Documents:N0} documents, {progress.Tokens / 1e6:F2} M tokens, "
                    + $"{progress.Fraction:P0}, {ProgressLine.Duration(left)} left");
            })), cancellation);
            SplitStatistics training = corpus.Statistics.Training;
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{training.Documents:N0} documents, {training.Characters / 1e6:F1} M characters, "
                + $"{training.Tokens / 1e6:F2} M tokens, {training.CharactersPerToken:F2} characters a token");
        });
    }
}
