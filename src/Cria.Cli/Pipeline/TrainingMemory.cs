using System.Globalization;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>Whether a training fits the machine.</summary>
internal static class TrainingMemory
{
    /// <summary>A system that has promised more memory than it holds kills the process without a word: say it before.</summary>
    /// <exception cref="CliException">It does not fit.</exception>
    public static void Check(LlamaConfig model, LoraSettings? adapter = null)
    {
        // The value, its gradient and AdamW's two moments, float32 each; of a model with an adapter the value alone.
        int bytesOfAParameter = adapter is null ? 16 : 4;
        double needed = (double)model.ParameterCount * bytesOfAParameter;
        double available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (needed > available)
        {
            throw new CliException(string.Create(
                CultureInfo.InvariantCulture,
                $"Training {model.ParameterCount:N0} parameters takes {needed / (1 << 30):F1} GiB and more, "
                + $"but this machine has {available / (1 << 30):F1} GiB. Choose a smaller model."));
        }
    }
}
