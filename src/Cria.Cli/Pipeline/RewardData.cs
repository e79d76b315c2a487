using Cria.Alignment;
using Cria.Cli.Recipes;

namespace Cria.Cli.Pipeline;

/// <summary>The comparisons that a section of reward training names.</summary>
/// <param name="Training">To train on, mixed as the paper does where there is a rest.</param>
/// <param name="HeldOut">To measure on.</param>
/// <param name="Notes">What was left out, one sentence each.</param>
internal sealed record RewardData(IReadOnlyList<Comparison> Training, IReadOnlyList<Comparison> HeldOut, IReadOnlyList<string> Notes)
{
    /// <summary>Reads the files of a section.</summary>
    /// <param name="section">The section.</param>
    /// <param name="kind">Which reward model it trains.</param>
    /// <param name="seed">Decides what is drawn of the rest.</param>
    /// <exception cref="AlignmentDataException">
    /// A file is missing or a line is no comparison, or nothing is left; the message says where.
    /// </exception>
    public static RewardData Read(RewardSection section, PreferenceKind kind, ulong seed)
    {
        List<string> notes = [];
        PreferenceReadOptions options = new() { SkipBad = section.SkipBad, MissingKind = kind };
        Comparison[] heldOut = Take(Read(section.HeldOut, options, notes), section.HeldOutSkip, section.HeldOutPairs);
        HashSet<string> asked = [.. heldOut.Select(PromptOf)];
        Comparison[] candidates = [.. Read(section.Data, options, notes).Skip(section.Skip)];
        Comparison[] unseen = [.. candidates.Where(comparison => !asked.Contains(PromptOf(comparison)))];
        if (unseen.Length < candidates.Length)
        {
            notes.Add($"{candidates.Length - unseen.Length} training comparisons were left out: their prompts are held out.");
        }

        IReadOnlyList<Comparison> rated = TrainingPreferences.RatedAtLeast(unseen, section.Minimum);
        if (rated.Count < unseen.Length)
        {
            notes.Add(
                $"{unseen.Length - rated.Count} training comparisons were left out: their rating is below '{section.MinimumRating}'.");
        }

        IReadOnlyList<Comparison> training = Take([.. rated], 0, section.Pairs);
        if (section.Rest.Count > 0)
        {
            PreferenceKind other = kind == PreferenceKind.Safety ? PreferenceKind.Helpfulness : PreferenceKind.Safety;
            List<Comparison> all = Read(section.Rest, options with { MissingKind = other }, notes);
            Comparison[] rest = [.. all.Where(comparison => !asked.Contains(PromptOf(comparison)))];
            training = ComparisonMix.Of(training, rest, section.RestShareFor(kind), seed);
        }

        return new RewardData(training, heldOut, [.. notes.Distinct()]); // A file may be read for both.
    }

    /// <summary>The comparisons of some files, one file after another.</summary>
    public static List<Comparison> Read(IReadOnlyList<string> paths, PreferenceReadOptions options, List<string> notes)
    {
        List<Comparison> all = [];
        foreach (string path in paths)
        {
            PreferenceReadResult result = PreferenceFiles.Read(path, options);
            all.AddRange(result.Comparisons);
            if (result.Skipped.Count > 0)
            {
                notes.Add($"{path}: {result.Skipped.Count} lines were left out; the first: {result.Skipped[0]}");
            }
        }

        return all;
    }

    /// <summary>The text that tells prompts apart.</summary>
    public static string PromptOf(Comparison comparison) =>
        string.Join('\u001f', comparison.Prompt.Select(message => $"{message.Role} {message.Content}"));

    private static Comparison[] Take(IReadOnlyList<Comparison> comparisons, int skip, int count) =>
        [.. comparisons.Skip(skip).Take(count > 0 ? count : int.MaxValue)];
}
