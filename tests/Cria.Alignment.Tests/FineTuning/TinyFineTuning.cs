using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment.Tests.FineTuning;

/// <summary>A whole fine-tuning that takes about a second, in a folder.</summary>
internal static class TinyFineTuning
{
    public const string Verb = "tiny-fine-tuning";
    public const string LoraVerb = "tiny-lora-fine-tuning";
    public const string Stage = "sft";

    public static FineTuningSettings Settings => new()
    {
        Epochs = 3,
        BatchSequences = 2,
        SequenceLength = 128,
        PeakLearningRate = 5e-3,
        WarmupSteps = 3,
        ValidateEvery = 10,
        CheckpointEvery = 3,
        PassTokens = 128,
    };

    public static FineTuningSettings AdapterSettings =>
        Settings with { Lora = new LoraSettings(4, 8), MergeLora = true, PeakLearningRate = 2e-2 };

    public static IReadOnlyList<Dialogue> Training { get; } = [.. Enumerable.Range(0, 60).Select(Dialogue)];

    public static IReadOnlyList<Dialogue> HeldOut { get; } = [.. Enumerable.Range(60, 5).Select(Dialogue)];

    public static string Model(string folder) => Path.Combine(folder, Stage);

    public static string Metrics(string folder) => Path.Combine(folder, "metrics", "metrics.jsonl");

    public static FineTuningResult? Run(
        string folder, FineTuningSettings? settings = null, IProgress<TrainingProgress>? progress = null,
        IReadOnlyList<Dialogue>? training = null, CancellationToken cancellation = default)
    {
        using TinyChat chat = new(seed: 1);
        using CpuDevice device = new(2);
        LoadedModel start = chat.ToLoadedModel();
        return SupervisedFineTuning.Run(
            settings ?? Settings, start, training ?? Training, HeldOut,
            Model(folder), Metrics(folder), Stage, device, progress, cancellation);
    }

    private static Dialogue Dialogue(int i)
    {
        ChatMessage question = new(ChatRole.User, $"What does llama {i} do?");
        ChatMessage answer = new(ChatRole.Assistant, $"It returns the hill number {i * 7} to the valley.");
        ChatMessage[] messages = i % 3 == 0
            ? [question, answer, new ChatMessage(ChatRole.User, "And?"), new ChatMessage(ChatRole.Assistant, "That is the hill.")]
            : i % 5 == 0 ? [new ChatMessage(ChatRole.System, "Return."), question, answer] : [question, answer];
        return new Dialogue(messages);
    }
}
