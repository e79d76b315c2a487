namespace Cria.Training;

/// <summary>Where a training stands after a step.</summary>
/// <param name="Step">Steps made, those before a resumption included.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">Mean loss of the step's batch, in nats a token.</param>
/// <param name="GradientNorm">Global norm of the gradients before clipping.</param>
/// <param name="LearningRate">Rate of the step.</param>
/// <param name="TokensPerSecond">Speed of the last steps.</param>
/// <param name="TimeLeft">Until the last step, at this speed.</param>
/// <param name="Validation">The validation made after this step, or null.</param>
/// <param name="Notice">Something the user should know, for example that a damaged checkpoint was passed over; or null.</param>
public readonly record struct TrainingProgress(
    long Step, long Steps, double Loss, double GradientNorm, double LearningRate, double TokensPerSecond, TimeSpan TimeLeft,
    ValidationResult? Validation = null, string? Notice = null);
