namespace Cria.Cli.Recipes;

/// <summary>
/// Ghost attention (Touvron et al. 2023, §3.3), after version V3: dialogues sampled with an instruction on every turn, from which V4
/// learns to obey it when it stands in the first turn only.
/// </summary>
internal sealed class GhostAttentionSection
{
    /// <summary>Dialogues to sample; 0 for none.</summary>
    public int Dialogues { get; set; } = 250;

    /// <summary>Turns of each.</summary>
    public int Turns { get; set; } = 8;

    /// <summary>Long dialogues to sample besides; 0 for none.</summary>
    public int LongDialogues { get; set; } = 25;

    /// <summary>Turns of each long one; what does not fit into the context ends earlier.</summary>
    public int LongTurns { get; set; } = 20;

    /// <summary>
    /// Answers of a dialogue that are learned, counted from the last one; 1 in the paper, 0 for all but the first turn's.
    /// </summary>
    public int LearnedAnswers { get; set; } = 1;

    /// <summary>Passes over these dialogues while the version's other dialogues are passed once.</summary>
    public int Passes { get; set; } = 1;

    /// <summary>Samples of each answer, of which the best obedient one is taken.</summary>
    public int Samples { get; set; } = 3;

    /// <summary>Temperature of the samples.</summary>
    public double Temperature { get; set; } = 0.7;

    /// <summary>The most tokens of an answer.</summary>
    public int MaximumTokens { get; set; } = 56;
}
