using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment.Tests;

public sealed class RewardTrainingTests : IDisposable
{
    private static readonly RewardTrainingSettings Settings = new()
    {
        BatchPairs = 16,
        PeakLearningRate = 1e-2,
        Margin = RewardMargin.Large,
        PassTokens = 512,
    };

    private readonly string _root = Directory.CreateTempSubdirectory("cria-reward-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_model_learns_which_answers_are_better_and_scores_unseen_pairs_right()
    {
        using CpuDevice device = new(2);
        using TinyReward start = new(scalarHead: false);
        RewardTrainingResult? result = Run(Settings with { Epochs = 2 }, start.Model, TinyReward.Comparisons(160), "model", device);
        Assert.NotNull(result);
        Assert.Equal(20, result.Steps);
        using RewardModel reward = RewardModel.Load(Path.Combine(_root, "model"), device);
        Assert.Equal("model", reward.Name);
        Comparison[] unseen = TinyReward.Comparisons(40, first: 1000);
        int right = unseen.Count(pair => Score(reward, pair, pair.Chosen) > Score(reward, pair, pair.Rejected));
        Assert.True(right >= 36, $"{right} of 40");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_adapter_or_the_last_layers_alone_learn_as_well_and_leave_the_rest_as_it_was(bool lora)
    {
        using CpuDevice device = new(2);
        using TinyReward start = new(scalarHead: false);
        RewardTrainingSettings settings = lora
            ? Settings with { Epochs = 3, Lora = new LoraSettings(Rank: 4) }
            : Settings with { Epochs = 3, FirstTrainableLayer = 1 };
        Assert.NotNull(Run(settings, start.Model, TinyReward.Comparisons(160), "part", device));
        using RewardModel reward = RewardModel.Load(Path.Combine(_root, "part"), device);
        Comparison[] unseen = TinyReward.Comparisons(40, first: 1000);
        int right = unseen.Count(pair => Score(reward, pair, pair.Chosen) > Score(reward, pair, pair.Rejected));
        Assert.True(right >= 36, $"{right} of 40");
        using LoadedModel saved = HuggingFaceDirectory.Load(Path.Combine(_root, "part"));
        Assert.True(saved.Weights.TokenEmbedding.Span.SequenceEqual(start.Model.Weights.TokenEmbedding.Span));
        Assert.Equal(lora, !saved.Weights.Layers[0].Query.Span.SequenceEqual(start.Model.Weights.Layers[0].Query.Span));
        Assert.False(saved.Weights.Layers[1].Query.Span.SequenceEqual(start.Model.Weights.Layers[1].Query.Span));
    }

    [Fact]
    public void The_gradients_are_those_of_the_loss()
    {
        using CpuDevice device = new(1);
        using TinyReward start = new();
        Comparison[] pairs = TinyReward.Comparisons(3);
        RewardTrainingSettings settings = Settings with
        {
            SafetyLossWeight = 0.5,
            BatchPairs = 3,
            Optimizer = new AdamWSettings(ClipNorm: 1e9f),
        };
        RewardTrainingSet set = RewardTrainingSet.From(pairs, TinyChat.Tokenizer, ChatFormat.Llama2, 128);
        double reported;
        using (LlamaWeights weights = RewardStart.WithScalarHead(start.Model.Weights))
        using (RewardTrainingSteps steps = new(weights, set.Pairs, settings, device))
        {
            reported = steps.Step(1).GradientNorm;
        }

        // The derivative along the gradient itself is its norm: measured by a difference quotient along the head's part of it.
        double headNorm = HeadGradientNorm(start.Model, pairs, settings, device);
        Assert.True(headNorm > 0 && headNorm <= reported * (1 + 1e-3), $"{headNorm} of {reported}");
        double loss = Loss(start.Model, pairs, settings, device);
        using LlamaWeights again = RewardStart.WithScalarHead(start.Model.Weights);
        using RewardTrainingSteps once = new(again, set.Pairs, settings, device);
        Assert.Equal(loss, once.Step(1).Loss, 1e-5);
    }

    [Fact]
    public void The_loss_does_not_depend_on_how_many_pairs_go_through_at_once()
    {
        using CpuDevice device = new(1);
        using TinyReward start = new();
        RewardTrainingSet set = RewardTrainingSet.From(TinyReward.Comparisons(12), TinyChat.Tokenizer, ChatFormat.Llama2, 128);
        StepResult[] results = [.. new[] { 1, 300, 4096 }.Select(tokens =>
        {
            using LlamaWeights weights = RewardStart.WithScalarHead(start.Model.Weights);
            using RewardTrainingSteps steps = new(weights, set.Pairs, Settings with { PassTokens = tokens }, device);
            return steps.Step(1);
        })];
        Assert.All(results, result => Assert.Equal(results[0].Loss, result.Loss, 1e-6));
        Assert.All(results, result => Assert.Equal(results[0].GradientNorm, result.GradientNorm, 1e-4 * results[0].GradientNorm));
    }

    [Fact]
    public void What_must_not_be_trained_on_is_left_out_and_counted()
    {
        Comparison good = TinyReward.Comparisons(3)[2];
        Comparison[] all =
        [
            good,
            good with { IsHeldOut = true },
            good with { Chosen = good.Chosen with { IsSafe = false }, Rejected = good.Rejected with { IsSafe = true } },
            good with { Chosen = good.Chosen with { Text = new string('x', 500) } },
            good with { Rejected = good.Chosen },
        ];
        RewardTrainingSet set = RewardTrainingSet.From(all, TinyChat.Tokenizer, ChatFormat.Llama2, 128);
        Assert.Equal(new RewardDataCounts(1, 1, 1, 1, 1), set.Counts);
        Assert.Equal(
            "1 pairs; left out: 1 held out, 1 with an unsafe answer preferred to a safe one, 1 too long, 1 with two equal answers",
            set.Counts.ToString());
        AlignmentDataException none = Assert.Throws<AlignmentDataException>(
            () => RewardTrainingSet.From(all[1..2], TinyChat.Tokenizer, ChatFormat.Llama2, 128));
        Assert.Contains("1 held out", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dialogue_that_the_format_cannot_express_is_named_before_any_training()
    {
        using CpuDevice device = new(1);
        using TinyReward start = new();
        Comparison bad = TinyReward.Comparisons(1)[0] with { Prompt = [new(ChatRole.Assistant, "Hello")], Origin = "pairs.jsonl, line 7" };
        AlignmentDataException error = Assert.Throws<AlignmentDataException>(
            () => Run(Settings, start.Model, [.. TinyReward.Comparisons(2), bad], "bad", device));
        Assert.Contains("pairs.jsonl, line 7", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_root, "bad")));
    }

    [Fact]
    public void Interrupted_after_every_step_the_model_is_the_same()
    {
        using CpuDevice device = new(2);
        using TinyReward start = new(scalarHead: false);
        Comparison[] pairs = TinyReward.Comparisons(64);
        Assert.NotNull(Run(Settings, start.Model, pairs, "whole", device));
        int interruptions = 0;
        while (true)
        {
            using CancellationTokenSource cancellation = new();
            if (RewardModelTraining.Run(
                Settings, start.Model, pairs, Path.Combine(_root, "parts"), Path.Combine(_root, "parts", "metrics.jsonl"), "reward", device,
                new OnEvery(cancellation.Cancel), cancellation.Token) is not null)
            {
                break;
            }

            interruptions++;
        }

        Assert.Equal(3, interruptions);
        Assert.Equal(File.ReadAllBytes(Model("whole")), File.ReadAllBytes(Model("parts")));
        Assert.Equal(4, File.ReadAllLines(Path.Combine(_root, "parts", "metrics.jsonl")).Length);
        Assert.False(Directory.Exists(Path.Combine(_root, "parts", "checkpoint")));
    }

    [Fact]
    public void Killed_at_random_moments_the_model_is_the_same_whatever_the_threads()
    {
        string undisturbed = Path.Combine(_root, "undisturbed");
        TinyRewardTraining.Run(undisturbed, lora: null, threads: 3);
        string folder = Path.Combine(_root, "killed");
        KilledProcess.TrainToTheEnd(TinyRewardTraining.Verb, folder, "reward", seed: 4);
        foreach (string name in Directory.GetFiles(Path.Combine(undisturbed, "reward")).Select(path => Path.GetFileName(path)!))
        {
            Assert.Equal(
                File.ReadAllBytes(Path.Combine(undisturbed, "reward", name)), File.ReadAllBytes(Path.Combine(folder, "reward", name)));
        }

        Assert.Equal(60, File.ReadAllLines(Path.Combine(folder, "metrics.jsonl")).Length);
    }

    [Fact]
    public void A_finished_training_is_not_repeated_and_a_new_batch_goes_on_from_it()
    {
        using CpuDevice device = new(1);
        using TinyReward start = new(scalarHead: false);
        Comparison[] pairs = TinyReward.Comparisons(32);
        RewardTrainingResult? first = Run(Settings, start.Model, pairs, "first", device);
        DateTime written = File.GetLastWriteTimeUtc(Model("first"));
        Assert.Equal(first, Run(Settings, start.Model, pairs, "first", device));
        Assert.Equal(written, File.GetLastWriteTimeUtc(Model("first")));

        using LoadedModel earlier = HuggingFaceDirectory.Load(Path.Combine(_root, "first"));
        using LlamaWeights goesOn = RewardStart.WithScalarHead(earlier.Weights);
        Assert.True(goesOn.ScalarHead.Span.SequenceEqual(earlier.Weights.ScalarHead.Span));
        Assert.NotNull(Run(Settings, earlier, TinyReward.Comparisons(32, first: 32), "second", device));
    }

    [Theory]
    [InlineData(100, 5)]
    [InlineData(1000, 30)]
    [InlineData(3, 2)]
    public void Warm_up_is_three_percent_of_the_steps_but_at_least_five(long steps, long expected) =>
        Assert.Equal(expected, new RewardTrainingSettings().WarmupFor(steps));

    private RewardTrainingResult? Run(
        RewardTrainingSettings settings, LoadedModel start, IReadOnlyList<Comparison> pairs, string name, Device device) =>
        RewardModelTraining.Run(
            settings, start, pairs, Path.Combine(_root, name), Path.Combine(_root, name, "metrics.jsonl"), "reward", device);

    private string Model(string name) => Path.Combine(_root, name, "model.safetensors");

    private static double Score(RewardModel reward, Comparison pair, ComparedAnswer answer) =>
        reward.Score([new AnsweredPrompt(new AlignmentPrompt("p", pair.Prompt), answer)])[0];

    private static double Loss(LoadedModel model, Comparison[] pairs, RewardTrainingSettings settings, Device device)
    {
        using ScalarHeadRewardModel reward = new("reward", model, device);
        return pairs.Average(pair =>
        {
            double chosen = Score(reward, pair, pair.Chosen);
            double rejected = Score(reward, pair, pair.Rejected);
            double loss = RankingLoss.Of(chosen, rejected, settings.Margin.Of(pair.Rating));
            loss += settings.SafetyLossWeight * SafetyAuxiliaryLoss.Of(chosen, pair.Chosen.IsSafe!.Value);
            return loss + (settings.SafetyLossWeight * SafetyAuxiliaryLoss.Of(rejected, pair.Rejected.IsSafe!.Value));
        });
    }

    private static double HeadGradientNorm(LoadedModel model, Comparison[] pairs, RewardTrainingSettings settings, Device device)
    {
        const float Step = 1e-2f;
        Span<float> head = model.Weights.ScalarHead.Span;
        double sum = 0;
        for (int i = 0; i < head.Length; i++)
        {
            float value = head[i];
            head[i] = value + Step;
            double above = Loss(model, pairs, settings, device);
            head[i] = value - Step;
            double below = Loss(model, pairs, settings, device);
            head[i] = value;
            sum += Math.Pow((above - below) / (2 * Step), 2);
        }

        return Math.Sqrt(sum);
    }

    private sealed class OnEvery(Action action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => action();
    }
}
