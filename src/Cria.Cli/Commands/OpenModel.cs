using System.CommandLine;
using Cria.Compute;
using Cria.Inference;
using Cria.Models;

namespace Cria.Cli.Commands;

/// <summary>
/// A model ready to run: weights, tokenizer, device and engine, as the verbs' MODEL, --tokenizer and --threads name them.
/// </summary>
internal sealed class OpenModel : IDisposable
{
    private readonly CpuDevice _device;

    public OpenModel(string path, string? tokenizerPath, int threads)
    {
        Loaded = ModelLoader.Load(path, tokenizerPath);
        _device = new CpuDevice(CommonOptions.ThreadCount(threads));
        Engine = new LlamaEngine(Loaded.Weights, _device);
    }

    public LoadedModel Loaded { get; }

    public LlamaEngine Engine { get; }

    /// <exception cref="CliException">The model came without a tokenizer.</exception>
    public Tokenizer Tokenizer => Loaded.Tokenizer
        ?? throw new CliException($"{Loaded.Source} has no tokenizer, and text needs one: name it with --tokenizer.");

    public static OpenModel From(ParseResult parsed, Argument<string> model, Option<string?> tokenizer, Option<int> threads) =>
        new(parsed.GetRequiredValue(model), parsed.GetValue(tokenizer), parsed.GetValue(threads));

    public void Dispose()
    {
        Engine.Dispose();
        _device.Dispose();
        Loaded.Dispose();
    }
}
