using Cria.Alignment;
using Cria.Compute;
using Cria.Models;

namespace Cria.Cli.Commands;

/// <summary>A chat model, open to sample answers from.</summary>
internal sealed class OpenChatModel : IDisposable
{
    private readonly LoadedModel _model;

    /// <exception cref="CliException">The model has no tokenizer or no chat format.</exception>
    public OpenChatModel(string path, Device device, int atOnce = 128)
    {
        _model = ModelLoader.Load(path);
        try
        {
            Tokenizer tokenizer = _model.Tokenizer ?? throw new CliException($"{_model.Source} has no tokenizer.");
            ChatFormat format =
                _model.ChatFormat ?? throw new CliException($"{_model.Source} has no chat format: it was not tuned for dialogue.");
            Sampler = new AnswerSampler(_model.Weights, tokenizer, format, device, atOnce);
            string source = Path.TrimEndingDirectorySeparator(Path.GetFullPath(_model.Source));
            Name = Path.GetFileName(source);
            Version = ModelVersion.Of(source);
        }
        catch
        {
            _model.Dispose();
            throw;
        }
    }

    public AnswerSampler Sampler { get; }

    /// <summary>The name of the file or directory of the model.</summary>
    public string Name { get; }

    /// <summary>Which state of it.</summary>
    public string Version { get; }

    /// <summary>The model as one side of pairs.</summary>
    public PairVariant Pair => new(Name, Version, Sampler);

    /// <summary>The most tokens of prompt and answer together.</summary>
    public int ContextLength => _model.Config.ContextLength;

    public void Dispose()
    {
        Sampler.Dispose();
        _model.Dispose();
    }
}
