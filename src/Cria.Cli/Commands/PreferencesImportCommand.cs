using System.CommandLine;
using Cria.Alignment;

namespace Cria.Cli.Commands;

/// <summary><c>cria preferences import</c>: files of comparisons into a store.</summary>
internal static class PreferencesImportCommand
{
    private const int ShownMessages = 5;

    public static Command Create()
    {
        Command command =
            new("import", "Read comparisons (Cria's JSONL, hh-rlhf transcripts, TRL's forms; .gz too) into a store, all of them or none.");
        Argument<string[]> files = new("FILE") { Description = "Files of JSON lines.", Arity = ArgumentArity.OneOrMore };
        Option<string> store = PreferencesCommand.Store();
        Option<string?> kind = PreferencesCommand.Kind("The kind of lines that name none; default helpfulness.");
        Option<int?> batch = PreferencesCommand.Batch("The batch of lines that name none; default 0.");
        Option<string?> rating = new("--rating") { Description = "The rating of lines that have none; default better." };
        rating.AcceptOnlyFromAmong([.. PreferenceNames.Ratings]);
        Option<int> holdOut = PreferencesCommand.HoldOutEvery();
        Option<bool> skip = new("--skip-bad") { Description = "Count and report lines that cannot be used instead of stopping." };
        command.Arguments.Add(files);
        command.Options.Add(store);
        command.Options.Add(kind);
        command.Options.Add(batch);
        command.Options.Add(rating);
        command.Options.Add(holdOut);
        command.Options.Add(skip);
        command.SetAction(async (parsed, cancellation) =>
        {
            PreferenceReadOptions options = new()
            {
                SkipBad = parsed.GetValue(skip),
                MissingKind = PreferencesCommand.ToKind(parsed.GetValue(kind)) ?? PreferenceKind.Helpfulness,
                MissingBatch = parsed.GetValue(batch) ?? 0,
                MissingRating = PreferenceNames.Rating(parsed.GetValue(rating) ?? "") ?? PreferenceRating.Better,
            };
            List<Comparison> comparisons = [];
            foreach (string file in parsed.GetRequiredValue(files))
            {
                PreferenceReadResult result = PreferenceFiles.Read(file, options);
                Report(file, result, options);
                comparisons.AddRange(HoldOut.Mark(result.Comparisons, parsed.GetValue(holdOut)));
            }

            PreferenceStore opened = await PreferenceStore.OpenAsync(parsed.GetRequiredValue(store), cancellation);
            StoreAddition addition = await opened.AddAsync(comparisons, cancellation);
            Console.WriteLine(
                $"{addition.Added:N0} comparisons added ({comparisons.Count(c => c.IsHeldOut):N0} of those read are held out), "
                + $"{addition.Repeated:N0} were there already.");
        });
        return command;
    }

    private static void Report(string file, PreferenceReadResult result, PreferenceReadOptions options)
    {
        Console.WriteLine($"{file}: {result.Comparisons.Count:N0} comparisons.");
        if (result.WithoutRating > 0)
        {
            Console.WriteLine($"  {result.WithoutRating:N0} have no rating and count as '{options.MissingRating.Name()}'.");
        }

        if (result.Skipped.Count > 0)
        {
            Console.WriteLine($"  {result.Skipped.Count:N0} lines cannot be used and are skipped:");
            foreach (string message in result.Skipped.Take(ShownMessages))
            {
                Console.WriteLine($"    {Terminal.TerminalText.Printable(message)}");
            }

            if (result.Skipped.Count > ShownMessages)
            {
                Console.WriteLine($"    and {result.Skipped.Count - ShownMessages:N0} more");
            }
        }
    }
}
