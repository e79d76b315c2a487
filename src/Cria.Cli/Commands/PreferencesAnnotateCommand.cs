using System.CommandLine;
using Cria.Alignment;
using Cria.Cli.Terminal;

namespace Cria.Cli.Commands;

/// <summary><c>cria preferences annotate</c>: a person judges pairs in the terminal, or a rule does in a person's place.</summary>
internal static class PreferencesAnnotateCommand
{
    public static Command Create()
    {
        Command command = new(
            "annotate",
            "Judge waiting pairs: which answer is better, how much, and for safety whether each is safe. "
            + "Leave at any time; the same command goes on.");
        Option<string> store = PreferencesCommand.Store();
        Option<string?> annotator = new("--annotator") { Description = "Who judges; default the name of the user." };
        Option<string?> kind = PreferencesCommand.Kind("Only pairs of this kind.");
        Option<int?> batch = PreferencesCommand.Batch("Only pairs of this batch.");
        Option<bool> simulated = new("--simulated")
        {
            Description = "Let the rules of the default recipe judge in a person's place; every comparison says so in its annotator.",
        };
        Option<float?> noise = NumberOption.Real(
            "--noise", "Standard deviation of the simulated annotator's error; default 0.", value => value >= 0, "a number from 0");
        Option<ulong> seed = CommonOptions.Seed();
        command.Options.Add(store);
        command.Options.Add(annotator);
        command.Options.Add(kind);
        command.Options.Add(batch);
        command.Options.Add(simulated);
        command.Options.Add(noise);
        command.Options.Add(seed);
        command.SetAction(async (parsed, cancellation) =>
        {
            PreferenceStore opened = await PreferenceStore.OpenAsync(parsed.GetRequiredValue(store), cancellation);
            PreferenceKind? only = PreferencesCommand.ToKind(parsed.GetValue(kind));
            if (parsed.GetValue(simulated))
            {
                await SimulateAsync(opened, only, parsed.GetValue(batch), parsed.GetValue(noise) ?? 0, parsed.GetValue(seed), cancellation);
                return;
            }

            string name = parsed.GetValue(annotator) ?? Environment.UserName;
            if (name.StartsWith(SimulatedAnnotator.NamePrefix, StringComparison.OrdinalIgnoreCase))
            {
                throw new CliException(
                    $"--annotator is the name of a person; one that begins with '{SimulatedAnnotator.NamePrefix}' needs --simulated.");
            }

            TerminalAnnotator terminal = new(opened, name, Console.In, Console.Out);
            int judged = await terminal.RunAsync(only, parsed.GetValue(batch), cancellation);
            Console.WriteLine(
                $"{judged:N0} pairs judged, {await opened.CountPairsAsync(only, parsed.GetValue(batch), cancellation):N0} wait.");
        });
        return command;
    }

    private static async Task SimulateAsync(
        PreferenceStore store, PreferenceKind? kind, int? batch, double noise, ulong seed, CancellationToken cancellation)
    {
        List<(PendingPair, Comparison)> judged = [];
        int ties = 0;
        foreach (PendingPair pair in await store.PairsAsync(kind, batch, cancellation))
        {
            IJudge judge = pair.Kind == PreferenceKind.Safety ? new SafetyJudge() : new DocumentationJudge();
            SimulatedAnnotator annotator = new($"{SimulatedAnnotator.NamePrefix} {judge.Name}", judge, noise, seed, pair.Kind);
            if (pair.Judge(annotator) is { } comparison)
            {
                judged.Add((pair, comparison));
            }
            else
            {
                ties++;
            }
        }

        int stored = await store.JudgeAsync(judged, cancellation);
        Console.WriteLine($"{stored:N0} pairs judged by a simulated annotator, {ties:N0} that it could not tell apart still wait.");
    }
}
