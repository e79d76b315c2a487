namespace Cria.Cli.Recipes;

/// <summary>
/// The same helpfulness reward model with each margin of the ranking loss (Touvron et al. 2023, table 28), on the comparisons of all
/// rounds; otherwise as the section <c>reward-helpfulness</c> says.
/// </summary>
internal sealed class MarginAblationSection
{
    /// <summary>Comparisons to train on at most, spread evenly over the rounds; 0 leaves the ablation out.</summary>
    public int Pairs { get; set; } = 1200;
}
