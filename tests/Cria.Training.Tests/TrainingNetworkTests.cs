using Cria.Compute;
using Cria.Models;

namespace Cria.Training.Tests;

public sealed class TrainingNetworkTests
{
    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void GradientsEqualFiniteDifferences(int seed)
    {
        using LlamaWeights weights = TinyModel.Weights((ulong)seed);
        using LlamaWeights gradients = new(TinyModel.Config);
        using CpuDevice device = new(2);
        TokenBatch batch = TinyModel.Batch((ulong)seed, 7, 12, 3);
        using TrainingNetwork network = new(weights, gradients, device, batch.Tokens);
        double scale = 1 / batch.TotalLossWeight;
        network.LossAndGradients(batch, scale);

        // One random direction for each tensor: a wrong gradient of any value shows with probability one.
        foreach (ParameterTensor tensor in weights.Layout.Tensors)
        {
            Span<float> values = weights[tensor].Span;
            float[] original = values.ToArray();
            DeterministicRandom random = new((ulong)seed, 7);
            double[] direction = [.. original.Select(_ => random.NextGaussian())];
            double length = Math.Sqrt(direction.Sum(d => d * d));
            double expected = 0;
            for (int i = 0; i < direction.Length; i++)
            {
                direction[i] /= length;
                expected += direction[i] * gradients[tensor].Span[i];
            }

            const double Step = 1e-2;
            double Loss(double sign)
            {
                Span<float> moved = weights[tensor].Span;
                for (int i = 0; i < original.Length; i++)
                {
                    moved[i] = (float)(original[i] + (sign * Step * direction[i]));
                }

                return network.Loss(batch) * scale;
            }

            double found = (Loss(1) - Loss(-1)) / (2 * Step);
            original.CopyTo(weights[tensor].Span);
            Assert.True(
                Math.Abs(found - expected) <= 2e-4 + (5e-3 * Math.Abs(expected)),
                $"{tensor.Name}: {expected} by gradient, {found}");
        }
    }

