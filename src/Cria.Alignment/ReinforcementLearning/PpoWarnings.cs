using System.Globalization;

namespace Cria.Alignment;

/// <summary>What may go wrong in PPO and can be seen in its figures.</summary>
[Flags]
internal enum PpoWarnings
{
    None = 0,
    NegativeKl = 1,
    LongAnswers = 2,
    ShortAnswers = 4,
    FewerEnds = 8,
    LargeKl = 16,
    SafetyOverrides = 32,
}

/// <summary>Finds them, and says what they mean and what to do.</summary>
internal static class PpoWarningTexts
{
    private const double LengthFactor = 1.5;
    private const double LostEndShare = 0.1;

    // At a quarter PPO raised the safety score of harmless answers and their helpfulness hardly; at 4% it raised helpfulness.
    private const double ManyOverrides = 0.1;

    // The trial in PyTorch: quality rose up to about 4 nats an answer and was lost at 16, while the reward rose throughout.
    private const double LargeKl = 10;

    /// <summary>What holds for the figures of an iteration.</summary>
    /// <param name="figures">The iteration's.</param>
    /// <param name="state">Holds the first iteration's figures.</param>
    public static PpoWarnings Find(PpoFigures figures, PpoState state) =>
        (figures.AnswerKl < -3 * figures.AnswerKlError - 1e-3 ? PpoWarnings.NegativeKl : 0)
        | (figures.AnswerKl > LargeKl ? PpoWarnings.LargeKl : 0)
        | (figures.AnswerTokens > LengthFactor * state.FirstLength ? PpoWarnings.LongAnswers : 0)
        | (figures.AnswerTokens * LengthFactor < state.FirstLength ? PpoWarnings.ShortAnswers : 0)
        | (figures.OverrideShare > ManyOverrides ? PpoWarnings.SafetyOverrides : 0)
        | (figures.EndShare < state.FirstEndShare - LostEndShare ? PpoWarnings.FewerEnds : 0);

    /// <summary>The texts of warnings.</summary>
    public static IEnumerable<string> Describe(PpoWarnings warnings, PpoFigures figures, PpoState state)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        if (warnings.HasFlag(PpoWarnings.NegativeKl))
        {
            yield return string.Create(
                culture,
                $"The KL divergence is negative ({figures.AnswerKl:F2} nats an answer), which no distribution has: the answers are not "
                + $"drawn from the policy as it stands (another temperature, a sampling filter, suppressed ends), and the penalty now "
                + $"rewards rare tokens. Check how answers are sampled before going on.");
        }

        if (warnings.HasFlag(PpoWarnings.LargeKl))
        {
            yield return string.Create(
                culture,
                $"The policy is far from its start: {figures.AnswerKl:F1} nats an answer. A reward that still rises there is often the "
                + $"reward model's error (reward hacking). Raise the KL coefficient, lower the learning rate or stop earlier.");
        }

        if (warnings.HasFlag(PpoWarnings.SafetyOverrides))
        {
            yield return string.Create(
                culture,
                $"For {figures.OverrideShare:P0} of the answers to prompts without a safety tag the safety score decides. If those prompts "
                + $"are harmless, the safety reward model takes ordinary answers for unsafe and helpfulness is hardly learned: train it "
                + $"with a larger share of helpfulness comparisons, or lower the threshold.");
        }

        if (warnings.HasFlag(PpoWarnings.LongAnswers))
        {
            yield return string.Create(
                culture,
                $"Answers run away in length: {figures.AnswerTokens:F0} tokens instead of {state.FirstLength:F0}. The reward model most "
                + $"likely prefers length itself; compare it with the length baseline, raise the KL coefficient, or use the penalty for "
                + $"a missing end.");
        }

        if (warnings.HasFlag(PpoWarnings.ShortAnswers))
        {
            yield return string.Create(
                culture,
                $"Answers shrink: {figures.AnswerTokens:F0} tokens instead of {state.FirstLength:F0}. The reward model most likely "
                + $"prefers short answers whatever they say, or the KL penalty is paid less by saying less; look at the samples and "
                + $"collect fresh preferences.");
        }

        if (warnings.HasFlag(PpoWarnings.FewerEnds))
        {
            yield return string.Create(
                culture,
                $"Only {figures.EndShare:P0} of the answers come to their end; it was {state.FirstEndShare:P0}. The reward does not see "
                + $"the missing end: use the penalty for a missing end, or a longer limit where answers are cut off.");
        }
    }
}
