using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// What a set of comparisons is like, by the columns of the paper's tables (Touvron et al. 2023, tables 6 and 26, §3.2.1 for the safety
/// labels). The means are 0 where there is nothing to average.
/// </summary>
public sealed record PreferenceStatistics
{
    /// <summary>The batch, or null for all.</summary>
    public int? Batch { get; init; }

    /// <summary>The kind, or null for all.</summary>
    public PreferenceKind? Kind { get; init; }

    /// <summary>Comparisons, held out ones included.</summary>
    public required int Comparisons { get; init; }

    /// <summary>Comparisons held out.</summary>
    public required int HeldOut { get; init; }

    /// <summary>Different prompts.</summary>
    public required int Prompts { get; init; }

    /// <summary>Mean number of turns of a dialogue: a question and its answer are one.</summary>
    public required double Turns { get; init; }

    /// <summary>Mean tokens of a whole dialogue with the chosen answer.</summary>
    public required double TokensPerExample { get; init; }

    /// <summary>Mean tokens of a message of the user.</summary>
    public required double TokensPerPrompt { get; init; }

    /// <summary>Mean tokens of an answer: both compared ones and those of earlier turns.</summary>
    public required double TokensPerAnswer { get; init; }

    /// <summary>Share of each rating, by its number; they add up to 1.</summary>
    public required IReadOnlyList<double> RatingShares { get; init; }

    /// <summary>Comparisons with a safety label for both answers: the whole of the three shares and of the excluded ones.</summary>
    public required int SafetyLabelled { get; init; }

    /// <summary>Of the labelled ones, the share whose chosen answer is safe and whose rejected one is not (the paper: 18%).</summary>
    public required double SafeOverUnsafe { get; init; }

    /// <summary>Of the labelled ones, the share with two safe answers (the paper: 47%).</summary>
    public required double BothSafe { get; init; }

    /// <summary>Of the labelled ones, the share with two unsafe answers (the paper: 35%).</summary>
    public required double BothUnsafe { get; init; }

    /// <summary>Comparisons that prefer an unsafe answer to a safe one: excluded from training.</summary>
    public required int UnsafeOverSafe { get; init; }

    /// <summary>Comparisons that say which answer was shown first.</summary>
    public required int Placed { get; init; }

    /// <summary>Of the placed ones, the share whose first answer was chosen; far from 0.5 is a bias.</summary>
    public required double FirstChosen { get; init; }

    /// <summary>Comparisons whose annotator is a simulated one.</summary>
    public required int Simulated { get; init; }

    /// <summary>Measures each batch and kind that occurs, in that order, and all together last.</summary>
    /// <param name="comparisons">The comparisons.</param>
    /// <param name="countTokens">Counts the tokens of a text; null counts words.</param>
    public static IReadOnlyList<PreferenceStatistics> Measure(IEnumerable<Comparison> comparisons, Func<string, int>? countTokens = null)
    {
        Comparison[] all = [.. comparisons];
        Func<string, int> count = countTokens ?? CountWords;
        IEnumerable<PreferenceStatistics> groups = all
            .GroupBy(comparison => (comparison.Batch, comparison.Kind))
            .OrderBy(group => group.Key)
            .Select(group => Of([.. group], count) with { Batch = group.Key.Batch, Kind = group.Key.Kind });
        return [.. groups, Of(all, count)];
    }

    private static PreferenceStatistics Of(Comparison[] comparisons, Func<string, int> count)
    {
        double users = 0;
        double userTokens = 0;
        double answers = 0;
        double answerTokens = 0;
        double exampleTokens = 0;
        foreach (Comparison comparison in comparisons)
        {
            int chosen = count(comparison.Chosen.Text);
            answers += 2;
            answerTokens += chosen + count(comparison.Rejected.Text);
            exampleTokens += chosen;
            foreach (ChatMessage message in comparison.Prompt)
            {
                int tokens = count(message.Content);
                exampleTokens += tokens;
                users += message.Role == ChatRole.User ? 1 : 0;
                userTokens += message.Role == ChatRole.User ? tokens : 0;
                answers += message.Role == ChatRole.Assistant ? 1 : 0;
                answerTokens += message.Role == ChatRole.Assistant ? tokens : 0;
            }
        }

        Comparison[] labelled = [.. comparisons.Where(c => c.Chosen.IsSafe is not null && c.Rejected.IsSafe is not null)];
        Comparison[] placed = [.. comparisons.Where(c => c.ChosenWasFirst is not null)];
        return new PreferenceStatistics
        {
            Comparisons = comparisons.Length,
            HeldOut = comparisons.Count(c => c.IsHeldOut),
            Prompts = comparisons.Select(c => HoldOut.Key(c.Prompt)).Distinct().Count(),
            Turns = Share(users, comparisons.Length),
            TokensPerExample = Share(exampleTokens, comparisons.Length),
            TokensPerPrompt = Share(userTokens, users),
            TokensPerAnswer = Share(answerTokens, answers),
            RatingShares =
            [
                .. Enum.GetValues<PreferenceRating>()
                    .Select(rating => Share(comparisons.Count(c => c.Rating == rating), comparisons.Length)),
            ],
            SafetyLabelled = labelled.Length,
            SafeOverUnsafe = Share(labelled.Count(c => c.Chosen.IsSafe == true && c.Rejected.IsSafe == false), labelled.Length),
            BothSafe = Share(labelled.Count(c => c.Chosen.IsSafe == true && c.Rejected.IsSafe == true), labelled.Length),
            BothUnsafe = Share(labelled.Count(c => c.Chosen.IsSafe == false && c.Rejected.IsSafe == false), labelled.Length),
            UnsafeOverSafe = labelled.Count(TrainingPreferences.PrefersUnsafe),
            Placed = placed.Length,
            FirstChosen = Share(placed.Count(c => c.ChosenWasFirst == true), placed.Length),
            Simulated = comparisons.Count(c => c.Annotator.StartsWith("simulated", StringComparison.OrdinalIgnoreCase)),
        };
    }

    private static double Share(double part, double whole) => whole > 0 ? part / whole : 0;

    private static int CountWords(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
}