    [Fact]
    public void SequencesDoNotSeeEachOther()
    {
        using LlamaWeights weights = TinyModel.Weights();
        using LlamaWeights gradients = new(TinyModel.Config);
        using CpuDevice device = new(2);
        TokenBatch packed = TinyModel.Batch(5, 4, 12, 1, 9);
        using TrainingNetwork network = new(weights, gradients, device, packed.Tokens);
        float[] together = network.Forward(packed).Span.ToArray();

        TokenBatch alone = new(packed.Tokens);
        for (int s = 0; s < packed.Sequences; s++)
        {
            alone.CopyFrom(packed, s, 1);
            float[] expected = network.Forward(alone).Span.ToArray();
            int start = packed.SequenceStarts[s] * TinyModel.Config.Dim;
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i], together[start + i], 1e-5f);
            }
        }
    }

    /// <summary>
    /// What a trunk is, whatever the layers: branches behind one give what whole sequences do, which each begin with a copy.
    /// </summary>
    [Fact]
    public void BranchesGiveWhatWholeSequencesGive()
    {
        using LlamaWeights weights = TinyModel.Weights();
        using CpuDevice device = new(2);
        int[] trunk = [3, 1, 4, 1, 5];
        int[][] branches = [[9, 2, 6], [5], [2, 7, 1, 8, 2, 8]];
        TokenBatch shared = new(40);
        TokenBatch whole = new(40);
        shared.Add([7, 7], [1, 2]);
        whole.Add([7, 7], [1, 2]);
        shared.Add(trunk, []);
        foreach (int[] branch in branches)
        {
            int[] targets = [.. branch.Select(id => id + 1)];
            shared.AddBranch(branch, targets);
            whole.Add([.. trunk, .. branch], [.. trunk.Select(_ => TokenBatch.NoTarget), .. targets]);
        }

        Assert.Equal([-1, -1, 1, 1, 1], shared.Trunks.ToArray());
        Assert.Equal([0, 1, 0, 1, 2, 3, 4, 5, 6, 7, 5, 5, 6, 7, 8, 9, 10], shared.Positions.ToArray());
        using LlamaWeights found = new(TinyModel.Config);
        using LlamaWeights expected = new(TinyModel.Config);
        double loss = Gradients(shared, found);
        Assert.Equal(Gradients(whole, expected), loss, 1e-5);
        float[] gradients = found.Flat.Span.ToArray();
        Assert.All(expected.Flat.Span.ToArray().Zip(gradients), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        Assert.Contains("branches", Assert.Throws<ArgumentException>(() => whole.CopyFrom(shared, 0, 1)).Message);
        shared.Clear();
        Assert.Contains("trunk", Assert.Throws<ArgumentException>(() => shared.AddBranch([1], [])).Message);
        shared.Add(trunk, []);
        Assert.True(shared.Trunks.IsEmpty);

        double Gradients(TokenBatch batch, LlamaWeights into)
        {
            using TrainingNetwork network = new(weights, into, device, batch.Tokens);
            return network.LossAndGradients(batch, 1.0 / batch.TargetTokens);
        }
    }

    [Fact]
    public void LaterTokensDoNotChangeEarlierOnes()
    {
        using LlamaWeights weights = TinyModel.Weights();
        using LlamaWeights gradients = new(TinyModel.Config);
        using CpuDevice device = new(2);
        using TrainingNetwork network = new(weights, gradients, device, 12);
        int[] ids = [3, 1, 4, 1, 5, 9, 2, 6];
        TokenBatch batch = new(12);
        batch.Add(ids, default);
        float[] before = network.Forward(batch).RowRange(0, 5).Span.ToArray();
        ids[5] = 23;
        batch.Clear();
        batch.Add(ids, default);
        Assert.Equal(before, network.Forward(batch).RowRange(0, 5).Span.ToArray());
    }

    [Fact]
    public void GradientFromHiddenStatesLeavesTheHeadAlone()
    {
        using LlamaWeights weights = TinyModel.Weights();
        using LlamaWeights gradients = new(TinyModel.Config);
        using CpuDevice device = new(2);
        TokenBatch batch = TinyModel.Batch(2, 5, 6);
        using TrainingNetwork network = new(weights, gradients, device, batch.Tokens);
        network.Forward(batch);
        network.HiddenGradient.Span.Fill(0.1f);
        network.BackwardFromHidden(network.HiddenGradient);
        Assert.True(gradients.Head.Span.IndexOfAnyExcept(0f) < 0);
        Assert.True(gradients.TokenEmbedding.Span.IndexOfAnyExcept(0f) >= 0);
        Assert.Throws<InvalidOperationException>(() => network.BackwardFromHidden(default));
    }

    [Fact]
    public void WrongBatchesAreRefused()
    {
        using LlamaWeights weights = TinyModel.Weights();
        using LlamaWeights gradients = new(TinyModel.Config);
        using CpuDevice device = new(1);
        using TrainingNetwork network = new(weights, gradients, device, 20);
        Assert.Contains("1 to 20", Assert.Throws<ArgumentException>(() => network.Forward(new TokenBatch(4))).Message);
        Assert.Contains("context is 12", Assert.Throws<ArgumentException>(() => network.Forward(TinyModel.Batch(1, 13))).Message);
        Assert.Throws<ArgumentException>(() => network.Loss(TinyModel.Batch(1, 21)));
        TokenBatch branched = TinyModel.Batch(1, 7);
        TokenBatch long13 = new(13);
        long13.Add(branched.Ids, []);
        long13.AddBranch([1, 2, 3, 4, 5, 6], []);
        Assert.Contains("Sequence 1 has 13", Assert.Throws<ArgumentException>(() => network.Forward(long13)).Message);
        TokenBatch batch = new(4);
        Assert.Throws<ArgumentException>(() => batch.Add([1, 2, 3, 4, 5], default));
        Assert.Throws<ArgumentException>(() => batch.Add([1, 2], [1]));
        Assert.Throws<ArgumentException>(() => batch.AddNextToken([1]));
    }

    [Fact]
    public void StepsOfUnequalPartsAllocateNothing()
    {
        using LlamaWeights weights = TinyModel.Weights();
        using CpuDevice device = new(2);
        TokenBatch batch = TinyModel.Batch(3, 7, 12, 3, 9);
        using Trainer trainer = new(weights, device, new AdamWSettings(), new LearningRateSchedule(1e-3, 0, 10), 16);
        for (int i = 0; i < 3; i++)
        {
            trainer.Step(batch);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        trainer.Step(batch);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
