using Cria.Cli.Commands;
using Cria.Testing;

namespace Cria.Cli.Tests;

/// <summary>What README.md tells a user to type works, and its program is the one that is compiled.</summary>
public sealed class ReadmeTests(TinyRun tiny) : IDisposable
{
    private const string DotNetRun = "dotnet run -c Release --project src/Cria.Cli -- ";

    private static readonly string Readme = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "README.md")).ReplaceLineEndings("\n");

    private readonly string _folder = Directory.CreateTempSubdirectory("cria-readme-").FullName;

    private static IEnumerable<string> Commands => Readme.Split('\n')
        .Where(line => line.StartsWith("    ", StringComparison.Ordinal))
        .Select(line => line.Trim())
        .Where(line => line.StartsWith("cria ", StringComparison.Ordinal) || line.StartsWith("echo ", StringComparison.Ordinal)
            || line.StartsWith(DotNetRun, StringComparison.Ordinal))
        .Select(line => line.Replace(DotNetRun, "cria "));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>
    /// In order, in a folder whose default recipe is a tiny one; <c>.ci/end-to-end</c> raises a model by the real recipe. Benchmarks take
    /// their time, so they are only parsed here and run with small sizes by their own tests.
    /// </summary>
    [Fact]
    public void Every_command_works_in_order()
    {
        TinyRun.WriteFiles(_folder);
        Directory.CreateDirectory(Path.Combine(_folder, "recipes"));
        string recipe = TinyRun.Recipe.Replace("name: tiny", "name: dotnet-docs");
        File.WriteAllText(Path.Combine(_folder, "recipes", "dotnet-docs.yaml"), recipe);
        File.WriteAllText(Path.Combine(_folder, "my-text.txt"), TinyRun.Text(1, randomWords: true, sentences: 600));
        WriteTeam();
        string[] commands = [.. Commands];
        Assert.True(commands.Length >= 30, string.Join('\n', commands));
        foreach (string command in commands)
        {
            if (command.StartsWith("cria bench ", StringComparison.Ordinal))
            {
                Assert.Empty(RootVerbs.Create().Parse(command["cria ".Length..]).Errors);
                continue;
            }

            ProgramResult result = CriaProgram.Shell(
                _folder, command, command.Contains(" annotate ", StringComparison.Ordinal) ? "a\n3\nq\n" : "/exit\n");
            Assert.True(result.ExitCode == 0, $"{command}\n{result.Error}");
        }
    }

    /// <summary>What a team brings: a chat model, prompts, judgements. PPO takes small steps here, and few.</summary>
    private void WriteTeam()
    {
        TinyModels.Taught(tiny, "readme-chat", "the cat.", ["cat"], ["dog", "hill"]);
        Directory.CreateDirectory(Path.Combine(_folder, "my-chat"));
        foreach (string file in Directory.GetFiles(tiny.PathOf("readme-chat")))
        {
            File.Copy(file, Path.Combine(_folder, "my-chat", Path.GetFileName(file)));
        }

        void Write(string name, int count, Func<int, string> line) =>
            File.WriteAllLines(Path.Combine(_folder, name), Enumerable.Range(0, count).Select(line));
        Write("my-prompts.jsonl", 10, i => $$"""{"prompt":"cat {{i}}"}""");
        Write("my-held-out-prompts.jsonl", 4, i => $$"""{"prompt":"dog {{i}}"}""");
        Write("my-comparisons.jsonl", 40, i =>
            $$"""{"prompt":"hill {{i}}","chosen":"the cat {{i}}","rejected":"a dog","rating":"better"}""");
        Write("my-dialogues.jsonl", 2, i =>
            $$"""{"messages":[{"role":"user","content":"cat"},{"role":"assistant","content":"-"},{"role":"user","content":"dog {{i}}"},{"role":"assistant","content":"-"}]}""");
        Write("my-instructions.jsonl", 1, _ => """{"instruction":"Say the.","contains":"the"}""");
        Write("my-red-team.jsonl", 2, i => $$"""{"prompt":"dog {{i}}","safety":true,"category":"secrets"}""");
        Write("my-borderline.jsonl", 2, i => $$"""{"prompt":"cat {{i}}"}""");
        string recipe = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "recipes", "team.yaml"));
        Assert.Contains("iterations: 200", recipe, StringComparison.Ordinal);
        File.WriteAllText(
            Path.Combine(_folder, "recipes", "team.yaml"),
            recipe.Replace("iterations: 200", "iterations: 1", StringComparison.Ordinal)
                .Replace("batch-prompts: 512", "batch-prompts: 8", StringComparison.Ordinal)
                .Replace("mini-batch-answers: 64", "mini-batch-answers: 4", StringComparison.Ordinal));
    }

    [Fact]
    public void The_program_in_it_is_the_sample()
    {
        string sample = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "samples", "Cria.Samples.Generate", "Program.cs"))
            .ReplaceLineEndings("\n");
        string code = sample[(sample.IndexOf('\n', StringComparison.Ordinal) + 1)..];
        Assert.Contains($"```csharp\n{code}```\n", Readme, StringComparison.Ordinal);
    }
}
