using System.Text.Json;
using Cria.Compute;
using Cria.Testing;

namespace Cria.Alignment.Tests.FineTuning;

/// <summary>
/// The loss on answers alone against PyTorch's values. The golden logits are the hidden states and the head is the identity, so that the
/// gradient of the hidden states is the gradient of the logits.
/// </summary>
public sealed class MaskedCrossEntropyTests
{
    [Fact]
    public void Loss_and_gradients_are_the_golden_ones()
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(SharedData.Golden("losses.json")));
        JsonElement golden = json.RootElement.GetProperty("c_masked_cross_entropy");
        float[][] logits = Rows(golden.GetProperty("logits"));
        float[][] expectedGradients = Rows(golden.GetProperty("grad_logits"));
        bool[] mask = [.. Flat(golden.GetProperty("mask")).Select(value => value.GetInt32() == 1)];
        int[] targets =
            [.. Flat(golden.GetProperty("targets")).Select((value, t) => mask[t] ? value.GetInt32() : Cria.Training.TokenBatch.NoTarget)];
        int vocabulary = logits[0].Length;
        int learned = mask.Count(value => value);

        using NativeBuffer hiddenMemory = new(2L * logits.Length * vocabulary * sizeof(float));
        using NativeBuffer headMemory = new(2L * vocabulary * vocabulary * sizeof(float));
        Tensor hidden = hiddenMemory.Tensor(0, logits.Length, vocabulary);
        Tensor hiddenGradient = hiddenMemory.Tensor(hidden.Length * sizeof(float), logits.Length, vocabulary);
        Tensor head = headMemory.Tensor(0, vocabulary, vocabulary);
        Tensor headGradient = headMemory.Tensor(head.Length * sizeof(float), vocabulary, vocabulary);
        for (int t = 0; t < logits.Length; t++)
        {
            logits[t].CopyTo(hidden.Row(t));
        }

        for (int i = 0; i < vocabulary; i++)
        {
            head.Row(i)[i] = 1;
        }

        float[] weights = [.. mask.Select(value => value ? -1f / learned : 0)];
        float[] logProbabilities = new float[logits.Length];
        using CpuDevice device = new(2);
        device.LogProbabilitiesBackward(hidden, head, targets, weights, logProbabilities, hiddenGradient, headGradient);

        double loss = -logProbabilities.Where((_, t) => mask[t]).Sum(value => (double)value) / learned;
        Assert.Equal(golden.GetProperty("loss").GetDouble(), loss, 1e-6);
        for (int t = 0; t < logits.Length; t++)
        {
            for (int v = 0; v < vocabulary; v++)
            {
                Assert.Equal(expectedGradients[t][v], hiddenGradient.Row(t)[v], 1e-6f);
            }
        }
    }

    private static IEnumerable<JsonElement> Flat(JsonElement rows) => rows.EnumerateArray().SelectMany(row => row.EnumerateArray());

    private static float[][] Rows(JsonElement batches) =>
        [.. Flat(batches).Select(row => row.EnumerateArray().Select(value => value.GetSingle()).ToArray())];
}
