namespace Cria.Cli.Recipes;

/// <summary>How answers are compared, round by round.</summary>
internal sealed class PreferencesSection
{
    /// <summary>
    /// Where comparisons are kept: a SQLite file, or a PostgreSQL connection string; empty for <c>preferences/preferences.db</c> of the
    /// run.
    /// </summary>
    public string Store { get; set; } = "";

    /// <summary>Pairs of answers to each prompt.</summary>
    public int PairsPerPrompt { get; set; } = 1;

    /// <summary>
    /// The share of safety prompts, 0 to 1, whose second answer is drawn behind a safety preprompt: more of their pairs then differ in
    /// whether they decline.
    /// </summary>
    public double PrepromptedShare { get; set; }

    /// <summary>Temperatures that answers are drawn at.</summary>
    public List<double> Temperatures { get; set; } = [0.7, 1.0, 1.2];

    /// <summary>The most tokens of an answer.</summary>
    public int MaximumTokens { get; set; } = 80;

    /// <summary>One prompt in so many is held out of training, with all its comparisons.</summary>
    public int HeldOutEvery { get; set; } = 8;

    /// <summary>Standard deviation of the error that the simulated annotator makes on each answer's score.</summary>
    public double Noise { get; set; } = 0.05;
}
