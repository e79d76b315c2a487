using System.Text.Json;
using Cria.Testing;

namespace Cria.Compute.Tests;

/// <summary>The operations against what PyTorch computed in float64: the literal reference and the vectorised device alike.</summary>
public sealed class GoldenLayerTests
{
    private const double Tolerance = 2e-6;

    public static TheoryData<string> Devices => [nameof(ReferenceDevice), .. DeviceContract.Levels.Select(level => level.ToString())];

    [Theory]
    [MemberData(nameof(Devices))]
    public void RmsNorm(string name)
    {
        using Device device = Create(name);
        using TestMatrices matrices = new(1);
        JsonElement golden = Golden("g_layers").GetProperty("rmsnorm");
        Tensor x = Read(matrices, golden, "x", 8);
        Tensor weight = Read(matrices, golden, "w", 8);
        Tensor y = matrices.Constant(3, 8, 0);
        Tensor inverseRms = matrices.Constant(1, 3, 0);
        Tensor dx = matrices.Constant(3, 8, 0);
        Tensor weightGradient = matrices.Constant(1, 8, 0);
        device.RmsNorm(x, weight, golden.GetProperty("eps").GetSingle(), y, inverseRms);
        device.RmsNormBackward(Read(matrices, golden, "grad_out", 8), x, weight, inverseRms, dx, weightGradient);
        TestMatrices.AssertClose(Read(matrices, golden, "y", 8), y, "y", Tolerance);
        TestMatrices.AssertClose(Read(matrices, golden, "grad_x", 8), dx, "grad_x", Tolerance);
        TestMatrices.AssertClose(Read(matrices, golden, "grad_w", 8), weightGradient, "grad_w", Tolerance);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void SwiGlu(string name)
    {
        using Device device = Create(name);
        using TestMatrices matrices = new(1);
        JsonElement golden = Golden("g_layers").GetProperty("swiglu").GetProperty("elementwise");
        Tensor gate = Read(matrices, golden, "gate", 5);
        Tensor up = Read(matrices, golden, "up", 5);
        Tensor y = matrices.Constant(2, 5, 0);
        Tensor gateGradient = matrices.Constant(2, 5, 0);
        Tensor upGradient = matrices.Constant(2, 5, 0);
        device.SwiGlu(gate, up, y);
        device.SwiGluBackward(Read(matrices, golden, "grad_out", 5), gate, up, gateGradient, upGradient);
        TestMatrices.AssertClose(Read(matrices, golden, "y", 5), y, "y", Tolerance);
        TestMatrices.AssertClose(Read(matrices, golden, "grad_gate", 5), gateGradient, "grad_gate", Tolerance);
        TestMatrices.AssertClose(Read(matrices, golden, "grad_up", 5), upGradient, "grad_up", Tolerance);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void FeedForward(string name)
    {
        using Device device = Create(name);
        using TestMatrices matrices = new(1);
        JsonElement golden = Golden("g_layers").GetProperty("swiglu");
        Tensor x = Read(matrices, golden, "x", 4);
        Tensor w1 = Read(matrices, golden, "w1", 4);
        Tensor w2 = Read(matrices, golden, "w2", 6);
        Tensor w3 = Read(matrices, golden, "w3", 4);
        Tensor dy = Read(matrices, golden, "grad_out", 4);
        Tensor gate = matrices.Constant(3, 6, 0);
        Tensor up = matrices.Constant(3, 6, 0);
        Tensor hidden = matrices.Constant(3, 6, 0);
        Tensor y = matrices.Constant(3, 4, 0);
        device.Linear(x, w1, gate);
        device.Linear(x, w3, up);
        device.SwiGlu(gate, up, hidden);
        device.Linear(hidden, w2, y);
        TestMatrices.AssertClose(Read(matrices, golden, "y", 4), y, "y", Tolerance);

        Tensor hiddenGradient = matrices.Constant(3, 6, 0);
        Tensor dx = matrices.Constant(3, 4, 0);
        Tensor[] gradients = [matrices.Constant(6, 4, 0), matrices.Constant(4, 6, 0), matrices.Constant(6, 4, 0)];
        device.LinearBackwardWeight(dy, hidden, gradients[1]);
        device.LinearBackwardInput(dy, w2, hiddenGradient, accumulate: false);
        device.SwiGluBackward(hiddenGradient, gate, up, gate, up);
        device.LinearBackwardWeight(gate, x, gradients[0]);
        device.LinearBackwardWeight(up, x, gradients[2]);
        device.LinearBackwardInput(gate, w1, dx, accumulate: false);
        device.LinearBackwardInput(up, w3, dx, accumulate: true);
        TestMatrices.AssertClose(Read(matrices, golden, "grad_x", 4), dx, "grad_x", Tolerance);
        TestMatrices.AssertClose(Read(matrices, golden, "grad_w1", 4), gradients[0], "grad_w1", Tolerance);
        TestMatrices.AssertClose(Read(matrices, golden, "grad_w2", 6), gradients[1], "grad_w2", Tolerance);
        TestMatrices.AssertClose(Read(matrices, golden, "grad_w3", 4), gradients[2], "grad_w3", Tolerance);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Rotate(string name)
    {
        using Device device = Create(name);
        using TestMatrices matrices = new(1);
        JsonElement golden = Golden("g_layers").GetProperty("rope_interleaved");
        const int HeadDim = 6;
        Tensor cosines = matrices.Constant(4096, HeadDim / 2, 0);
        Tensor sines = matrices.Constant(4096, HeadDim / 2, 0);
        for (int position = 0; position < 4096; position++)
        {
            for (int pair = 0; pair < HeadDim / 2; pair++)
            {
                double angle = position * Math.Pow(golden.GetProperty("theta").GetDouble(), -2.0 * pair / HeadDim);
                cosines.Row(position)[pair] = (float)Math.Cos(angle);
                sines.Row(position)[pair] = (float)Math.Sin(angle);
            }
        }

        Tensor near = Read(matrices, golden, "x", 2 * HeadDim);
        Tensor far = matrices.Copy(near);
        Tensor gradient = Read(matrices, golden, "grad_out", 2 * HeadDim);
        int[] positions = [.. golden.GetProperty("positions").EnumerateArray().Select(value => value.GetInt32())];
        int[] farPositions = [.. golden.GetProperty("positions_far").EnumerateArray().Select(value => value.GetInt32())];
        device.Rotate(near, HeadDim, positions, cosines, sines, inverse: false);
        device.Rotate(far, HeadDim, farPositions, cosines, sines, inverse: false);
        device.Rotate(gradient, HeadDim, positions, cosines, sines, inverse: true);
        TestMatrices.AssertClose(Read(matrices, golden, "y", 2 * HeadDim), near, "y", Tolerance);
        TestMatrices.AssertClose(Read(matrices, golden, "y_far", 2 * HeadDim), far, "y_far", Tolerance);
        TestMatrices.AssertClose(Read(matrices, golden, "grad_x", 2 * HeadDim), gradient, "grad_x", Tolerance);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void GroupedQueryCausalAttention(string name)
    {
        using Device device = Create(name);
        using TestMatrices matrices = new(1);
        JsonElement golden = Golden("g_layers").GetProperty("gqa_causal_attention");
        AttentionShape shape = new(4, 2, 6);
        int[] starts = [0, 5, 10];
        Tensor q = Read(matrices, golden, "q", 24);
        Tensor k = Read(matrices, golden, "k", 12);
        Tensor v = Read(matrices, golden, "v", 12);
        Tensor output = matrices.Constant(10, 24, 0);
        Tensor logSumExp = matrices.Constant(10, 4, 0);
        Tensor dq = matrices.Constant(10, 24, 0);
        Tensor dk = matrices.Constant(10, 12, 0);
        Tensor dv = matrices.Constant(10, 12, 0);
        device.CausalAttention(q, k, v, shape, starts, output, logSumExp);
        device.CausalAttentionBackward(q, k, v, shape, starts, output, logSumExp, Read(matrices, golden, "grad_out", 24), dq, dk, dv);
        TestMatrices.AssertClose(Read(matrices, golden, "y", 24), output, "y", Tolerance);
        TestMatrices.AssertClose(Read(matrices, golden, "grad_q", 24), dq, "grad_q", Tolerance);
        TestMatrices.AssertClose(Read(matrices, golden, "grad_k", 12), dk, "grad_k", Tolerance);
        TestMatrices.AssertClose(Read(matrices, golden, "grad_v", 12), dv, "grad_v", Tolerance);

        // Recorded as [sequence, head, token].
        Tensor recorded = Read(matrices, golden, "logsumexp", 5);
        for (int row = 0; row < 10; row++)
        {
            for (int head = 0; head < 4; head++)
            {
                Assert.Equal(recorded.Row((row / 5 * 4) + head)[row % 5], logSumExp.Row(row)[head], 1e-5f);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void AdamW(string name)
    {
        using Device device = Create(name);
        JsonElement golden = Golden("f_adamw");
        foreach (JsonElement run in golden.GetProperty("cases").EnumerateArray())
        {
            using TestMatrices matrices = new(1);
            Tensor parameters = Read(matrices, golden, "p0", 6);
            Tensor firstMoment = matrices.Constant(1, 6, 0);
            Tensor secondMoment = matrices.Constant(1, 6, 0);
            Tensor gradients = Read(matrices, golden, "grads", 6);
            JsonElement clip = run.GetProperty("grad_clip");
            int step = 0;
            foreach (JsonElement expected in run.GetProperty("steps").EnumerateArray())
            {
                Tensor gradient = gradients.RowRange(step++, 1);
                double norm = Math.Sqrt(device.SumOfSquares(gradient));
                float scale = clip.ValueKind == JsonValueKind.Null ? 1 : (float)Math.Min(1, clip.GetDouble() / (norm + 1e-6));
                AdamWStep settings = new(
                    run.GetProperty("lr").GetSingle(), run.GetProperty("beta1").GetDouble(), run.GetProperty("beta2").GetDouble(),
                    run.GetProperty("eps").GetSingle(), run.GetProperty("weight_decay").GetSingle(), step, scale);
                device.AdamW(parameters, gradient, firstMoment, secondMoment, settings);
                TestMatrices.AssertClose(Read(matrices, expected, "p", 6), parameters, $"p after step {step}", Tolerance);
                TestMatrices.AssertClose(Read(matrices, expected, "m", 6), firstMoment, $"m after step {step}", Tolerance);
                TestMatrices.AssertClose(Read(matrices, expected, "v", 6), secondMoment, $"v after step {step}", Tolerance);
            }
        }
    }

    private static Device Create(string name) =>
        name == nameof(ReferenceDevice) ? new ReferenceDevice() : new CpuDevice(2, Enum.Parse<SimdLevel>(name));

    private static JsonElement Golden(string section)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(SharedData.Golden("losses.json")));
        return document.RootElement.GetProperty(section).Clone();
    }

    /// <summary>A nested list of numbers as rows of <paramref name="columns"/>.</summary>
    private static Tensor Read(TestMatrices matrices, JsonElement parent, string name, int columns)
    {
        float[] values = [.. Flatten(parent.GetProperty(name))];
        return matrices.From([.. values.Chunk(columns)]);
    }

    private static IEnumerable<float> Flatten(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? element.EnumerateArray().SelectMany(Flatten) : [element.GetSingle()];
}
