namespace Cria.Cli.Recipes;

/// <summary>PPO, by default as Llama 2's.</summary>
internal sealed class PpoSection
{
    /// <summary>Iterations at most.</summary>
    public int Iterations { get; set; } = 200;

    /// <summary>Prompts of an iteration, one answer each.</summary>
    public int BatchPrompts { get; set; } = 512;

    /// <summary>Answers of an optimiser step.</summary>
    public int MiniBatchAnswers { get; set; } = 64;

    /// <summary>The most tokens of an answer.</summary>
    public int AnswerTokens { get; set; } = 256;

    /// <summary>The policy's learning rate, constant.</summary>
    public double LearningRate { get; set; } = 1e-6;

    /// <summary>The price of a nat of KL divergence from the start.</summary>
    public double KlCoefficient { get; set; } = 0.01;

    /// <summary>Taken off the reward of an answer that does not come to its end.</summary>
    public double MissingEndPenalty { get; set; }

    /// <summary>Iterations between evaluations on held-out prompts.</summary>
    public int EvaluateEvery { get; set; } = 10;

    /// <summary>Evaluations without progress after which training ends.</summary>
    public int Patience { get; set; } = 3;

    /// <summary>Held-out prompts that early stopping looks at.</summary>
    public int HeldOutPrompts { get; set; } = 128;
}
