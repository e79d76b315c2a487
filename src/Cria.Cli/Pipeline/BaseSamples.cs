using Cria.Cli.Recipes;
using Cria.Cli.Terminal;
using Cria.Compute;
using Cria.Inference;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>Shows what the base model writes.</summary>
internal static class BaseSamples
{
    public static void Show(RunDirectory run, Recipe recipe, CpuDevice device, TextWriter output, CancellationToken cancellation)
    {
        using LoadedModel model = ModelLoader.Load(run.Base);
        using LlamaEngine engine = new(model.Weights, device);
        using Generator generator = new(engine, model.Tokenizer);
        SamplingOptions options = new()
        {
            Temperature = (float)recipe.Samples.Temperature,
            MaxTokens = recipe.Samples.MaximumTokens,
            Seed = recipe.Seed,
        };
        int[][] prompts = [.. recipe.Samples.Prompts.Select(generator.EncodePrompt)];
        GenerationResult[] results = generator.Generate(prompts, options, cancellation);
        for (int i = 0; i < results.Length; i++)
        {
            output.WriteLine();
            output.WriteLine(TerminalText.Printable(recipe.Samples.Prompts[i] + results[i].Text));
        }

        output.WriteLine();
        output.WriteLine($"Talk to it: cria chat {run.Root}");
    }
}
