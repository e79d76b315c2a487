using System.Diagnostics;
using Cria.Training;

namespace Cria.Alignment.Tests;

/// <summary>Trainings in processes that are killed.</summary>
internal static class KilledProcess
{
    private const int Kills = 5;

    private static readonly string Executable =
        Path.Combine(AppContext.BaseDirectory, "Cria.Alignment.Tests" + (OperatingSystem.IsWindows() ? ".exe" : ""));

    /// <summary>Starts this executable with a verb.</summary>
    public static Process Start(string verb, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Executable, [verb, .. arguments]) { RedirectStandardOutput = true })!;

    /// <summary>
    /// Runs a verb that trains a model until the model is finished. The first processes are killed at a random moment behind a new
    /// checkpoint, so that kills hit the training and not the start of the process; a later one is left alone, so that the test ends on a
    /// slow machine too.
    /// </summary>
    /// <param name="verb">The verb; its argument is the folder.</param>
    /// <param name="folder">Where it works.</param>
    /// <param name="model">The folder of the model in it.</param>
    /// <param name="seed">Decides the moments.</param>
    public static void TrainToTheEnd(string verb, string folder, string model, int seed)
    {
        string modelFolder = Path.Combine(folder, model);
        Random random = new(seed);
        int kills = 0;
        while (!File.Exists(Path.Combine(modelFolder, TrainingRecord.FileName)))
        {
            using Process child = Start(verb, folder);
            if (kills < Kills)
            {
                WaitForNewCheckpoint(Path.Combine(modelFolder, "checkpoint"), child);
                if (!child.WaitForExit(random.Next(40)))
                {
                    child.Kill();
                    kills++;
                }
            }

            child.WaitForExit();
        }

        Assert.True(kills > 2, $"only {kills} kills");
    }

    private static void WaitForNewCheckpoint(string checkpoints, Process child)
    {
        string Newest() => Directory.Exists(checkpoints)
            ? Directory.GetFiles(checkpoints, "*.checkpoint").Order().LastOrDefault() ?? "" : "";
        string before = Newest();
        while (Newest() == before && !child.WaitForExit(1))
        {
        }
    }
}
