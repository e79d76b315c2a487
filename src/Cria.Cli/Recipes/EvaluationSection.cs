namespace Cria.Cli.Recipes;

/// <summary>How versions are compared on held-out prompts.</summary>
internal sealed class EvaluationSection
{
    /// <summary>Temperature of the sampled answers; greedy ones are compared as well.</summary>
    public double Temperature { get; set; } = 1;

    /// <summary>The most tokens of an answer.</summary>
    public int MaximumTokens { get; set; } = 80;

    /// <summary>Dialogues of twenty turns in which obedience to the first turn's instruction is measured; 0 for none.</summary>
    public int ObedienceDialogues { get; set; } = 40;
}
