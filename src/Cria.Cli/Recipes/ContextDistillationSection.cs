namespace Cria.Cli.Recipes;

/// <summary>
/// Safety context distillation (Touvron et al. 2023, §4.2.4): red-team prompts answered behind a safety preprompt, and learned without it
/// where the safety reward model prefers the answer.
/// </summary>
internal sealed class ContextDistillationSection
{
    /// <summary>Before which version's tuning it is done; later versions learn from it as well.</summary>
    public int Round { get; set; } = 1;

    /// <summary>Red-team prompts; 0 for none.</summary>
    public int Prompts { get; set; } = 150;

    /// <summary>Temperature of the answers.</summary>
    public double Temperature { get; set; } = 0.7;

    /// <summary>The most tokens of an answer.</summary>
    public int MaximumTokens { get; set; } = 72;
}
