using System.Diagnostics;
using Cria.Compute;
using Cria.Inference;
using Cria.Models;

namespace Cria.Alignment.Benchmarking;

/// <summary>Shape and protocol of a PPO benchmark; the defaults are those of the PyTorch script it is compared with.</summary>
public sealed record PpoBenchmarkOptions
{
    /// <summary>Sizes of the policy and of both reward models.</summary>
    public ModelShape Shape { get; init; } = new(Dim: 64, Layers: 5, Heads: 8, KvHeads: 4, Hidden: 172, Vocabulary: 512);

    /// <summary>Tokens of every prompt.</summary>
    public int Prompt { get; init; } = 64;

    /// <summary>Tokens of every answer.</summary>
    public int Answer { get; init; } = 64;

    /// <summary>Answers of an iteration.</summary>
    public int Batch { get; init; } = 512;

    /// <summary>Answers of an optimiser step.</summary>
    public int MiniBatch { get; init; } = 64;

    /// <summary>Threads.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>Iterations that are timed, after one that is not.</summary>
    public int Iterations { get; init; } = 3;

    /// <summary>The model.</summary>
    public LlamaConfig Config => Shape.Config(Prompt + Answer, tied: true);
}

/// <summary>Medians of whole iterations.</summary>
/// <param name="Options">Shape and protocol.</param>
/// <param name="SampleSeconds">Sampling.</param>
/// <param name="ScoreSeconds">Two reward models, reference, values, advantages.</param>
/// <param name="UpdateSeconds">Optimiser steps.</param>
/// <param name="TotalSeconds">The sum of the three.</param>
/// <param name="PeakMebibytes">Most resident memory of the process.</param>
public sealed record PpoBenchmarkResult(
    PpoBenchmarkOptions Options, double SampleSeconds, double ScoreSeconds, double UpdateSeconds, double TotalSeconds, long PeakMebibytes);

/// <summary>
/// Whole iterations of PPO on random prompts of one length, answers of one length, two reward models of the policy's shape: the engine,
/// passes and updates of <see cref="PpoTraining"/>, with ids in the place of text, as in the PyTorch script.
/// </summary>
public static class PpoBenchmark
{
    /// <summary>Measures.</summary>
    /// <param name="options">Shape and protocol.</param>
    /// <param name="device">Computes.</param>
    public static PpoBenchmarkResult Run(PpoBenchmarkOptions options, Device device)
    {
        ArgumentNullException.ThrowIfNull(options);
        LlamaConfig config = options.Config;
        using LlamaWeights policy = new(config);
        using LlamaWeights reference = new(config);
        policy.InitializeRandom(1);
        reference.CopyFrom(policy);
        using IdReward helpfulness = new("helpfulness", config, 2, device);
        using IdReward safety = new("safety", config, 3, device);
        PpoSettings settings = new()
        {
            BatchPrompts = options.Batch,
            MiniBatchAnswers = options.MiniBatch,
            AnswerTokens = options.Answer,
        };
        using LlamaEngine engine = new(policy, device, tokensPerPass: Math.Max(options.Batch, 1024));
        using Generator generator = new(engine, tokenizer: null, options.Batch);
        using PpoLearner learner = new(
            settings, policy, reference, CombinedRewards.Llama2(helpfulness, safety), device, options.Prompt + options.Answer);
        DeterministicRandom random = new(4);
        List<PpoFigures> figures = [];
        for (int iteration = 1; iteration <= options.Iterations + 1; iteration++)
        {
            int[][] prompts = Prompts(options, ref random);
            long clock = Stopwatch.GetTimestamp();
            RolloutBatch rollouts = Sample(generator, prompts, options.Answer, (ulong)iteration);
            figures.Add(learner.Learn(iteration, rollouts, settings.KlCoefficient, Stopwatch.GetElapsedTime(clock).TotalSeconds).Figures);
        }

        figures.RemoveAt(0);
        double sample = Median(figures, figure => figure.GenerationSeconds);
        double score = Median(figures, figure => figure.ScoringSeconds);
        double update = Median(figures, figure => figure.UpdateSeconds);
        using Process process = Process.GetCurrentProcess();
        return new PpoBenchmarkResult(options, sample, score, update, sample + score + update, process.PeakWorkingSet64 >> 20);
    }

    private static int[][] Prompts(PpoBenchmarkOptions options, ref DeterministicRandom random)
    {
        int[][] prompts = new int[options.Batch][];
        for (int i = 0; i < prompts.Length; i++)
        {
            prompts[i] = new int[options.Prompt];
            for (int t = 0; t < options.Prompt; t++)
            {
                prompts[i][t] = random.NextInt(options.Shape.Vocabulary);
            }
        }

        return prompts;
    }

    private static RolloutBatch Sample(Generator generator, int[][] prompts, int tokens, ulong seed)
    {
        SamplingOptions options = new() { Temperature = 1, TopP = 1, MaxTokens = tokens, Seed = seed };
        GenerationResult[] results = generator.Generate(prompts, options);
        SampledAnswer[] answers =
            [.. results.Select((result, i) => new SampledAnswer("", true, prompts[i], result.Ids, result.LogProbabilities, 1))];
        return new RolloutBatch(
            [.. prompts.Select((_, i) => new AlignmentPrompt($"{i}", []))], [.. answers.Select(answer => new[] { answer })]);
    }

    private static double Median(List<PpoFigures> figures, Func<PpoFigures, double> value)
    {
        double[] values = [.. figures.Select(value).Order()];
        return (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
    }

    /// <summary>A reward model that reads the sampled ids themselves.</summary>
    private sealed class IdReward : IRewardFunction, IDisposable
    {
        private readonly LlamaWeights _weights;
        private readonly ScalarHeadRewardModel _model;

        public IdReward(string name, LlamaConfig config, ulong seed, Device device)
        {
            LlamaConfig own = config with { ScalarHead = true, TiedEmbeddings = false };
            _weights = new LlamaWeights(own);
            _weights.InitializeRandom(seed);
            LoadedModel model = new()
            {
                Weights = _weights,
                Tokenizer = null,
                ChatFormat = null,
                GenerationDefaults = GenerationDefaults.Of(null),
                Information = new ModelInformation("", "", "", own, [], null, 0),
            };
            _model = new ScalarHeadRewardModel(name, model, device);
        }

        public string Name => _model.Name;

        public double[] Score(IReadOnlyList<AnsweredPrompt> answers) =>
            _model.ScoreEncoded([.. answers.Select(answer => (SampledAnswer)answer.Answer).Select(
                answer => new EncodedAnswer([.. answer.PromptIds, .. answer.Ids], answer.PromptIds.Length))]);

        public void Dispose()
        {
            _model.Dispose();
            _weights.Dispose();
        }
    }
}
