using Cria.Compute;
using Cria.Models;

namespace Cria.Alignment.Tests;

/// <summary>A PPO training small enough for every test: a random chat model that is rewarded for the letter e.</summary>
internal static class TinyPpo
{
    /// <summary>Makes the test executable the process that the kill test kills.</summary>
    public const string Verb = "tiny-ppo";

    public static PpoSettings Settings { get; } = new()
    {
        Iterations = 4,
        BatchPrompts = 16,
        MiniBatchAnswers = 4,
        AnswerTokens = 10,
        LearningRate = 1e-3,
        KlCoefficient = 0.02,
        EvaluateEvery = 2,
        SampleEvery = 2,
        SampleAnswers = 3,
        CheckpointEvery = 1,
    };

    public static AlignmentPrompt[] Prompts { get; } =
        [.. Enumerable.Range(0, 24).Select(i => TinyChat.Prompt($"What does llama {i} do?") with { IsSafety = i % 5 == 0 })];

    public static AlignmentPrompt[] HeldOut { get; } =
        [.. Enumerable.Range(100, 6).Select(i => TinyChat.Prompt($"What does llama {i} do?"))];

    public static CombinedRewards Rewards { get; } =
        CombinedRewards.Llama2(new LetterReward("helpfulness", 'e'), new LetterReward("safety", 'o'));

    public static LoadedModel Model(TinyChat chat) => new()
    {
        Weights = chat.Weights,
        Tokenizer = TinyChat.Tokenizer,
        ChatFormat = ChatFormat.Llama2,
        GenerationDefaults = GenerationDefaults.Of(TinyChat.Tokenizer),
        Information = new ModelInformation("memory", "memory", "LlamaForCausalLM", chat.Config, [], null, 0),
    };

    /// <summary>A training with everything that is to be restored: adapted β, evaluations, best weights, samples.</summary>
    public static void RunToTheEnd(string folder) => Run(
        folder,
        Settings with
        {
            Iterations = 12,
            BatchPrompts = 8,
            AnswersPerPrompt = 2,
            KlTarget = 0.5,
            KlHorizon = 200,
            MissingEndPenalty = 1,
            Patience = 0,
        });

    public static PpoResult? Run(
        string folder, PpoSettings? settings = null, int threads = 1, CombinedRewards? rewards = null,
        IProgress<PpoProgress>? progress = null, bool heldOut = true, CancellationToken cancellation = default)
    {
        using TinyChat chat = new();
        using CpuDevice device = new(threads);
        return PpoTraining.Run(
            settings ?? Settings, Model(chat), rewards ?? Rewards, Prompts, heldOut ? HeldOut : [], Path.Combine(folder, "rlhf"),
            Path.Combine(folder, "metrics", "metrics.jsonl"), "ppo", device, progress, cancellation);
    }
}

/// <summary>Rewards answers by the share of one letter in them.</summary>
internal sealed class LetterReward(string name, char letter) : IRewardFunction
{
    public string Name => name;

    public double[] Score(IReadOnlyList<AnsweredPrompt> answers) =>
        [.. answers.Select(answer => (20.0 * answer.Answer.Text.Count(c => c == letter) / (answer.Answer.Text.Length + 5)) - 1)];
}
