namespace Cria.Training;

/// <summary>Where a training stands after a step.</summary>
/// <param name="Step">Steps made, those before a resumption included.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">Mean loss of the step's batch; of cross-entropy, in nats a token.</param>
/// <param name="GradientNorm">Global norm of the gradients before clipping.</param>
/// <param name="LearningRate">Rate of the step.</param>
/// <param name="TokensPerSecond">Speed of the last steps.</param>
/// <param name="TimeLeft">Until the last step, at this speed.</param>
/// <param name="Figures">Further figures of the step, and those of a validation made after it; or null.</param>
/// <param name="Notice">Something the user should know, for example that a damaged checkpoint was passed over; or null.</param>
public readonly record struct TrainingProgress(
    long Step, long Steps, double Loss, double GradientNorm, double LearningRate, double TokensPerSecond, TimeSpan TimeLeft,
    IReadOnlyList<(string Name, double Value)>? Figures = null, string? Notice = null)
{
    /// <summary>The validation of a language model made after this step, or null.</summary>
    public ValidationResult? Validation =>
        Figure("validation_loss") is { } loss && Figure("bits_per_byte") is { } bits && Figure("validation_tokens") is { } tokens
            ? new ValidationResult(loss, bits, (long)tokens)
            : null;

    /// <summary>All figures in the order of a metrics row.</summary>
    internal IReadOnlyList<(string Name, double Value)> Row =>
    [
        ("loss", Loss), ("gradient_norm", GradientNorm), ("learning_rate", LearningRate),
        ("tokens_per_second", Math.Round(TokensPerSecond, 1)), .. Figures ?? [],
    ];

    /// <summary>One of the further figures, or null where the step has none of this name.</summary>
    public double? Figure(string name)
    {
        foreach ((string found, double value) in Figures ?? [])
        {
            if (found == name)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>The progress that a metrics row tells of.</summary>
    internal static TrainingProgress FromRow(long step, long steps, IReadOnlyList<(string Name, double Value)> row)
    {
        TrainingProgress all = new() { Figures = row };
        string[] own = ["loss", "gradient_norm", "learning_rate", "tokens_per_second"];
        return new TrainingProgress(
            step, steps, all.Figure(own[0]) ?? 0, all.Figure(own[1]) ?? 0, all.Figure(own[2]) ?? 0, all.Figure(own[3]) ?? 0, TimeSpan.Zero,
            [.. row.Where(figure => !own.Contains(figure.Name))]);
    }
}
