using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Cria.Alignment;
using Cria.Cli.Terminal;
using Cria.Models;
using Spectre.Console;

namespace Cria.Cli.Commands;

/// <summary><c>cria preferences stats</c>: the columns of the paper's tables of preference data.</summary>
internal static class PreferencesStatsCommand
{
    public static Command Create()
    {
        Command command =
            new("stats", "Comparisons, turns, lengths, ratings and safety labels of each batch, and what waits for judgement.");
        Option<string> store = PreferencesCommand.Store();
        Option<string?> tokenizer = CommonOptions.Tokenizer();
        tokenizer.Description = "Count tokens of this tokenizer (a file, or a model's folder) instead of words.";
        Option<bool> json = CommonOptions.Json("the figures");
        command.Options.Add(store);
        command.Options.Add(tokenizer);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            Func<string, int>? count = parsed.GetValue(tokenizer) is { } path ? Counter(path) : null;
            PreferenceStore opened = await PreferenceStore.OpenAsync(parsed.GetRequiredValue(store), cancellation);
            IReadOnlyList<PreferenceStatistics> rows =
                PreferenceStatistics.Measure(await opened.ReadAsync(cancellation: cancellation), count);
            IReadOnlyList<PreferenceBatch> batches = await opened.BatchesAsync(cancellation);
            int waiting = await opened.CountPairsAsync(cancellation: cancellation);
            string unit = count is null ? "words" : "tokens";
            if (parsed.GetValue(json))
            {
                Console.WriteLine(ToJson(rows, batches, waiting, unit));
            }
            else
            {
                Print(rows, batches, waiting, unit);
            }
        });
        return command;
    }

    private static Func<string, int> Counter(string path)
    {
        Tokenizer tokenizer = ModelLoader.LoadTokenizer(path);
        return text => tokenizer.Encode(text).Length;
    }

    private static void Print(IReadOnlyList<PreferenceStatistics> rows, IReadOnlyList<PreferenceBatch> batches, int waiting, string unit)
    {
        Print(["comparisons", "held out", "prompts", "turns", $"{unit}/example", "prompt", "answer", "simulated"], rows, row =>
        [
            Count(row.Comparisons), Count(row.HeldOut), Count(row.Prompts), Mean(row.Turns),
            Mean(row.TokensPerExample), Mean(row.TokensPerPrompt), Mean(row.TokensPerAnswer), Count(row.Simulated),
        ]);
        string[] labels =
            ["signif.", "better", "slightly", "neglig.", "safe>unsafe", "both safe", "both unsafe", "excluded", "first chosen"];
        Print(labels, rows, row =>
        [
            .. row.RatingShares.Reverse().Select(share => Share(share, row.Comparisons > 0)),
            .. new[] { row.SafeOverUnsafe, row.BothSafe, row.BothUnsafe }.Select(share => Share(share, row.SafetyLabelled > 0)),
            Count(row.UnsafeOverSafe), Share(row.FirstChosen, row.Placed > 0),
        ]);
        foreach (PreferenceBatch batch in batches)
        {
            string heldOut = batch.HeldOutEvery > 0 ? $"1 prompt in {batch.HeldOutEvery}" : "nothing";
            AnsiConsole.WriteLine($"Batch {batch.Number}: {string.Join(" and ", batch.Models)}, {heldOut} held out.");
        }

        AnsiConsole.WriteLine($"{waiting:N0} pairs wait for judgement.");
    }

    private static void Print(string[] heads, IEnumerable<PreferenceStatistics> rows, Func<PreferenceStatistics, string[]> cells)
    {
        Table table = new() { Border = TableBorder.Simple };
        string[] all = ["batch", "kind", .. heads];
        for (int i = 0; i < all.Length; i++)
        {
            table.AddColumn(new TableColumn(all[i]) { Alignment = i < 2 ? Justify.Left : Justify.Right, NoWrap = true });
        }

        foreach (PreferenceStatistics row in rows)
        {
            table.AddRow([row.Batch?.ToString(CultureInfo.InvariantCulture) ?? "all", row.Kind?.Name() ?? "", .. cells(row)]);
        }

        AnsiConsole.Write(table);
    }

    private static string Share(double share, bool isThere) => isThere ? share.ToString("P0", CultureInfo.InvariantCulture) : "-";

    private static string Mean(double mean) => mean.ToString("F1", CultureInfo.InvariantCulture);

    private static string Count(int count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string ToJson(
        IReadOnlyList<PreferenceStatistics> rows, IReadOnlyList<PreferenceBatch> batches, int waiting, string unit) =>
        JsonOutput.IndentedObject(writer =>
        {
            writer.WriteString("unit", unit);
            writer.WriteNumber("waiting_pairs", waiting);
            writer.WriteStartArray("batches");
            foreach (PreferenceBatch batch in batches)
            {
                writer.WriteStartObject();
                writer.WriteNumber("batch", batch.Number);
                writer.WriteNumber("held_out_every", batch.HeldOutEvery);
                writer.WriteStartArray("models");
                foreach (string model in batch.Models)
                {
                    writer.WriteStringValue(model);
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartArray("statistics");
            foreach (PreferenceStatistics row in rows)
            {
                writer.WriteStartObject();
                Write(writer, row);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });

    private static void Write(Utf8JsonWriter writer, PreferenceStatistics row)
    {
        if (row.Batch is { } batch)
        {
            writer.WriteNumber("batch", batch);
        }

        if (row.Kind is { } kind)
        {
            writer.WriteString("kind", kind.Name());
        }

        writer.WriteNumber("comparisons", row.Comparisons);
        writer.WriteNumber("held_out", row.HeldOut);
        writer.WriteNumber("prompts", row.Prompts);
        writer.WriteNumber("turns", row.Turns);
        writer.WriteNumber("per_example", row.TokensPerExample);
        writer.WriteNumber("per_prompt", row.TokensPerPrompt);
        writer.WriteNumber("per_answer", row.TokensPerAnswer);
        writer.WriteStartObject("ratings");
        foreach ((string name, double share) in PreferenceNames.Ratings.Zip(row.RatingShares))
        {
            writer.WriteNumber(name, share);
        }

        writer.WriteEndObject();
        writer.WriteNumber("safety_labelled", row.SafetyLabelled);
        writer.WriteNumber("safe_over_unsafe", row.SafeOverUnsafe);
        writer.WriteNumber("both_safe", row.BothSafe);
        writer.WriteNumber("both_unsafe", row.BothUnsafe);
        writer.WriteNumber("excluded_unsafe_over_safe", row.UnsafeOverSafe);
        writer.WriteNumber("placed", row.Placed);
        writer.WriteNumber("first_chosen", row.FirstChosen);
        writer.WriteNumber("simulated", row.Simulated);
    }
}
