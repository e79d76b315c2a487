using System.Globalization;
using Cria.Cli.Recipes;
using Cria.Cli.Terminal;
using Cria.Compute;
using Cria.Corpus;
using Cria.Models;
using Cria.Training;

namespace Cria.Cli.Pipeline;

/// <summary>Trains the base model of a recipe.</summary>
internal static class PretrainingStage
{
    private const int HiddenMultiple = 32;

    /// <exception cref="OperationCanceledException">Ctrl-C: a checkpoint is written.</exception>
    public static void Run(StageRunner stages, RunDirectory run, Recipe recipe, CpuDevice device, CancellationToken cancellation)
    {
        CorpusFolder corpus = CorpusFolder.Open(run.Corpus);
        SentencePieceTokenizer tokenizer = SentencePieceTokenizer.Load(run.TokenizerModel);
        PretrainingSettings settings = Settings(recipe, corpus, tokenizer);
        TrainingMemory.Check(settings.Model);
        string fingerprint = StageRunner.Fingerprint(string.Join(' ', settings.Fingerprint(corpus.Fingerprint).Values));
        stages.Run("base", fingerprint, [run.Base], () =>
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"           {settings.Model.ParameterCount / 1e6:F2} M parameters, "
                + $"{settings.Steps:N0} steps of {settings.BatchSequences * settings.SequenceLength:N0} tokens"));
            using ProgressLine line = new();
            PretrainingResult? result = Pretraining.Run(
                settings, corpus, tokenizer, run.Root, device, TrainingLine.On(line), cancellation);
            return result is null ? throw new OperationCanceledException(cancellation) : Describe(result);
        });
    }

    private static PretrainingSettings Settings(Recipe recipe, CorpusFolder corpus, SentencePieceTokenizer tokenizer)
    {
        PretrainingSection section = recipe.Pretraining;
        ModelSection model = recipe.Model;
        int sequenceLength = section.SequenceLength > 0 ? section.SequenceLength : model.ContextLength;
        int stepTokens = section.BatchSize * sequenceLength;
        long steps = section.Steps > 0
            ? section.Steps
            : Math.Max(1, (long)(section.Epochs * corpus.Statistics.Training.Tokens / stepTokens));
        return new PretrainingSettings
        {
            Model = new LlamaConfig
            {
                Dim = model.Dim,
                Layers = model.Layers,
                Heads = model.Heads,
                KvHeads = model.KvHeads,
                HeadDim = model.Dim / model.Heads,
                HiddenDim = model.HiddenDim > 0 ? model.HiddenDim : LlamaConfig.FeedForwardDim(model.Dim, HiddenMultiple),
                VocabularySize = tokenizer.VocabularySize,
                ContextLength = model.ContextLength,
                TiedEmbeddings = model.TiedEmbeddings,
            },
            SequenceLength = sequenceLength,
            BatchSequences = section.BatchSize,
            Steps = steps,
            PeakLearningRate = section.LearningRate,
            WarmupSteps = Math.Min(section.WarmupSteps, steps - 1),
            FinalLearningRateShare = section.FinalRateShare,
            Optimizer = new AdamWSettings { WeightDecay = (float)section.WeightDecay, ClipNorm = (float)section.ClipNorm },
            Seed = recipe.Seed,
            SeparateDocuments = section.SeparateDocuments,
            PassTokens = section.PassTokens,
            ValidateEvery = section.ValidationInterval,
            ValidationWindows = section.ValidationSequences,
            CheckpointInterval = TimeSpan.FromSeconds(section.CheckpointSeconds),
        };
    }

    private static string Describe(PretrainingResult result) => result.Validation is { } validation
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Tokens / 1e6:F1} M tokens, "
            + $"validation loss {validation.Loss:F3} nats a token, {validation.BitsPerByte:F3} bits a byte")
        : string.Create(CultureInfo.InvariantCulture, $"{result.Tokens / 1e6:F1} M tokens, training loss {result.Loss:F3} nats a token");
}
