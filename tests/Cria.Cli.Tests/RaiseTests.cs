using System.Diagnostics;
using System.Globalization;

namespace Cria.Cli.Tests;

/// <summary>The whole pipeline: finished, interrupted, changed, and on a full disk.</summary>
public class RaiseTests(TinyRun tiny)
{
    private const int Interrupted = 130;

    private ProgramResult Raise(string output, params string[] more) =>
        CriaProgram.Run(tiny.Folder, ["raise", "--recipe", "tiny.yaml", "--output", output, .. more]);

    [Fact]
    public void A_finished_run_shows_a_sample_and_how_to_go_on()
    {
        Assert.Contains("\nThe cat", tiny.Finished.Output, StringComparison.Ordinal);
        Assert.Contains("Talk to it: cria chat runs/tiny", tiny.Finished.Output, StringComparison.Ordinal);
        Assert.Contains("bits a byte", tiny.Finished.Output, StringComparison.Ordinal);
        foreach (string path in new[]
        {
            "recipe.yaml", "tokenizer.model", "corpus/statistics.json", "base/config.json", "metrics/metrics.jsonl",
        })
        {
            Assert.True(File.Exists(tiny.PathOf(TinyRun.Run, path)), path);
        }
    }

    [Fact]
    public void A_finished_run_is_up_to_date()
    {
        ProgramResult again = CriaProgram.Run(tiny.Folder, "raise", "--recipe", "tiny.yaml");
        Assert.Equal(0, again.ExitCode);
        Assert.Equal(3, again.Lines.Count(line => line.EndsWith("up to date", StringComparison.Ordinal)));
    }

    [Fact]
    public void Each_step_alone_with_another_number_of_threads_gives_the_same_bytes()
    {
        ProgramResult build = CriaProgram.Run(
            tiny.Folder, "corpus", "build", "--recipe", "tiny.yaml", "--output", "steps", "--threads", "1");
        Assert.True(build.ExitCode == 0, build.Error);
        Assert.Contains("training", build.Output, StringComparison.Ordinal);
        ProgramResult pretrain = CriaProgram.Run(tiny.Folder, "pretrain", "--recipe", "tiny.yaml", "--output", "steps", "--threads", "2");
        Assert.True(pretrain.ExitCode == 0, pretrain.Error);
        Assert.Equal(tiny.Weights(), tiny.Weights("steps"));
    }

    [Fact]
    public void Killed_at_random_moments_the_same_command_ends_in_the_same_bytes()
    {
        Random random = new(5);
        int kills = 0;
        for (int i = 0; i < 10; i++)
        {
            using Process child = CriaProgram.Start(tiny.Folder, "raise", "--recipe", "tiny.yaml", "--output", "killed");
            child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            if (!child.WaitForExit(100 + random.Next(700)))
            {
                child.Kill();
                kills++;
            }

            child.WaitForExit();
        }

        ProgramResult last = Raise("killed");
        Assert.True(last.ExitCode == 0, last.Error);
        Assert.True(kills > 0);
        Assert.Equal(tiny.Weights(), tiny.Weights("killed"));
    }

