using System.Text.Json;
using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment.Tests;

public sealed class PpoTrainingTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("cria-ppo-").FullName;

    [Fact]
    public void The_reward_rises_on_held_out_prompts()
    {
        PpoSettings settings = TinyPpo.Settings with
        {
            Iterations = 20,
            BatchPrompts = 64,
            MiniBatchAnswers = 16,
            LearningRate = 1e-2,
            KlCoefficient = 0,
            EvaluateEvery = 5,
        };
        PpoResult result = TinyPpo.Run(_root, settings, rewards: CombinedRewards.Single(new LetterReward("letter", 'e')))!;
        JsonElement[] rows = Rows("metrics.jsonl");
        Assert.True(rows[^1].GetProperty("reward").GetDouble() > rows[0].GetProperty("reward").GetDouble() + 1);
        Assert.True(result.HeldOutObjective > 1 && result.BestIteration > 0);
    }

    [Fact]
    public void Several_answers_to_a_prompt_learn_where_the_prompt_decides_most_of_the_reward()
    {
        PpoSettings settings = TinyPpo.Settings with
        {
            Iterations = 20,
            BatchPrompts = 16,
            AnswersPerPrompt = 4,
            MiniBatchAnswers = 16,
            LearningRate = 1e-2,
            KlCoefficient = 0,
        };
        LetterReward letter = new("letter", 'e');
        DelegateReward reward = new("letter and prompt", answer => letter.Score([answer])[0] + (100 * (answer.Prompt.Id.Length % 2)));
        TinyPpo.Run(_root, settings, rewards: CombinedRewards.Single(reward), heldOut: false);
        List<double> byLetter = [.. Rows("samples.jsonl").GroupBy(row => row.GetProperty("step").GetInt64()).Select(
            step => step.Average(row => row.GetProperty("answer").GetString()!.Count(c => c == 'e')))];
        Assert.True(byLetter[^1] > byLetter[0] + 1, string.Join(' ', byLetter));
    }

    [Fact]
    public void Answers_of_an_iteration_that_no_mini_batch_divides_are_refused()
    {
        PpoSettings settings = TinyPpo.Settings with { BatchPrompts = 3, AnswersPerPrompt = 2, MiniBatchAnswers = 4 };
        ArgumentException error = Assert.Throws<ArgumentException>(() => TinyPpo.Run(_root, settings));
        Assert.Contains("AnswersPerPrompt (6) must be a multiple of MiniBatchAnswers (4)", error.Message, StringComparison.Ordinal);
        settings = settings with { BatchPrompts = 1 << 16, AnswersPerPrompt = 1 << 16 };
        error = Assert.Throws<ArgumentException>(() => TinyPpo.Run(_root, settings));
        Assert.Contains("must not exceed 1048576, but is 4294967296", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_figure_is_logged()
    {
        PpoSettings settings = TinyPpo.Settings with { Iterations = 12, EvaluateEvery = 4, Patience = 0 };
        PpoResult result = TinyPpo.Run(_root, settings)!;
        JsonElement[] rows = Rows("metrics.jsonl");
        Assert.Equal(12, rows.Length);
        Assert.Equal(12, result.Iterations);
        Assert.Equal(0, rows[0].GetProperty("kl").GetDouble(), 1e-4);
        Assert.True(rows[^1].GetProperty("kl").GetDouble() > 0.01);
        string[] names =
        [
            "reward.helpfulness", "reward.safety", "reward", "kl", "kl_per_token", "kl_coefficient", "entropy", "policy_loss", "value_loss",
            "clip_fraction", "answer_tokens", "end_share", "generation_seconds", "scoring_seconds", "update_seconds",
        ];
        Assert.All(rows, row => Assert.All(names, name => Assert.Equal(JsonValueKind.Number, row.GetProperty(name).ValueKind)));
        Assert.Equal(
            [4L, 8L, 12L],
            rows.Where(row => row.TryGetProperty("held_out_objective", out _)).Select(row => row.GetProperty("step").GetInt64()));

        JsonElement[] samples = Rows("samples.jsonl");
        Assert.Equal(7 * settings.SampleAnswers, samples.Length);
        Assert.All(
            samples, sample => Assert.StartsWith("What does llama", sample.GetProperty("question").GetString(), StringComparison.Ordinal));
    }

    [Fact]
    public void The_result_is_a_model_with_the_best_weights_and_a_second_call_does_nothing()
    {
        PpoResult result = TinyPpo.Run(_root)!;
        string model = Path.Combine(_root, "rlhf");
        using (LoadedModel loaded = HuggingFaceDirectory.Load(model))
        {
            using TinyChat chat = new();
            Assert.Equal(chat.Config, loaded.Config);
            Assert.Equal(ChatFormat.Llama2.Name, loaded.ChatFormat!.Name);
            Assert.False(Directory.Exists(Path.Combine(model, "checkpoint")));
        }

        DateTime written = File.GetLastWriteTimeUtc(Path.Combine(model, "model.safetensors"));
        Assert.Equal(result, TinyPpo.Run(_root));
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(model, "model.safetensors")));
    }

    [Fact]
    public void The_number_of_threads_changes_nothing()
    {
        TinyPpo.Run(Path.Combine(_root, "a"), threads: 1);
        TinyPpo.Run(Path.Combine(_root, "b"), threads: 3);
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(_root, "a", "rlhf", "model.safetensors")),
            File.ReadAllBytes(Path.Combine(_root, "b", "rlhf", "model.safetensors")));
    }

    [Fact]
    public void Early_stopping_keeps_the_start_where_nothing_is_better()
    {
        // Every update moves towards what the held-out evaluation calls worse: the reward of training prompts is turned round.
        CombinedRewards turned = CombinedRewards.Single(new TurnedReward());
        PpoSettings settings = TinyPpo.Settings with { Iterations = 50, EvaluateEvery = 1, Patience = 2, LearningRate = 3e-3 };
        List<string> notices = [];
        PpoResult result = TinyPpo.Run(_root, settings, rewards: turned, progress: new OnNotice(notices.Add))!;
        Assert.True(result.Iterations < 50);
        Assert.Contains(notices, notice => notice.Contains("not risen in 2 evaluations", StringComparison.Ordinal));
        Assert.Contains("not risen", result.Stopped, StringComparison.Ordinal);
        if (result.BestIteration == 0)
        {
            using TinyChat chat = new();
            using LoadedModel saved = HuggingFaceDirectory.Load(Path.Combine(_root, "rlhf"));
            Assert.Equal(ModelHash.Of(chat.Weights), ModelHash.Of(saved.Weights));
        }
    }

    [Fact]
    public void Training_ends_at_the_limit_of_the_divergence()
    {
        PpoSettings settings = TinyPpo.Settings with { Iterations = 100, LearningRate = 1e-2, MaximumKl = 1 };
        PpoResult result = TinyPpo.Run(_root, settings, heldOut: false)!;
        Assert.True(result.Iterations < 100 && result.AnswerKl > 1);
        Assert.Contains("exceeds the limit", result.Stopped, StringComparison.Ordinal);
        Assert.Contains("exceeds the limit", Rows("metrics.jsonl")[^1].GetProperty("notice").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_log_says_when_safety_decides_about_harmless_prompts()
    {
        CombinedRewards strict = CombinedRewards.Llama2(new LetterReward("helpfulness", 'e'), new DelegateReward("safety", _ => -2));
        List<string> notices = [];
        TinyPpo.Run(_root, rewards: strict, heldOut: false, progress: new OnNotice(notices.Add));
        Assert.Single(
            notices,
            notice => notice.Contains("For 100 % of the answers to prompts without a safety tag", StringComparison.Ordinal));
        Assert.All(Rows("metrics.jsonl"), row => Assert.Equal(1, row.GetProperty("safety_overrides").GetDouble()));
    }

    [Fact]
    public void The_coefficient_follows_the_target()
    {
        PpoSettings settings = TinyPpo.Settings with { KlTarget = 1, KlHorizon = 32 };
        TinyPpo.Run(_root, settings, heldOut: false);
        double[] coefficients = [.. Rows("metrics.jsonl").Select(row => row.GetProperty("kl_coefficient").GetDouble())];
        Assert.Equal(0.02, coefficients[0], 1e-12);
        Assert.Equal(0.02 * 0.9, coefficients[1], 1e-12); // KL 0: 20% below is the most that counts, half of it for 16 of 32 answers
    }

    [Theory]
    [InlineData(false, "not a number")]
    [InlineData(true, "the judge is out")]
    public void A_faulty_reward_function_is_named_with_its_prompt(bool throws, string expected)
    {
        CombinedRewards rewards = CombinedRewards.Single(new FaultyReward(throws));
        AlignmentDataException error = Assert.Throws<AlignmentDataException>(() => TinyPpo.Run(_root, rewards: rewards));
        Assert.Contains("faulty", error.Message, StringComparison.Ordinal);
        Assert.Contains("llama 103", error.Message, StringComparison.Ordinal);
        Assert.Contains(throws ? expected : "NaN", error.Message, StringComparison.Ordinal);
        Assert.Empty(Rows("metrics.jsonl"));
    }

    [Fact]
    public void A_prompt_longer_than_the_context_is_named_before_anything_else()
    {
        using TinyChat chat = new(contextLength: 64);
        using CpuDevice device = new(1);
        AlignmentPrompt[] prompts = [TinyPpo.Prompts[0], TinyChat.Prompt(new string('x', 300)) with { Id = "p17" }];
        AlignmentDataException error = Assert.Throws<AlignmentDataException>(() => PpoTraining.Run(
            TinyPpo.Settings, TinyPpo.Model(chat), TinyPpo.Rewards, prompts, [], _root, Path.Combine(_root, "m.jsonl"), "ppo", device));
        Assert.Contains("p17", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_root));
    }

    [Fact]
    public void Other_settings_are_another_training()
    {
        using CancellationTokenSource cancellation = new();
        Assert.Null(TinyPpo.Run(_root, progress: new OnIteration(_ => cancellation.Cancel()), cancellation: cancellation.Token));
        TrainingCheckpointException error =
            Assert.Throws<TrainingCheckpointException>(() => TinyPpo.Run(_root, TinyPpo.Settings with { KlCoefficient = 0.5 }));
        Assert.Contains("kl_coefficient is 0.02 there and 0.5 here", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private JsonElement[] Rows(string name)
    {
        string path = Path.Combine(_root, "metrics", name);
        return File.Exists(path) ? [.. File.ReadAllLines(path).Select(line => JsonDocument.Parse(line).RootElement)] : [];
    }

    internal sealed class OnNotice(Action<string> action) : IProgress<PpoProgress>
    {
        public void Report(PpoProgress value)
        {
            if (value.Notice is { } notice)
            {
                action(notice);
            }
        }
    }

    internal sealed class OnIteration(Action<long> action) : IProgress<PpoProgress>
    {
        public void Report(PpoProgress value)
        {
            if (value.Figures is not null)
            {
                action(value.Iteration);
            }
        }
    }

    private sealed class TurnedReward : IRewardFunction
    {
        private readonly LetterReward _letter = new("letter", 'e');

        public string Name => "turned";

        public double[] Score(IReadOnlyList<AnsweredPrompt> answers) => [.. _letter.Score(answers).Select(
            (score, i) => answers[i].Prompt.Id.StartsWith("What does llama 10", StringComparison.Ordinal) ? -score : score)];
    }

    private sealed class FaultyReward(bool throws) : IRewardFunction
    {
        public string Name => "faulty";

        public double[] Score(IReadOnlyList<AnsweredPrompt> answers) => [.. answers.Select(Score)];

        private double Score(AnsweredPrompt answer) =>
            answer.Prompt.Id != "What does llama 103 do?" ? 1
            : throws ? throw new InvalidOperationException("the judge is out")
            : double.NaN;
    }
}
