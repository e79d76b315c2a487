using Cria.Cli.Commands;
using Cria.Testing;

namespace Cria.Cli.Tests;

/// <summary>What README.md tells a user to type works, and its program is the one that is compiled.</summary>
public sealed class ReadmeTests : IDisposable
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
        string[] commands = [.. Commands];
        Assert.True(commands.Length >= 12, string.Join('\n', commands));
        foreach (string command in commands)
        {
            if (command.StartsWith("cria bench ", StringComparison.Ordinal))
            {
                Assert.Empty(RootVerbs.Create().Parse(command["cria ".Length..]).Errors);
                continue;
            }

            ProgramResult result = CriaProgram.Shell(_folder, command, "/exit\n");
            Assert.True(result.ExitCode == 0, $"{command}\n{result.Error}");
        }
    }

    [Fact]
    public void The_program_in_it_is_the_sample()
    {
        string sample = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "samples", "Cria.Samples.Generate", "Program.cs")).ReplaceLineEndings("\n");
        string code = sample[(sample.IndexOf('\n', StringComparison.Ordinal) + 1)..];
        Assert.Contains($"```csharp\n{code}```\n", Readme, StringComparison.Ordinal);
    }
}
