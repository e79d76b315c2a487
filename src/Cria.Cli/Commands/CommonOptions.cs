using System.CommandLine;
using Cria.Compute;

namespace Cria.Cli.Commands;

/// <summary>Options that mean the same thing with every verb.</summary>
internal static class CommonOptions
{
    /// <summary>More threads than this cannot help, and a system may refuse to start them.</summary>
    public const int MostThreads = 1024;

    public static Argument<string> Model()
    {
        Argument<string> model = new("MODEL")
        {
            Description = "A run directory, a Hugging Face directory, a .gguf file or a llama2.c .bin file.",
        };
        model.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: "" }])
            {
                result.AddError("MODEL is empty.");
            }
        });
        return model;
    }

    public static Option<string?> Tokenizer() => new("--tokenizer")
    {
        Description = "The tokenizer (tokenizer.model or tokenizer.bin) where MODEL has none.",
    };

    public static Option<int> Threads() => NumberOption.Whole(
        "--threads", $"Threads to compute with; 0 for {CpuDevice.ThreadsVariable} or else all processors. Changes no result.",
        minimum: 0, maximum: MostThreads, defaultValue: 0);

    /// <summary>The number of threads that <c>--threads</c> stands for.</summary>
    /// <exception cref="CliException">The environment variable holds no number.</exception>
    public static int ThreadCount(int given)
    {
        try
        {
            return given > 0 ? given : CpuDevice.DefaultThreads();
        }
        catch (InvalidOperationException e)
        {
            throw new CliException(e.Message, e);
        }
    }

    public static Option<ulong> Seed() => new("--seed")
    {
        Description = "Seed of everything random.",
        DefaultValueFactory = _ => 1,
    };

    public static Option<string> JsonLines(string fields) => new("--jsonl")
    {
        Description = $"A file of JSON lines with {fields}, or - for standard input.",
        Required = true,
    };

    public static Option<bool> Json(string what) => new("--json") { Description = $"Print {what} as one JSON object." };

    public static Option<string> Recipe() => new("--recipe")
    {
        Description = "The recipe.",
        DefaultValueFactory = _ => DefaultRecipe,
    };

    public static Option<bool> Quick() => new("--quick")
    {
        Description = "Lay the recipe's section 'quick' over it: a small run that shows everything.",
    };

    public static Option<string?> Output() => new("--output") { Description = "The run directory; default runs/<name of the recipe>." };

    public static Option<string[]> Set() => new("--set")
    {
        Description = "Override a key of the recipe: section.key=value. May be given several times.",
        DefaultValueFactory = _ => [],
        Arity = ArgumentArity.OneOrMore,
    };

    public static Option<string?> Documentation() => new("--documentation")
    {
        Description = "Folder of XML documentation to read instead of the installed reference packs.",
    };

    private static string DefaultRecipe { get; } = Path.Combine("recipes", "dotnet-docs.yaml");
}
