using System.Text.Json;
using Cria.Testing;

namespace Cria.Compute.Tests;

/// <summary>Linear and log-softmax in one, of every width and number of threads.</summary>
public sealed class OutputHeadTests
{
    private static readonly (int Tokens, int Dim, int Vocabulary)[] Shapes =
        [(1, 8, 3), (7, 16, 105), (40, 33, 512), (600, 12, 65), (19, 24, 3001)];

    public static TheoryData<SimdLevel, int> Devices => TestDevices.All;

    [Theory]
    [MemberData(nameof(Devices))]
    public void Values_and_gradients_follow_the_formula(SimdLevel level, int threads)
    {
        using CpuDevice device = new(threads, level);
        using ReferenceDevice reference = new();
        foreach ((int tokens, int dim, int vocabulary) in Shapes)
        {
            foreach (double share in (double[])[1, 0.6, 0])
            {
                Results expected = Compute(reference, tokens, dim, vocabulary, share);
                Results found = Compute(device, tokens, dim, vocabulary, share);
                AssertClose(expected.LogProbabilities, found.LogProbabilities);
                AssertClose(expected.BackwardLogProbabilities, found.BackwardLogProbabilities);
                AssertClose(expected.Entropies, found.Entropies);
                AssertClose(expected.HiddenGradient, found.HiddenGradient);
                AssertClose(expected.HeadGradient, found.HeadGradient);
            }
        }
    }

    [Fact]
    public void Number_of_threads_changes_no_bit()
    {
        foreach (SimdLevel level in TestDevices.Levels)
        {
            using CpuDevice one = new(1, level);
            using CpuDevice three = new(3, level);
            foreach ((int tokens, int dim, int vocabulary) in Shapes)
            {
                Results expected = Compute(one, tokens, dim, vocabulary, 0.8);
                Results found = Compute(three, tokens, dim, vocabulary, 0.8);
                Assert.Equal(expected.LogProbabilities, found.LogProbabilities);
                Assert.Equal(expected.Entropies, found.Entropies);
                Assert.Equal(expected.HiddenGradient, found.HiddenGradient);
                Assert.Equal(expected.HeadGradient, found.HeadGradient);
                Assert.Equal(found.LogProbabilities, found.BackwardLogProbabilities);
            }
        }
    }

    [Fact]
    public void Masked_cross_entropy_equals_the_golden_values()
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.Golden("losses.json")));
        JsonElement values = golden.RootElement.GetProperty("c_masked_cross_entropy");
        float[] logits = Numbers(values.GetProperty("logits"));
        float[] targets = Numbers(values.GetProperty("targets"));
        float[] mask = Numbers(values.GetProperty("mask"));
        int tokens = targets.Length;
        int vocabulary = logits.Length / tokens;
        float count = mask.Sum();

        // With the identity as the head, the hidden states are the logits.
        using TestMatrix hidden = new(tokens, vocabulary);
        logits.CopyTo(hidden.Tensor.Span);
        using TestMatrix head = new(vocabulary, vocabulary);
        head.Tensor.Span.Clear();
        for (int i = 0; i < vocabulary; i++)
        {
            head.Tensor.Row(i)[i] = 1;
        }

        using TestMatrix hiddenGradient = new(tokens, vocabulary);
        using TestMatrix headGradient = new(vocabulary, vocabulary);
        int[] counted = [.. targets.Zip(mask, (target, m) => m > 0 ? (int)target : -1)];
        float[] gradients = new float[tokens];
        Array.Fill(gradients, -1 / count);
        float[] logProbabilities = new float[tokens];
        using CpuDevice device = new(2);
        device.LogProbabilitiesBackward(
            hidden.Tensor, head.Tensor, counted, gradients, logProbabilities, hiddenGradient.Tensor, headGradient.Tensor);

        Assert.Equal(values.GetProperty("loss").GetDouble(), -logProbabilities.Sum(x => (double)x) / count, 1e-5);
        float[] nll = Numbers(values.GetProperty("nll_per_position"));
        AssertClose([.. nll.Zip(mask, (x, m) => -x * m)], logProbabilities);
        AssertClose(Numbers(values.GetProperty("grad_logits")), hiddenGradient.Tensor.Span.ToArray());
    }

    [Fact]
    public void Bad_input_is_refused_by_name()
    {
        using CpuDevice device = new(1);
        using TestMatrix hidden = new(3, 4);
        using TestMatrix head = new(5, 4);
        float[] values = new float[3];
        Assert.Contains(
            "targets[1] is 5",
            Refused(() => device.LogProbabilities(hidden.Tensor, head.Tensor, [0, 5, 1], values, default)),
            StringComparison.Ordinal);
        Assert.Contains(
            "targets",
            Refused(() => device.LogProbabilities(hidden.Tensor, head.Tensor, [0, 1], values, default)),
            StringComparison.Ordinal);
        Assert.Contains(
            "entropies",
            Refused(() => device.LogProbabilities(hidden.Tensor, head.Tensor, [0, 1, 2], values, new float[2])),
            StringComparison.Ordinal);
        Assert.Contains(
            "headGradient",
            Refused(() => device.LogProbabilitiesBackward(
                hidden.Tensor, head.Tensor, [0, 1, 2], values, values, hidden.Tensor, hidden.Tensor)),
            StringComparison.Ordinal);
    }

    private static string Refused(Action action) => Assert.Throws<ArgumentException>(action).Message;

    private static Results Compute(Device device, int tokens, int dim, int vocabulary, double share)
    {
        Random random = new(5);
        using TestMatrix hidden = TestMatrix.Random(random, tokens, dim, gap: 4);
        using TestMatrix head = TestMatrix.Random(random, vocabulary, dim);
        using TestMatrix hiddenGradient = new(tokens, dim);
        using TestMatrix headGradient = TestMatrix.Random(random, vocabulary, dim);
        int[] targets = new int[tokens];
        float[] gradients = new float[tokens];
        for (int t = 0; t < tokens; t++)
        {
            targets[t] = random.NextDouble() < share ? random.Next(vocabulary) : -1;
            gradients[t] = (2 * random.NextSingle()) - 1;
        }

        Results results = new(
            new float[tokens], new float[tokens], new float[tokens], new float[tokens * dim], new float[vocabulary * dim]);
        device.LogProbabilities(hidden.Tensor, head.Tensor, targets, results.LogProbabilities, results.Entropies);
        device.LogProbabilitiesBackward(
            hidden.Tensor, head.Tensor, targets, gradients, results.BackwardLogProbabilities, hiddenGradient.Tensor, headGradient.Tensor);
        hiddenGradient.Tensor.Span.CopyTo(results.HiddenGradient);
        device.LogProbabilitiesBackward(
            hidden.Tensor, head.Tensor, targets, gradients, results.BackwardLogProbabilities, hiddenGradient.Tensor, default);
        Assert.Equal(results.HiddenGradient, hiddenGradient.Tensor.Span.ToArray());
        headGradient.Tensor.Span.CopyTo(results.HeadGradient);
        return results;
    }

    private static void AssertClose(float[] expected, float[] found)
    {
        double tolerance = 3e-6 * Math.Max(1e-3, expected.Max(MathF.Abs));
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], found[i], tolerance);
        }
    }

    private static float[] Numbers(JsonElement element) => element.ValueKind == JsonValueKind.Array
        ? [.. element.EnumerateArray().SelectMany(Numbers)]
        : [element.GetSingle()];

    private sealed record Results(
        float[] LogProbabilities, float[] BackwardLogProbabilities, float[] Entropies, float[] HiddenGradient, float[] HeadGradient);
}
