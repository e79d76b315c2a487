using System.CommandLine;
using Cria.Cli.Pipeline;
using Cria.Cli.Recipes;

namespace Cria.Cli.Commands;

/// <summary>The options of every verb that follows a recipe.</summary>
internal sealed class RecipeArguments
{
    private readonly Option<string> _recipe = CommonOptions.Recipe();
    private readonly Option<bool> _quick = CommonOptions.Quick();
    private readonly Option<string?> _output = CommonOptions.Output();
    private readonly Option<string[]> _set = CommonOptions.Set();
    private readonly Option<string?> _documentation = CommonOptions.Documentation();
    private readonly Option<int> _threads = CommonOptions.Threads();

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _recipe, _quick, _output, _documentation, _set, _threads })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Reads the recipe and opens the run.</summary>
    public RaisePipeline Open(ParseResult parsed, CancellationToken cancellation)
    {
        (Recipe recipe, RunDirectory run, int threads) = Read(parsed);
        return new RaisePipeline(recipe, run, parsed.GetValue(_documentation), threads, cancellation);
    }

    /// <summary>Reads the recipe: what it says, where its run lies, and the threads to compute with.</summary>
    public (Recipe Recipe, RunDirectory Run, int Threads) Read(ParseResult parsed)
    {
        Recipe recipe = RecipeReader.Read(parsed.GetRequiredValue(_recipe), parsed.GetValue(_quick), parsed.GetValue(_set) ?? []);
        return (recipe, RunDirectory.For(recipe, parsed.GetValue(_output)), CommonOptions.ThreadCount(parsed.GetValue(_threads)));
    }
}
