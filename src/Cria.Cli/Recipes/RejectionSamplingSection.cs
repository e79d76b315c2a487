namespace Cria.Cli.Recipes;

/// <summary>The rounds of rejection sampling, V1 to V4, and the fine-tuning on their best answers.</summary>
internal sealed class RejectionSamplingSection
{
    /// <summary>Answers to each prompt.</summary>
    public int Samples { get; set; } = 8;

    /// <summary>Temperatures to choose from in each round, by the mean reward of the best answers.</summary>
    public List<double> Temperatures { get; set; } = [0.8, 1.0, 1.2];

    /// <summary>Prompts that the temperatures are tried on.</summary>
    public int TemperaturePrompts { get; set; } = 64;

    /// <summary>The most tokens of an answer.</summary>
    public int MaximumTokens { get; set; } = 80;

    /// <summary>
    /// The first round in which the best answers of all earlier rounds are mixed in (Llama 2: after V3, because earlier versions forgot
    /// what they could; small models gain from it at once).
    /// </summary>
    public int MixFromRound { get; set; } = 2;

    /// <summary>Dialogues of supervised fine-tuning mixed in, spread evenly over all kinds of them.</summary>
    public int FineTuningDialogues { get; set; } = 800;

    /// <summary>Passes over the dialogues.</summary>
    public int Epochs { get; set; } = 2;

    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; set; } = 5e-4;

    /// <summary>Packed rows of one optimiser step.</summary>
    public int BatchSize { get; set; } = 8;
}
