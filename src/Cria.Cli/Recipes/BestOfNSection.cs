namespace Cria.Cli.Recipes;

/// <summary>Best-of-N sampling: one reward model chooses among N answers of a model, another one judges the choice.</summary>
internal sealed class BestOfNSection
{
    /// <summary>The model that answers.</summary>
    public string Model { get; set; } = "";

    /// <summary>The reward model that chooses.</summary>
    public string Selector { get; set; } = "";

    /// <summary>The reward model that judges: trained on other comparisons; empty for the run's own helpfulness reward model.</summary>
    public string Judge { get; set; } = "";

    /// <summary>Files of comparisons whose prompts are asked.</summary>
    public List<string> Prompts { get; set; } = [];

    /// <summary>How many different prompts.</summary>
    public int PromptCount { get; set; } = 50;

    /// <summary>The values of N.</summary>
    public List<int> Counts { get; set; } = [1, 2, 4, 8];

    /// <summary>Temperature of the answers.</summary>
    public double Temperature { get; set; } = 1;

    /// <summary>The most tokens of an answer.</summary>
    public int MaximumTokens { get; set; } = 128;
}
