namespace Cria.Cli.Recipes;

/// <summary>Supervised fine-tuning, by default as Llama 2's; small models want a higher rate and smaller batches.</summary>
internal sealed class SftSection
{
    /// <summary>The model to start from; empty for the run's own base model.</summary>
    public string Model { get; set; } = "";

    /// <summary>Files of dialogues; empty for the run's own.</summary>
    public List<string> Data { get; set; } = [];

    /// <summary>Dialogues to take at most, drawn by the seed; 0 for all.</summary>
    public int MaximumDialogues { get; set; }

    /// <summary>Files of dialogues to measure on; empty for <see cref="ValidationShare"/> of the others.</summary>
    public List<string> Validation { get; set; } = [];

    /// <summary>Share of the dialogues held out to measure on, where <see cref="Validation"/> names no files.</summary>
    public double ValidationShare { get; set; } = 0.05;

    /// <summary>Passes over the dialogues.</summary>
    public int Epochs { get; set; } = 2;

    /// <summary>Optimiser steps; 0 for as many as <see cref="Epochs"/> take.</summary>
    public int Steps { get; set; }

    /// <summary>Packed rows of one optimiser step.</summary>
    public int BatchSize { get; set; } = 64;

    /// <summary>Tokens of a packed row, and the most that a dialogue may have; 0 for the model's context.</summary>
    public int SequenceLength { get; set; }

    /// <summary>Tokens that go through the network at once; 0 chooses what is fast.</summary>
    public int PassTokens { get; set; }

    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; set; } = 2e-5;

    /// <summary>Rate at the end, as a share of the peak.</summary>
    public double FinalRateShare { get; set; } = 0.1;

    /// <summary>Steps of linear warm-up.</summary>
    public int WarmupSteps { get; set; }

    /// <summary>Weight decay, on matrices only.</summary>
    public double WeightDecay { get; set; } = 0.1;

    /// <summary>Global norm to which gradients are clipped.</summary>
    public double ClipNorm { get; set; } = 1.0;

    /// <summary>Steps between validations.</summary>
    public int ValidationInterval { get; set; } = 100;

    /// <summary>Validation dialogues at most.</summary>
    public int ValidationDialogues { get; set; } = 256;

    /// <summary>Seconds between checkpoints.</summary>
    public double CheckpointSeconds { get; set; } = 20;

    /// <summary>Trains a low-rank adapter instead of the model.</summary>
    public LoraSection Lora { get; set; } = new();
}