    [Fact]
    public void Ctrl_C_stops_pretraining_with_a_checkpoint_and_the_same_command_goes_on()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGINT to send to one process.");
        string[] longer = ["raise", "--recipe", "tiny.yaml", "--set", "pretraining.steps=3000", "--output"];
        using (Process child = CriaProgram.Start(tiny.Folder, [.. longer, "interrupted"]))
        {
            child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            string said = "";
            while (child.StandardError.ReadLine() is { } line)
            {
                said += line + "\n";
                if (line.StartsWith("  step", StringComparison.Ordinal))
                {
                    Process.Start("kill", ["-INT", child.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
                    break;
                }
            }

            said += child.StandardError.ReadToEnd();
            child.WaitForExit();
            Assert.Equal(Interrupted, child.ExitCode);
            Assert.EndsWith("cria: interrupted; the same command goes on where it was.\n", said, StringComparison.Ordinal);
            Assert.NotEmpty(Directory.GetFiles(tiny.PathOf("interrupted", "base", "checkpoint")));
        }

        ProgramResult resumed = CriaProgram.Run(tiny.Folder, [.. longer, "interrupted"]);
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Equal(0, CriaProgram.Run(tiny.Folder, [.. longer, "uninterrupted"]).ExitCode);
        Assert.Equal(tiny.Weights("uninterrupted"), tiny.Weights("interrupted"));
    }

    [Fact]
    public void Two_processes_cannot_work_in_one_run()
    {
        string path = tiny.PathOf("twice", "run.lock");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (FileStream other = new(path, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            ProgramResult refused = Raise("twice");
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("twice: another process works in this run", refused.Error, StringComparison.Ordinal);
            Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
        }

        ProgramResult alone = CriaProgram.Run(tiny.Folder, "corpus", "build", "--recipe", "tiny.yaml", "--output", "twice");
        Assert.True(alone.ExitCode == 0, alone.Error);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void Data_that_a_stage_cannot_use_are_reported_with_the_stage()
    {
        Pipeline.StageRunner stages = new(new Pipeline.RunDirectory(tiny.PathOf("stage")), TextWriter.Null);
        CliException error = Assert.Throws<CliException>(() => stages.Run(
            "reward-safety-2", "f", [], () => throw new Alignment.AlignmentDataException("No comparison to train on.")));
        Assert.Contains("reward-safety-2 stage", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("No comparison to train on.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_recipe_moves_the_old_result_aside()
    {
        Assert.Equal(0, Raise("changed").ExitCode);
        byte[] before = tiny.Weights("changed");
        ProgramResult changed = Raise("changed", "--set", "pretraining.learning-rate=0.01");
        Assert.Equal(0, changed.ExitCode);
        Assert.Contains("changed/base is now changed/base.previous-1", changed.Output, StringComparison.Ordinal);
        Assert.Equal(2, changed.Lines.Count(line => line.EndsWith("up to date", StringComparison.Ordinal)));
        Assert.Equal(before, File.ReadAllBytes(tiny.PathOf("changed", "base.previous-1", "model.safetensors")));
        Assert.NotEqual(before, tiny.Weights("changed"));
    }

    [Fact]
    public void A_recipe_changed_while_the_stage_was_unfinished_starts_it_anew_beside_the_old_one()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no limit on the size of files.");
        Assert.Equal(0, CriaProgram.Run(tiny.Folder, "corpus", "build", "--recipe", "tiny.yaml", "--output", "begun").ExitCode);
        ProgramResult stopped = CriaProgram.Shell(
            tiny.Folder, "trap '' XFSZ; ulimit -f 50; cria pretrain --recipe tiny.yaml --output begun");
        Assert.Equal(1, stopped.ExitCode);
        ProgramResult changed = Raise("begun", "--set", "pretraining.steps=30");
        Assert.True(changed.ExitCode == 0, changed.Error);
        Assert.Contains("begun/base is now begun/base.previous-1", changed.Output, StringComparison.Ordinal);
    }

    // 16 KiB hold the tokenizer and not the corpus; 150 KiB hold the corpus and not a checkpoint.
    [Theory, InlineData(16, "corpus", 1), InlineData(150, "base", 2)]
    public void A_full_disk_is_named_and_nothing_finished_is_lost(int kibibytes, string stage, int finished)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no limit on the size of files.");
        string run = $"full-{kibibytes}";
        ProgramResult full = CriaProgram.Shell(
            tiny.Folder, $"trap '' XFSZ; ulimit -f {kibibytes}; cria raise --recipe tiny.yaml --output {run}");
        Assert.Equal(1, full.ExitCode);
        string message = Assert.Single(full.Error.Split('\n'), line => line.StartsWith("cria: ", StringComparison.Ordinal));
        Assert.Contains($"{run}", message, StringComparison.Ordinal);
        Assert.Contains(stage, message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", full.Error, StringComparison.Ordinal);
        ProgramResult resumed = Raise(run);
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Equal(finished, resumed.Lines.Count(line => line.EndsWith("up to date", StringComparison.Ordinal)));
        Assert.Equal(tiny.Weights(), tiny.Weights(run));
    }
}
