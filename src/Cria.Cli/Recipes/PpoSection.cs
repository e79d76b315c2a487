namespace Cria.Cli.Recipes;

/// <summary>PPO, by default as Llama 2's; small models want a higher rate, a dearer divergence and fewer iterations.</summary>
internal sealed class PpoSection
{
    /// <summary>The chat model to start from; empty for the run's own.</summary>
    public string Model { get; set; } = "";

    /// <summary>The helpfulness reward model; empty for the run's own.</summary>
    public string Helpfulness { get; set; } = "";

    /// <summary>The safety reward model; empty for the run's own, or for none where the run has none.</summary>
    public string Safety { get; set; } = "";

    /// <summary>The safety score decides below this probability, and where a prompt is tagged.</summary>
    public double SafetyThreshold { get; set; } = 0.15;

    /// <summary>Files of prompts; empty for the run's own.</summary>
    public List<string> Prompts { get; set; } = [];

    /// <summary>Files of held-out prompts; empty for none of the prompts' files, or for the run's own.</summary>
    public List<string> HeldOut { get; set; } = [];

    /// <summary>Iterations at most.</summary>
    public int Iterations { get; set; } = 200;

    /// <summary>Prompts of an iteration.</summary>
    public int BatchPrompts { get; set; } = 512;

    /// <summary>Answers to each of them; from two on, rewards are compared with the mean of the prompt's answers.</summary>
    public int AnswersPerPrompt { get; set; } = 1;

    /// <summary>Whether helpfulness and safety are each divided by the spread of the rewards that they decided.</summary>
    public bool ScaleRewards { get; set; }

    /// <summary>Answers of an optimiser step; divides the answers of an iteration.</summary>
    public int MiniBatchAnswers { get; set; } = 64;

    /// <summary>The most tokens of an answer.</summary>
    public int AnswerTokens { get; set; } = 256;

    /// <summary>The policy's learning rate, constant.</summary>
    public double LearningRate { get; set; } = 1e-6;

    /// <summary>The value head's learning rate.</summary>
    public double ValueLearningRate { get; set; } = 1e-3;

    /// <summary>Weight of the value loss, through which it moves the shared trunk.</summary>
    public double ValueLossWeight { get; set; } = 0.1;

    /// <summary>Weight decay, on matrices only.</summary>
    public double WeightDecay { get; set; } = 0.1;

    /// <summary>Global norm to which gradients are clipped.</summary>
    public double ClipNorm { get; set; } = 1.0;

    /// <summary>How far a ratio may move before its gradient ends.</summary>
    public double RatioClip { get; set; } = 0.2;

    /// <summary>λ of advantage estimation.</summary>
    public double Lambda { get; set; } = 0.95;

    /// <summary>The price of a nat of KL divergence from the start.</summary>
    public double KlCoefficient { get; set; } = 0.01;

    /// <summary>Nats an answer that the coefficient is adapted to; 0 keeps it.</summary>
    public double KlTarget { get; set; }

    /// <summary>Nats an answer at which training ends; 0 for no limit.</summary>
    public double MaximumKl { get; set; } = 50;

    /// <summary>Taken off the whitened reward of an answer that does not come to its end.</summary>
    public double MissingEndPenalty { get; set; }

    /// <summary>Iterations between evaluations on held-out prompts.</summary>
    public int EvaluateEvery { get; set; } = 10;

    /// <summary>Evaluations without progress after which training ends; 0 never ends early.</summary>
    public int Patience { get; set; } = 3;

    /// <summary>Held-out prompts that early stopping looks at.</summary>
    public int HeldOutPrompts { get; set; } = 128;

    /// <summary>Iterations between sample answers in samples.jsonl.</summary>
    public int SampleEvery { get; set; } = 10;

    /// <summary>Seconds between checkpoints.</summary>
    public double CheckpointSeconds { get; set; } = 20;
}
