using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment.Tests;

/// <summary>A DPO training small enough for every test: answers about hills are chosen, those about valleys rejected.</summary>
internal static class TinyDpo
{
    /// <summary>Makes the test executable the process that the kill test kills.</summary>
    public const string Verb = "tiny-dpo";

    public static DpoSettings Settings { get; } = new()
    {
        Epochs = 6,
        BatchPairs = 8,
        PeakLearningRate = 2e-3,
        ValidateEvery = 5,
        CheckpointEvery = 1,
    };

    public static Comparison[] Comparisons { get; } =
    [
        .. Enumerable.Range(0, 40).Select(i => new Comparison(
            [new ChatMessage(ChatRole.User, $"What does llama {i} do?")], new ComparedAnswer($"It returns the hill {i * 7}."),
            new ComparedAnswer($"It returns valley {i}.", IsFinished: i % 3 != 0), PreferenceRating.Better)
        {
            PromptId = $"p{i}",
            IsHeldOut = i % 10 == 9,
        }),
    ];

    public static void RunToTheEnd(string folder) => Run(folder);

    public static DpoResult? Run(
        string folder, DpoSettings? settings = null, int threads = 1, IReadOnlyList<Comparison>? comparisons = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        using TinyChat chat = new();
        using CpuDevice device = new(threads);
        return DpoTraining.Run(
            settings ?? Settings, TinyPpo.Model(chat), comparisons ?? Comparisons, Path.Combine(folder, "dpo"),
            Path.Combine(folder, "metrics", "metrics.jsonl"), "dpo", device, progress, cancellation);
    }
}
