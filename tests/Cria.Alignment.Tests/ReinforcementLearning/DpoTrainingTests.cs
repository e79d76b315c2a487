using System.Text.Json;
using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment.Tests;

public sealed class DpoTrainingTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("cria-dpo-").FullName;

    [Fact]
    public void The_model_learns_to_prefer_and_the_figures_are_logged()
    {
        List<string> notices = [];
        DpoResult result = TinyDpo.Run(_root, progress: new OnNotice(notices.Add))!;
        Assert.Equal(36, result.Pairs);
        Assert.Equal(27, result.Steps);
        Assert.Equal(1, result.HeldOutAccuracy);
        JsonElement[] rows =
            [.. File.ReadAllLines(Path.Combine(_root, "metrics", "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(Math.Log(2), rows[0].GetProperty("loss").GetDouble(), 1e-5);
        Assert.Equal(0, rows[0].GetProperty("reward_margin").GetDouble(), 1e-5);
        Assert.True(rows[^1].GetProperty("loss").GetDouble() < 0.6 && rows[^1].GetProperty("reward_margin").GetDouble() > 0.2);
        Assert.Equal(6, rows.Count(row => row.TryGetProperty("held_out_accuracy", out _)));
        Assert.Contains("36 pairs; left out: 4 held out.", notices);
        using LoadedModel saved = HuggingFaceDirectory.Load(Path.Combine(_root, "dpo"));
        Assert.Equal(ChatFormat.Llama2.Name, saved.ChatFormat!.Name);
        Assert.Equal(result, TinyDpo.Run(_root));
    }

    [Theory]
    [InlineData(DpoLossKind.Sigmoid, 0.1)]
    [InlineData(DpoLossKind.IdentityPreference, 0)]
    public void The_gradient_is_the_slope_of_the_loss_whatever_the_size_of_a_pass(DpoLossKind kind, double labelSmoothing)
    {
        using TinyChat chat = new();
        using TinyChat reference = new(seed: 2);
        using CpuDevice device = new(2);
        DpoSettings settings = TinyDpo.Settings with { Loss = kind, LabelSmoothing = labelSmoothing };
        DpoPairs pairs = new(TinyDpo.Comparisons, TinyPpo.Model(chat));
        pairs.MeasureReference(reference.Weights, device);
        int[] some = [3, 1, 20, 7, 11];
        using DpoSteps whole = new(chat.Weights, pairs, settings, device);
        using DpoSteps parts = new(chat.Weights, pairs, settings with { PassTokens = 1 }, device);
        double loss = whole.LossAndGradients(some).Loss;
        Assert.Equal(loss, parts.LossAndGradients(some).Loss, 1e-6);
        float[] gradients = Flat(whole.Gradients).ToArray();
        float scale = gradients.Max(MathF.Abs);
        ReadOnlySpan<float> others = Flat(parts.Gradients);
        for (int i = 0; i < gradients.Length; i++)
        {
            Assert.Equal(gradients[i], others[i], 1e-5f * scale);
        }

        float[] start = Flat(chat.Weights).ToArray();
        double norm = Math.Sqrt(gradients.Sum(g => (double)g * g));
        const double Step = 1e-3;
        Move(chat.Weights, start, gradients, Step / norm);
        double ahead = whole.LossAndGradients(some).Loss;
        Move(chat.Weights, start, gradients, -Step / norm);
        double behind = whole.LossAndGradients(some).Loss;
        Assert.Equal(1, (ahead - behind) / (2 * Step) / norm, 0.02);
    }

    [Fact]
    public void Killed_at_random_moments_the_result_is_the_same_whatever_the_threads()
    {
        string undisturbed = Path.Combine(_root, "undisturbed");
        TinyDpo.Run(undisturbed, threads: 3);
        string folder = Path.Combine(_root, "killed");
        KilledProcess.TrainToTheEnd(TinyDpo.Verb, folder, "dpo", seed: 2);
        foreach (string name in Directory.GetFiles(Path.Combine(undisturbed, "dpo")).Select(path => Path.GetFileName(path)!))
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(undisturbed, "dpo", name)), File.ReadAllBytes(Path.Combine(folder, "dpo", name)));
        }
    }

    [Fact]
    public void Without_a_usable_comparison_the_error_says_why()
    {
        AlignmentDataException error = Assert.Throws<AlignmentDataException>(
            () => TinyDpo.Run(
                _root, comparisons: [TinyDpo.Comparisons[9], TinyDpo.Comparisons[0] with { Rejected = TinyDpo.Comparisons[0].Chosen }]));
        Assert.Contains("1 held out", error.Message, StringComparison.Ordinal);
        Assert.Contains("1 with two equal answers", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static unsafe Span<float> Flat(LlamaWeights weights) => new(weights.FlatPointer, (int)weights.FlatLength);

    private static void Move(LlamaWeights weights, float[] start, float[] direction, double distance)
    {
        Span<float> flat = Flat(weights);
        for (int i = 0; i < start.Length; i++)
        {
            flat[i] = (float)(start[i] + (distance * direction[i]));
        }
    }

    private sealed class OnNotice(Action<string> action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Notice is { } notice)
            {
                action(notice);
            }
        }
    }
}
