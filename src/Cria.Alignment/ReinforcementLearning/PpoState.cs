using System.Text.Json;
using System.Text.Json.Serialization;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>
/// What PPO remembers between iterations besides weights and moments. Prompts and draws are functions of the seed and the iteration's
/// number,
/// so that number is their random state.
/// </summary>
internal sealed class PpoState
{
    /// <summary>β as adapted.</summary>
    public double KlCoefficient { get; set; }

    /// <summary>Mean and variance of the held-out rewards of the start policy: what later evaluations are measured by.</summary>
    public double HeldOutMean { get; set; }

    /// <summary>See <see cref="HeldOutMean"/>.</summary>
    public double HeldOutVariance { get; set; }

    /// <summary>The best evaluation.</summary>
    public double BestObjective { get; set; }

    /// <summary>The iteration after which it was made.</summary>
    public long BestIteration { get; set; }

    /// <summary>Evaluations since then.</summary>
    public int EvaluationsSinceBest { get; set; }

    /// <summary>Why training ended early; empty while it has not.</summary>
    public string Stopped { get; set; } = "";

    /// <summary>Mean answer length of the first iteration.</summary>
    public double FirstLength { get; set; }

    /// <summary>Share of answers that came to their end, in the first iteration.</summary>
    public double FirstEndShare { get; set; }

    /// <summary>Warnings that held after the last iteration: each is said once, when it begins to hold.</summary>
    public PpoWarnings Warnings { get; set; }

    /// <summary>The bytes for a checkpoint.</summary>
    public byte[] Save() => JsonSerializer.SerializeToUtf8Bytes(this, PpoStateJson.Default.PpoState);

    /// <summary>Becomes what a checkpoint holds.</summary>
    public void Restore(byte[] bytes)
    {
        PpoState saved = JsonSerializer.Deserialize(bytes, PpoStateJson.Default.PpoState)
            ?? throw new DamagedCheckpointException("The checkpoint's PPO state is empty.");
        KlCoefficient = saved.KlCoefficient;
        HeldOutMean = saved.HeldOutMean;
        HeldOutVariance = saved.HeldOutVariance;
        BestObjective = saved.BestObjective;
        BestIteration = saved.BestIteration;
        EvaluationsSinceBest = saved.EvaluationsSinceBest;
        Stopped = saved.Stopped;
        FirstLength = saved.FirstLength;
        FirstEndShare = saved.FirstEndShare;
        Warnings = saved.Warnings;
    }
}

[JsonSerializable(typeof(PpoState))]
internal sealed partial class PpoStateJson : JsonSerializerContext;
