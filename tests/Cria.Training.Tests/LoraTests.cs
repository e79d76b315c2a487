using System.Text.Json;
using Cria.Compute;
using Cria.Models;
using Cria.Testing;

namespace Cria.Training.Tests;

/// <summary>Low-rank adapters against PEFT's values, finite differences and merged weights.</summary>
public sealed class LoraTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cria-lora-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AdapterGivesTheRecordedLogitsLossAndGradients()
    {
        using Golden golden = new();
        using LoraAdapter adapter = new(golden.Adapter);
        using CpuDevice device = new(2);
        using TrainingNetwork network = new(golden.Model.Weights, null, device, golden.Batch.Tokens, adapter);
        AssertLogits(golden, network, device);

        // A batch in which the last token has no target, as the recorded mean over the others.
        double loss = network.LossAndGradients(golden.Batch, 1 / golden.Batch.TotalLossWeight);
        Assert.Equal(golden.Expected.GetProperty("next_token_loss").GetDouble(), loss, 1e-5);

        // Saved like an adapter, the gradients are in PEFT's order.
        PeftDirectory.Save(_folder, adapter.Gradients, "gradients");
        using SafetensorsFile saved = SafetensorsFile.Open(Path.Combine(_folder, "adapter_model.safetensors"));
        int compared = 0;
        foreach (JsonProperty expected in golden.Expected.GetProperty("gradients").EnumerateObject())
        {
            string name = "base_model.model." + expected.Name.Replace(".default", "");
            Assert.True(saved.TryGetTensor(name, out SafetensorsTensor? tensor), name);
            float[] found = new float[tensor.Length];
            saved.Read(tensor, 0, found);
            double norm = expected.Value.GetProperty("norm").GetDouble();
            Assert.Equal(norm, Math.Sqrt(found.Sum(value => (double)value * value)), 2e-5 * norm);
            double[] first = [.. expected.Value.GetProperty("first8").EnumerateArray().Select(value => value.GetDouble())];
            for (int i = 0; i < first.Length; i++)
            {
                Assert.Equal(first[i], found[i], 1e-5 * norm);
            }

            compared++;
        }

        Assert.Equal(12, compared);
        Assert.Equal(12, saved.Tensors.Count);
    }

    [Fact]
    public void MergedWeightsGiveTheSameLogitsAndUnmergedOnesAreTheOldOnes()
    {
        using Golden golden = new();
        using CpuDevice device = new(2);
        float[] before = golden.Model.Weights.Flat.Span.ToArray();
        golden.Adapter.MergeInto(golden.Model.Weights, device);
        using TrainingNetwork network = new(golden.Model.Weights, null, device, golden.Batch.Tokens);
        AssertLogits(golden, network, device);

        golden.Adapter.RemoveFrom(golden.Model.Weights, device);
        float[] after = golden.Model.Weights.Flat.Span.ToArray();
        for (int i = 0; i < before.Length; i++)
        {
            Assert.Equal(before[i], after[i], 2e-7);
        }
    }

    [Fact]
    public void SavedAdapterIsTheLoadedOne()
    {
        using Golden golden = new();
        PeftDirectory.Save(_folder, golden.Adapter, "../gqa-untied");
        using LoraWeights loaded = PeftDirectory.Load(_folder, golden.Model.Config);
        Assert.Equal(golden.Adapter.Settings, loaded.Settings);
        Assert.Equal(golden.Adapter.Flat.Span, loaded.Flat.Span);
    }

    [Theory]
    [InlineData(LoraTargets.All, 0, false)]
    [InlineData(LoraTargets.Key | LoraTargets.AttentionOutput | LoraTargets.Up, 1, true)]
    [InlineData(LoraTargets.Gate, 0, false)]
    public void GradientsEqualFiniteDifferences(LoraTargets targets, int firstLayer, bool rankStabilized)
    {
        using LlamaWeights weights = TinyModel.Weights();
        LoraSettings settings = new(3, 5, targets) { FirstLayer = firstLayer, RankStabilized = rankStabilized };
        using LoraWeights values = new(TinyModel.Config, settings);
        DeterministicRandom random = new(4);
        foreach (ref float value in values.Flat.Span)
        {
            value = (float)(0.3 * random.NextGaussian());
        }

        using LoraAdapter adapter = new(values);
        using CpuDevice device = new(2);
        TokenBatch batch = TinyModel.Batch(3, 7, 12, 3);
        using TrainingNetwork network = new(weights, null, device, batch.Tokens, adapter);
        double scale = 1 / batch.TotalLossWeight;
        network.LossAndGradients(batch, scale);
        foreach ((LoraPart part, LoraPart gradient) in Enumerable.Range(0, TinyModel.Config.Layers)
            .SelectMany(layer => values.Parts(layer).Zip(adapter.Gradients.Parts(layer))))
        {
            foreach ((Tensor tensor, Tensor slope) in new[] { (part.A, gradient.A), (part.B, gradient.B) })
            {
                float[] original = tensor.Span.ToArray();
                double[] direction = [.. original.Select(_ => random.NextGaussian())];
                double length = Math.Sqrt(direction.Sum(d => d * d));
                double expected = direction.Select((d, i) => d / length * slope.Span[i]).Sum();
                double Loss(double step)
                {
                    for (int i = 0; i < original.Length; i++)
                    {
                        tensor.Span[i] = (float)(original[i] + (step * direction[i] / length));
                    }

                    return network.Loss(batch) * scale;
                }

                double found = (Loss(1e-2) - Loss(-1e-2)) / 2e-2;
                original.CopyTo(tensor.Span);
                Assert.True(
                    Math.Abs(found - expected) <= 2e-4 + (5e-3 * Math.Abs(expected)),
                    $"{part.Target}: {expected} by gradient, {found}");
            }
        }
    }

    [Fact]
    public void NewAdapterChangesNothingAndTrainingItLeavesTheBaseAlone()
    {
        using LlamaWeights weights = TinyModel.Weights();
        float[] before = weights.Flat.Span.ToArray();
        using LoraAdapter adapter = LoraAdapter.Create(TinyModel.Config, new LoraSettings(2, 4), seed: 1);
        using CpuDevice device = new(2);
        TokenBatch batch = TinyModel.Batch(3, 7, 12, 3);
        using Trainer trainer = new(weights, device, new AdamWSettings(), new LearningRateSchedule(1e-2, 0, 40), 16, adapter);
        using TrainingNetwork plain = new(weights, null, device, 16);
        double first = plain.Loss(batch);
        Assert.Equal(first, trainer.Network.Loss(batch), 1e-9);
        for (int step = 0; step < 40; step++)
        {
            trainer.Step(batch);
        }

        Assert.Equal(before, weights.Flat.Span.ToArray());
        double trained = trainer.Network.Loss(batch);
        Assert.True(trained < 0.9 * first, $"{first} to {trained}");

        adapter.Weights.MergeInto(weights, device);
        Assert.Equal(trained, plain.Loss(batch), 1e-4);
    }

    [Fact]
    public void SteadyStepsAllocateNothing()
    {
        using LlamaWeights weights = TinyModel.Weights();
        using LoraAdapter adapter = LoraAdapter.Create(TinyModel.Config, new LoraSettings(2, 4), seed: 1);
        using CpuDevice device = new(2);
        TokenBatch batch = TinyModel.Batch(3, 7, 12, 3, 9);
        using Trainer trainer = new(weights, device, new AdamWSettings(), new LearningRateSchedule(1e-3, 0, 10), 16, adapter);
        for (int i = 0; i < 3; i++)
        {
            trainer.Step(batch);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        trainer.Step(batch);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void NumberOfThreadsChangesNoBit()
    {
        float[][] results = [.. new[] { 1, 2, 3 }.Select(threads =>
        {
            using LlamaWeights weights = TinyModel.Weights();
            using LoraAdapter adapter = LoraAdapter.Create(TinyModel.Config, new LoraSettings(3, 4), seed: 1);
            using CpuDevice device = new(threads);
            using Trainer trainer = new(weights, device, new AdamWSettings(), new LearningRateSchedule(1e-2, 0, 10), 16, adapter);
            for (int step = 0; step < 3; step++)
            {
                trainer.Step(TinyModel.Batch(3, 7, 12, 3));
            }

            return adapter.Weights.Flat.Span.ToArray();
        })];
        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    /// <summary>A real model: grouped heads, a tied head, weights dequantised from 4 bits.</summary>
    [Fact]
    public void AdapterTrainsSmolLm2()
    {
        using LoadedModel model = ModelLoader.Load(SharedData.Data("smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"));
        int[] ids = model.Tokenizer!.Encode("The llama walked up the hill, and then the llama walked down the hill again.");
        TokenBatch batch = new(ids.Length);
        batch.AddNextToken(ids);
        using LoraAdapter adapter = LoraAdapter.Create(model.Config, new LoraSettings(4, 8) { FirstLayer = 26 }, seed: 1);
        using CpuDevice device = new(2);
        using Trainer trainer = new(
            model.Weights, device, new AdamWSettings(), new LearningRateSchedule(1e-2, 0, 10), batch.Tokens, adapter);
        double before = trainer.Step(batch).Loss;
        for (int step = 0; step < 4; step++)
        {
            trainer.Step(batch);
        }

        double after = trainer.Network.Loss(batch) / batch.TotalLossWeight;
        Assert.InRange(before, 1.5, 4.5);
        Assert.True(after < before - 0.3, $"{before} to {after}");
        adapter.Weights.MergeInto(model.Weights, device);
        using TrainingNetwork merged = new(model.Weights, null, device, batch.Tokens);
        Assert.Equal(after, merged.Loss(batch) / batch.TotalLossWeight, 1e-4);
    }

    private static void AssertLogits(Golden golden, TrainingNetwork network, CpuDevice device)
    {
        Tensor hidden = network.Forward(golden.Batch);
        using NativeBuffer memory = new(hidden.Rows * (long)golden.Model.Config.VocabularySize * sizeof(float));
        Tensor logits = memory.Tensor(0, hidden.Rows, golden.Model.Config.VocabularySize);
        device.Linear(hidden, golden.Model.Weights.Head, logits);
        JsonElement[] rows = [.. golden.Expected.GetProperty("logits").EnumerateArray()];
        int[] positions = [.. golden.Expected.GetProperty("logits_positions").EnumerateArray().Select(value => value.GetInt32())];
        for (int i = 0; i < rows.Length; i++)
        {
            float[] found = logits.Row(positions[i]).ToArray();
            double[] expected = [.. rows[i].EnumerateArray().Select(value => value.GetDouble())];
            Assert.Equal(expected.Length, found.Length);
            for (int v = 0; v < found.Length; v++)
            {
                Assert.Equal(expected[v], found[v], 1e-4);
            }
        }
    }

    private sealed class Golden : IDisposable
    {
        private readonly JsonDocument _json;

        public Golden()
        {
            string folder = SharedData.Golden("hf/gqa-untied-lora");
            _json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
            Model = HuggingFaceDirectory.Load(SharedData.Golden("hf/gqa-untied"));
            Adapter = PeftDirectory.Load(folder, Model.Config);
            int[] ids = [.. Expected.GetProperty("ids").EnumerateArray().Select(value => value.GetInt32())];
            Batch = new TokenBatch(ids.Length);
            Batch.Add(ids, [.. ids[1..], TokenBatch.NoTarget]);
        }

        public JsonElement Expected => _json.RootElement;

        public LoadedModel Model { get; }

        public LoraWeights Adapter { get; }

        public TokenBatch Batch { get; }

        public void Dispose()
        {
            _json.Dispose();
            Model.Dispose();
            Adapter.Dispose();
        }
    }
}
