using System.Globalization;
using Cria.Compute;
using Cria.Corpus;
using Cria.Models;

namespace Cria.Training.Tests;

/// <summary>Pretraining of a tiny model on a small corpus of arithmetic, from text files to a model directory.</summary>
public sealed class PretrainingTests : IDisposable
{
    private static readonly SentencePieceTokenizer Tokenizer = ByteTokenizer();

    private readonly string _root = Directory.CreateTempSubdirectory("cria-pretraining-").FullName;

    private PretrainingSettings Settings => new()
    {
        Model = new LlamaConfig
        {
            Dim = 32,
            Layers = 2,
            Heads = 4,
            KvHeads = 2,
            HeadDim = 8,
            HiddenDim = 64,
            VocabularySize = Tokenizer.VocabularySize,
            ContextLength = 48,
        },
        SequenceLength = 32,
        BatchSequences = 6,
        Steps = 60,
        PeakLearningRate = 1e-2,
        WarmupSteps = 5,
        ValidateEvery = 25,
        CheckpointEvery = 20,
        PassTokens = 64,
    };

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void TrainsSavesAndDoesNotTrainAgain()
    {
        CorpusFolder corpus = Corpus();
        using CpuDevice device = new(2);
        List<TrainingProgress> progress = [];
        PretrainingResult result = Run(Settings, corpus, device, progress)!;
        Assert.Equal(60, progress.Count);
        Assert.InRange(progress[0].Loss, 5.3, 5.8); // ln 259 = 5.56: nothing is known yet.
        Assert.True(result.Loss < 2.5, $"loss {result.Loss}");
        Assert.Equal([25, 50, 60], progress.Where(step => step.Validation is not null).Select(step => step.Step));

        // Every token is a byte but BOS and EOS, so that bits per byte are a little more than bits per token.
        ValidationResult validation = result.Validation!.Value;
        Assert.InRange(validation.BitsPerByte * Math.Log(2) / validation.Loss, 1.0, 1.3);
        Assert.Equal(TimeSpan.Zero, progress[^1].TimeLeft);

        string folder = Path.Combine(_root, "run", Pretraining.Stage);
        using LoadedModel model = HuggingFaceDirectory.Load(folder);
        Assert.Equal(Settings.Model, model.Config);
        Assert.False(Directory.Exists(Path.Combine(folder, "checkpoint")));

        progress.Clear();
        Assert.Equal(result, Run(Settings, corpus, device, progress));
        Assert.Empty(progress);
        Assert.NotEqual(result, Run(Settings with { Seed = 2 }, corpus, device, progress));
        Assert.Equal(60, progress.Count);
    }

    [Fact]
    public void InterruptedItGoesOnToTheSameBytes()
    {
        CorpusFolder corpus = Corpus();
        using CpuDevice device = new(2);
        PretrainingResult expected = Run(Settings, corpus, device, [])!;
        string model = Path.Combine(_root, "run", Pretraining.Stage, "model.safetensors");
        byte[] bytes = File.ReadAllBytes(model);
        Directory.Delete(Path.Combine(_root, "run"), recursive: true);

        foreach (int stop in new[] { 1, 19, 40, 59, 60 })
        {
            using CancellationTokenSource cancellation = new();
            PretrainingResult? result = Run(Settings, corpus, device, [], step =>
            {
                if (step == stop)
                {
                    cancellation.Cancel();
                }
            }, cancellation.Token);
            Assert.Equal(stop == 60 ? expected : null, result);
        }

        Assert.Equal(bytes, File.ReadAllBytes(model));
    }

    [Fact]
    public void SettingsThatChangedAfterAnInterruptionAreNamed()
    {
        CorpusFolder corpus = Corpus();
        using CpuDevice device = new(2);
        using CancellationTokenSource cancellation = new();
        Run(Settings, corpus, device, [], _ => cancellation.Cancel(), cancellation.Token);
        string message = Assert.Throws<TrainingCheckpointException>(
            () => Run(Settings with { PeakLearningRate = 2e-2 }, corpus, device, [])).Message;
        Assert.Contains("peak_learning_rate is 0.01 there and 0.02 here", message);
    }

    [Fact]
    public void WrongSettingsAreRefused()
    {
        CorpusFolder corpus = Corpus();
        using CpuDevice device = new(1);
        void Refused(PretrainingSettings settings, string because) =>
            Assert.Contains(because, Assert.ThrowsAny<ArgumentException>(() => Run(settings, corpus, device, [])).Message);
        Refused(Settings with { SequenceLength = 64 }, "exceeds the model's context");
        Refused(Settings with { Steps = 0 }, "Steps must be positive");
        Refused(Settings with { WarmupSteps = 60 }, "WarmupSteps (60) must lie below Steps (60)");
        Refused(Settings with { PassTokens = 16 }, "less than one sequence");
        Refused(Settings with { Model = Settings.Model with { VocabularySize = 300 } }, "The model has 300 pieces");
        Refused(Settings with { Model = Settings.Model with { KvHeads = 3 } }, "must divide");
    }

    [Fact]
    public void PassesAreWholeSequencesWithinTheBatch()
    {
        LlamaConfig config = Settings.Model;
        Assert.Equal(32 * 6, PassSize.Choose(config, 32, 32 * 6));
        Assert.Equal(0, PassSize.Choose(config, 32, 1 << 20) % 32);
        Assert.Equal(4096, PassSize.Choose(LlamaConfig.Llama7B, 4096, 4096));
    }

    private PretrainingResult? Run(
        PretrainingSettings settings, CorpusFolder corpus, CpuDevice device, List<TrainingProgress> progress,
        Action<long>? onStep = null, CancellationToken cancellation = default) =>
        Pretraining.Run(settings, corpus, Tokenizer, Path.Combine(_root, "run"), device, new Recorder(progress, onStep), cancellation);

    private CorpusFolder Corpus()
    {
        string texts = Directory.CreateDirectory(Path.Combine(_root, "texts")).FullName;
        for (int i = 0; i < 200; i++)
        {
            IEnumerable<string> sums = Enumerable.Range(i, 3)
                .Select(n => string.Create(CultureInfo.InvariantCulture, $"{n} + {n} = {2 * n}"));
            string text = string.Join('\n', sums);
            File.WriteAllText(Path.Combine(texts, $"{i}.txt"), text);
        }

        CorpusOptions options = new() { HoldOut = new HoldOut(DocumentFraction: 0.1) };
        return new CorpusBuilder([new TextFolderSource(texts)], options).Build(Tokenizer, Path.Combine(_root, "corpus"));
    }

    private static SentencePieceTokenizer ByteTokenizer()
    {
        List<SentencePiece> pieces =
        [
            new("<unk>", 0, SentencePieceType.Unknown), new("<s>", 0, SentencePieceType.Control), new("</s>", 0, SentencePieceType.Control),
        ];
        pieces.AddRange(Enumerable.Range(0, 256).Select(value => new SentencePiece($"<0x{value:X2}>", 0, SentencePieceType.Byte)));
        SentencePieceTrainerOptions options = new() { VocabularySize = pieces.Count };
        return new SentencePieceTokenizer(new SentencePieceModel(pieces, options));
    }

    private sealed class Recorder(List<TrainingProgress> steps, Action<long>? onStep) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            steps.Add(value);
            onStep?.Invoke(value.Step);
        }
    }
}
