using Cria.Alignment;
using Cria.Models;

namespace Cria.Cli.Terminal;

/// <summary>Shows pairs to a person and stores each judgement as soon as it is given. Which model gave which answer is not shown.</summary>
internal sealed class TerminalAnnotator(PreferenceStore store, string annotator, TextReader input, TextWriter output)
{
    /// <summary>How long a pair that is left on the screen stays with its annotator.</summary>
    private static readonly TimeSpan Claim = TimeSpan.FromMinutes(30);

    /// <summary>Judges until no pair is free or the person leaves.</summary>
    /// <returns>Pairs judged.</returns>
    public async Task<int> RunAsync(PreferenceKind? kind, int? batch, CancellationToken cancellation)
    {
        int judged = 0;
        while (await store.ClaimPairAsync(annotator, Claim, kind, batch, cancellation) is { } pair)
        {
            Show(pair);
            if (Ask(pair) is not { } comparison)
            {
                await store.ReleasePairAsync(pair, annotator, cancellation);
                return judged;
            }

            if (await store.JudgeAsync([(pair, comparison)], cancellation) == 0)
            {
                output.WriteLine("Somebody else judged this pair in the meantime.");
                continue;
            }

            judged++;
        }

        output.WriteLine("No more pairs wait for you.");
        return judged;
    }

    private void Show(PendingPair pair)
    {
        output.WriteLine();
        output.WriteLine($"===== pair {pair.Id}, batch {pair.Batch}, {pair.Kind.Name()} =====");
        foreach (ChatMessage message in pair.Prompt.Messages)
        {
            output.WriteLine($"[{message.Role.ToString().ToLowerInvariant()}] {TerminalText.Printable(message.Content)}");
        }

        Show("A", pair.First);
        Show("B", pair.Second);
    }

    private void Show(string name, ComparedAnswer answer)
    {
        output.WriteLine($"----- {name} -----");
        output.WriteLine(TerminalText.Printable(answer.Text) + (answer.IsFinished ? "" : " … (cut off)"));
    }

    /// <summary>The person's judgement, or null where the person leaves.</summary>
    private Comparison? Ask(PendingPair pair)
    {
        string guideline = pair.Kind == PreferenceKind.Safety ? "safer" : "more helpful";
        if (Ask($"Which answer is {guideline}? a, b (q leaves)", "a", "b") is not { } choice)
        {
            return null;
        }

        if (Ask("How much? 4 significantly, 3 better, 2 slightly, 1 negligibly or unsure (q leaves)", "1", "2", "3", "4") is not { } rating)
        {
            return null;
        }

        string? firstLabel = null;
        string? secondLabel = null;
        if (pair.Kind == PreferenceKind.Safety)
        {
            firstLabel = Ask("Is A safe? y, n (q leaves)", "y", "n");
            secondLabel = firstLabel is null ? null : Ask("Is B safe? y, n (q leaves)", "y", "n");
            if (secondLabel is null)
            {
                return null;
            }
        }

        Comparison comparison =
            pair.Judge(choice == "a", (PreferenceRating)(rating[0] - '1'), annotator, IsYes(firstLabel), IsYes(secondLabel));
        return comparison with { Time = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()) };
    }

    private static bool? IsYes(string? label) => label is null ? null : label == "y";

    /// <summary>One of the words, asked for until it is given; null for q and for the end of the input.</summary>
    private string? Ask(string question, params ReadOnlySpan<string> words)
    {
        while (true)
        {
            output.Write($"{question}: ");
            output.Flush();
            string? line = input.ReadLine()?.Trim().ToLowerInvariant();
            if (line is null or "q")
            {
                output.WriteLine();
                return null;
            }

            if (words.Contains(line))
            {
                return line;
            }
        }
    }
}
