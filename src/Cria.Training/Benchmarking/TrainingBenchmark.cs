using System.Diagnostics;
using Cria.Compute;
using Cria.Compute.Benchmarking;
using Cria.Models;

namespace Cria.Training.Benchmarking;

/// <summary>
/// Training speed on random tokens, by the protocol of the PyTorch script it is compared with: whole optimiser steps with clipping and
/// AdamW, the median of several after a few for warming up.
/// </summary>
public static class TrainingBenchmark
{
    /// <summary>Measures.</summary>
    /// <param name="options">Shape and protocol.</param>
    /// <param name="device">The device to compute on, with as many threads as the options say.</param>
    public static TrainingBenchmarkResult Run(TrainingBenchmarkOptions options, CpuDevice device)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(device);
        double peak = FmaPeak.MeasureMedian(device);
        TimingDevice timing = new(device);
        LlamaConfig config = options.Config;
        int batchTokens = options.Batch * options.Sequence;
        int passTokens = options.PassTokens > 0 ? options.PassTokens : PassSize.Choose(config, options.Sequence, batchTokens);
        using LlamaWeights weights = new(config);
        weights.InitializeRandom(0);
        using LoraAdapter? adapter = options.Lora is { } lora ? LoraAdapter.Create(config, lora, 0) : null;
        using Trainer trainer = new(
            weights, timing, new AdamWSettings(), new LearningRateSchedule(3e-4, 0, long.MaxValue), passTokens, adapter);
        TokenBatch batch = new(batchTokens);
        DeterministicRandom random = new(0);
        int[] window = new int[options.Sequence + 1];
        double[] milliseconds = new double[options.Steps];
        double loss = 0;
        for (int step = 0; step < options.Warmup; step++)
        {
            FillRandom(batch, window, ref random, options);
            trainer.Step(batch);
        }

        timing.Reset();
        using ThreadFaults faults = new(device.Team);
        double[] faultsOfSteps = new double[options.Steps];
        double[] allocated = new double[options.Steps];
        for (int step = 0; step < options.Steps; step++)
        {
            FillRandom(batch, window, ref random, options);
            long faultsBefore = faults.Count();
            long allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
            long start = Stopwatch.GetTimestamp();
            loss = trainer.Step(batch).Loss;
            milliseconds[step] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            allocated[step] = GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore;
            faultsOfSteps[step] = faultsBefore < 0 ? -1 : faults.Count() - faultsBefore;
        }

        double median = Median(milliseconds);
        return new TrainingBenchmarkResult
        {
            Options = options,
            Parameters = config.ParameterCount,
            TokensPerSecond = batchTokens / median * 1000,
            StepMilliseconds = median,
            PeakMebibytes = ProcessFigures.PeakMebibytes(),
            Loss = loss,
            StepOperations = StepOperations(config, options.Sequence, batchTokens, options.Lora),
            PeakGigaflops = Math.Max(peak, FmaPeak.MeasureMedian(device)),
            Operations = [.. timing.Operations.Select(operation => operation with
            {
                Calls = operation.Calls / options.Steps,
                Seconds = operation.Seconds / options.Steps,
                Flop = operation.Flop / options.Steps,
            })],
            AllocatedBytesPerStep = (long)Median(allocated),
            PageFaultsPerStep = Median(faultsOfSteps),
        };
    }

    /// <summary>
    /// Floating-point operations of the products of one step: forward once, backward twice as much, or once where the weights are frozen
    /// under an adapter, which adds its own thin products. Attention counts the visible half of its scores. What is computed a second time
    /// in the backward pass is not counted, nor is merging the adapter.
    /// </summary>
    /// <param name="config">The model.</param>
    /// <param name="sequenceTokens">Tokens of each sequence.</param>
    /// <param name="tokens">Tokens of the step.</param>
    /// <param name="lora">An adapter that is trained instead of the weights, or null.</param>
    public static double StepOperations(LlamaConfig config, int sequenceTokens, long tokens, LoraSettings? lora = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        AttentionShape shape = config.AttentionShape;
        double layer = ((2.0 * shape.QueryColumns) + (2.0 * shape.KeyColumns) + (3.0 * config.HiddenDim)) * config.Dim;
        double attention = 2.0 * shape.QueryColumns * (sequenceTokens + 1) / 2;
        double head = (double)config.VocabularySize * config.Dim;
        if (lora is null)
        {
            return 3 * 2 * tokens * ((config.Layers * (layer + attention)) + head);
        }

        using LoraWeights adapter = new(config, lora);
        return 2.0 * tokens * ((config.Layers * ((2 * layer) + (3 * attention))) + (2 * head) + (2 * adapter.Flat.Length));
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
    }

    private static void FillRandom(TokenBatch batch, int[] window, ref DeterministicRandom random, TrainingBenchmarkOptions options)
    {
        batch.Clear();
        for (int s = 0; s < options.Batch; s++)
        {
            for (int i = 0; i < window.Length; i++)
            {
                window[i] = random.NextInt(options.Shape.Vocabulary);
            }

            batch.AddNextToken(window);
        }
    }
}
