using System.CommandLine;
using Cria.Alignment;

namespace Cria.Cli.Commands;

/// <summary><c>cria preferences export</c>: a store's comparisons as a file.</summary>
internal static class PreferencesExportCommand
{
    private static readonly Dictionary<string, PreferenceForm> Forms = new(StringComparer.Ordinal)
    {
        ["cria"] = PreferenceForm.Cria,
        ["hh-rlhf"] = PreferenceForm.HhRlhf,
        ["trl"] = PreferenceForm.TrlMessages,
        ["trl-text"] = PreferenceForm.TrlText,
        ["trl-implicit"] = PreferenceForm.TrlImplicit,
    };

    public static Command Create()
    {
        Command command = new("export", "Write comparisons of a store as JSON lines.");
        Option<string> store = PreferencesCommand.Store();
        Option<string> output =
            new("--output") { Description = "The file to write; compressed where its name ends in .gz.", Required = true };
        Option<string> form = new("--form")
        {
            Description = "cria keeps everything; hh-rlhf, trl, trl-text and trl-implicit are the forms of others.",
            DefaultValueFactory = _ => "cria",
        };
        form.AcceptOnlyFromAmong([.. Forms.Keys]);
        Option<string?> kind = PreferencesCommand.Kind("Only comparisons of this kind.");
        Option<int?> batch = PreferencesCommand.Batch("Only comparisons of this batch.");
        Option<string> part = new("--part")
        {
            Description = "all; or training or held-out, which leave out comparisons that prefer an unsafe answer to a safe one.",
            DefaultValueFactory = _ => "all",
        };
        part.AcceptOnlyFromAmong("all", "training", "held-out");
        command.Options.Add(store);
        command.Options.Add(output);
        command.Options.Add(form);
        command.Options.Add(kind);
        command.Options.Add(batch);
        command.Options.Add(part);
        command.SetAction(async (parsed, cancellation) =>
        {
            PreferenceStore opened = await PreferenceStore.OpenAsync(parsed.GetRequiredValue(store), cancellation);
            IReadOnlyList<Comparison> found = await opened.ReadAsync(
                PreferencesCommand.ToKind(parsed.GetValue(kind)), parsed.GetValue(batch), cancellation: cancellation);
            TrainingPreferences sorted = TrainingPreferences.From(found);
            string wanted = parsed.GetRequiredValue(part);
            IReadOnlyList<Comparison> written = wanted switch
            {
                "training" => sorted.Training,
                "held-out" => sorted.HeldOut,
                _ => found,
            };
            PreferenceFiles.Write(parsed.GetRequiredValue(output), written, Forms[parsed.GetRequiredValue(form)]);
            string excluded = wanted == "all" || sorted.UnsafeChosen == 0
                ? ""
                : $"; {sorted.UnsafeChosen:N0} prefer an unsafe answer to a safe one and are left out";
            Console.WriteLine($"{written.Count:N0} of {found.Count:N0} comparisons written{excluded}.");
        });
        return command;
    }
}
