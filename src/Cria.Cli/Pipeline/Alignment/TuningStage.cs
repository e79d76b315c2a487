using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Terminal;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>Fine-tunes one chat model of the run on dialogues.</summary>
internal static class TuningStage
{
    /// <param name="context">The run.</param>
    /// <param name="name">The model that comes of it, its folder and its stage.</param>
    /// <param name="start">The model to start from.</param>
    /// <param name="inputs">The stages that the dialogues come from.</param>
    /// <param name="settings">How.</param>
    /// <param name="dialogues">What to learn.</param>
    /// <param name="validation">What to measure on.</param>
    /// <exception cref="OperationCanceledException">Ctrl-C: a checkpoint is written.</exception>
    public static void Run(
        AlignmentContext context, string name, string start, IEnumerable<string> inputs, FineTuningSettings settings,
        Func<IReadOnlyList<Dialogue>> dialogues, Func<IReadOnlyList<Dialogue>> validation)
    {
        string folder = context.Model(name);
        string fingerprint = StageRunner.Fingerprint(
            "tuning 1", context.Fingerprint(start), string.Join(' ', inputs.Select(context.Fingerprint)), settings);
        context.Stages.Run(name, fingerprint, [folder], () =>
        {
            using LoadedModel model = context.Load(start);
            using ProgressLine line = new();
            FineTuningResult? result = SupervisedFineTuning.Run(
                settings, model, dialogues(), validation(), folder, context.Metrics, name, context.Device,
                TrainingLine.On(line), context.Cancellation);
            return result is null ? throw new OperationCanceledException(context.Cancellation) : Describe(result);
        });
    }

    private static string Describe(FineTuningResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"{result.Dialogues:N0} dialogues, {result.Steps:N0} steps, {result.LearnedTokens / 1e3:F0} k answer tokens{Validation(result)}");

    private static string Validation(FineTuningResult result) => result.Validation is { } after && result.StartValidation is { } before
        ? string.Create(CultureInfo.InvariantCulture, $"; held-out loss {before.Loss:F3} -> {after.Loss:F3} nats a token")
        : "";
}
