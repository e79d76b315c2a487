using System.CommandLine;
using Cria.Alignment;

namespace Cria.Cli.Commands;

/// <summary><c>cria preferences import|export|sample|annotate|stats</c>, and the options that these share.</summary>
internal static class PreferencesCommand
{
    public static Command Create()
    {
        Command command = new("preferences", "Comparisons of answers: bring them in and out, sample pairs, judge them, see what there is.");
        command.Subcommands.Add(PreferencesImportCommand.Create());
        command.Subcommands.Add(PreferencesExportCommand.Create());
        command.Subcommands.Add(PreferencesSampleCommand.Create());
        command.Subcommands.Add(PreferencesAnnotateCommand.Create());
        command.Subcommands.Add(PreferencesStatsCommand.Create());
        return command;
    }

    public static Option<string> Store() => new("--store")
    {
        Description = "The preference store: a SQLite file, made where there is none, "
            + "or a PostgreSQL connection string \"Host=…;Database=…;Username=…\".",
        Required = true,
    };

    public static Option<string?> Kind(string description)
    {
        Option<string?> kind = new("--kind") { Description = description };
        kind.AcceptOnlyFromAmong([.. PreferenceNames.Kinds]);
        return kind;
    }

    public static PreferenceKind? ToKind(string? name) => name is null ? null : PreferenceNames.Kind(name);

    public static Option<int?> Batch(string description) => NumberOption.OptionalWhole("--batch", description, minimum: 0);

    public static Option<int> HoldOutEvery() => NumberOption.Whole(
        "--hold-out-every", "Hold 1 prompt in this many out of training, by the hash of the prompt; 0 holds none out.",
        minimum: 0, defaultValue: 0);
}
