namespace Cria.Cli.Recipes;

/// <summary>
/// The effect of more safety data (Touvron et al. 2023, §4.2.3): the base model fine-tuned with the same helpful dialogues and one share
/// after the other of the safety demonstrations. It costs a fine-tuning for each share, so sizes are small.
/// </summary>
internal sealed class SafetyScalingSection
{
    /// <summary>Questions with answers, in every fine-tuning; 0 leaves the study out.</summary>
    public int Dialogues { get; set; } = 600;

    /// <summary>Harmless how-to questions with answers, in every fine-tuning.</summary>
    public int HowToDialogues { get; set; } = 150;

    /// <summary>Safety demonstrations at share 1.</summary>
    public int SafetyDialogues { get; set; } = 300;

    /// <summary>The shares, ascending.</summary>
    public List<double> Shares { get; set; } = [0, 0.01, 0.1, 0.25, 0.5, 1];

    /// <summary>Passes over the dialogues.</summary>
    public int Epochs { get; set; } = 2;

    /// <summary>Packed rows of one optimiser step.</summary>
    public int BatchSize { get; set; } = 4;

    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; set; } = 1.5e-3;

    /// <summary>Prompts of each kind to measure on, from those of the evaluation: ordinary, red-team, borderline.</summary>
    public int EvaluationPrompts { get; set; } = 100;
}
