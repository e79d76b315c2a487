using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Cria.Alignment;
using Cria.Cli.Terminal;

namespace Cria.Cli.Pipeline;

/// <summary>Runs the stages of a run directory in order. A stage whose inputs and settings did not change is not run again.</summary>
internal sealed class StageRunner(RunDirectory run, TextWriter output)
{
    /// <summary>One value for everything that decides a stage's result.</summary>
    public static string Fingerprint(params ReadOnlySpan<object> parts)
    {
        StringBuilder text = new();
        foreach (object part in parts)
        {
            text.Append(part).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }

    /// <summary>Runs <paramref name="work"/> unless the stage is finished with the same fingerprint.</summary>
    /// <param name="stage">Its name, for the user and <c>stages.json</c>.</param>
    /// <param name="fingerprint">See <see cref="Fingerprint"/>.</param>
    /// <param name="results">
    /// The files and folders it makes: missing ones make it run again; those of other settings, finished or not, are moved aside, never
    /// deleted.
    /// </param>
    /// <param name="work">Does the work and returns a line that says what came of it.</param>
    public void Run(string stage, string fingerprint, IReadOnlyList<string> results, Func<string> work)
    {
        StageRecord? known = run.Find(stage);
        bool present = results.All(path => File.Exists(path) || Directory.Exists(path));
        if (known is { Finished: true } && known.Fingerprint == fingerprint && present)
        {
            output.WriteLine($"{stage,-10} up to date");
            return;
        }

        if (known is not null && known.Fingerprint != fingerprint)
        {
            MoveAside(stage, results);
        }

        run.BeginStage(stage, fingerprint);

        output.WriteLine($"{stage,-10} …");
        Stopwatch clock = Stopwatch.StartNew();
        string summary;
        try
        {
            summary = work();
        }
        catch (Exception e) when (e.GetType() == typeof(IOException) || e is ArgumentOutOfRangeException { ParamName: "value" })
        {
            // The system's own message may not name a file: a full disk, a lost drive. The second form is what the library makes of a file
            // that outgrows a limit of the system (EFBIG).
            throw new CliException($"The {stage} stage in {run.Root} stopped: {e.Message} The same command goes on where it was.", e);
        }
        catch (AlignmentDataException e)
        {
            throw new CliException($"The {stage} stage in {run.Root}: {e.Message}", e);
        }

        run.FinishStage(stage, fingerprint, clock.Elapsed.TotalSeconds);
        output.WriteLine($"{stage,-10} {summary} ({ProgressLine.Duration(clock.Elapsed.TotalSeconds)})");
    }

    private void MoveAside(string stage, IReadOnlyList<string> results)
    {
        foreach (string path in results)
        {
            int number = 1;
            string target;
            do
            {
                target = $"{path}.previous-{number++}";
            }
            while (File.Exists(target) || Directory.Exists(target));

            if (Directory.Exists(path))
            {
                Directory.Move(path, target);
            }
            else if (File.Exists(path))
            {
                File.Move(path, target);
            }
            else
            {
                continue;
            }

            output.WriteLine($"{stage,-10} has other inputs or settings than before: {path} is now {target}");
        }
    }
}
