using Cria.Inference;
using Cria.Models;

namespace Cria.Cli.Commands;

/// <summary>Sampling as the model's own files ask for, or else as Meta's reference code does (temperature 0.6, top-p 0.9).</summary>
internal static class DefaultSampling
{
    public static SamplingOptions Of(LoadedModel model)
    {
        SamplingOptions options = new();
        return options with
        {
            Temperature = model.GenerationDefaults.Temperature ?? options.Temperature,
            TopP = model.GenerationDefaults.TopP ?? options.TopP,
        };
    }
}
