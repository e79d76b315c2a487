namespace Cria.Alignment;

/// <summary>Where a PPO training stands.</summary>
/// <param name="Iteration">Iterations made, those before a resumption included.</param>
/// <param name="Iterations">Iterations at most.</param>
/// <param name="Figures">Of the last iteration; null where there was none yet, and with a notice.</param>
/// <param name="HeldOut">The evaluation made after this iteration, or null.</param>
/// <param name="TimeLeft">Until the last iteration, at the speed of the last ones.</param>
/// <param name="Notice">Something the user should know: what a figure means and what to do about it; or null.</param>
public sealed record PpoProgress(
    long Iteration, long Iterations, PpoFigures? Figures = null, PpoHeldOut? HeldOut = null, TimeSpan TimeLeft = default,
    string? Notice = null);

/// <summary>How good the policy is on held-out prompts.</summary>
/// <param name="Reward">Mean raw reward after the combination.</param>
/// <param name="AnswerKl">Mean KL divergence of an answer from the start policy, in nats.</param>
/// <param name="Objective">
/// The rise of the reward over the start policy's, in its standard deviations, less β·KL: what early stopping maximises, in the units of
/// the
/// training's own objective.
/// </param>
public sealed record PpoHeldOut(double Reward, double AnswerKl, double Objective);
