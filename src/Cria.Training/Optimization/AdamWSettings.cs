namespace Cria.Training;

/// <summary>How AdamW updates; the defaults are Llama 2's (Touvron et al. 2023, §2.2).</summary>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to the root of the second moment.</param>
/// <param name="WeightDecay">Decay of matrices, multiplied by the learning rate; the norms' weights do not decay.</param>
/// <param name="ClipNorm">Largest global norm of the gradients; longer ones are scaled down to it.</param>
public sealed record AdamWSettings(
    float Beta1 = 0.9f, float Beta2 = 0.95f, float Epsilon = 1e-5f, float WeightDecay = 0.1f, float ClipNorm = 1.0f);
