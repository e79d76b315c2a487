using System.Text.Json.Serialization.Metadata;

namespace Cria.Evaluation;

/// <summary>An answer drawn while a stage trained.</summary>
/// <param name="Step">The step before which it was drawn.</param>
/// <param name="Question">The last question.</param>
/// <param name="Answer">The answer.</param>
/// <param name="Reward">Its reward.</param>
public sealed record StepSample(long Step, string Question, string Answer, double Reward);

/// <summary>What PPO said and showed while it trained.</summary>
/// <param name="Notices">What the log said, in order: what went wrong and what it means.</param>
/// <param name="Samples">Answers of some steps.</param>
public sealed record StepSamples(IReadOnlyList<string> Notices, IReadOnlyList<StepSample> Samples) : IFigures<StepSamples>
{
    /// <inheritdoc/>
    public static string FileName => "ppo-samples.json";

    /// <inheritdoc/>
    public static JsonTypeInfo<StepSamples> Json => EvaluationJsonContext.Default.StepSamples;
}
