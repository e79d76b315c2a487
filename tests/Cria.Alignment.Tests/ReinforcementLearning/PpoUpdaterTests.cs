using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment.Tests;

public sealed class PpoUpdaterTests : IDisposable
{
    private readonly TinyChat _chat = new();
    private readonly CpuDevice _device = new(2);

    [Fact]
    public void Sampled_log_probabilities_are_the_trainers()
    {
        RolloutBatch rollouts = Sample(12);
        double[] forward = new double[rollouts.TokenCount];
        using AnswerForward pass = new(_chat.Weights, _device);
        pass.Run(rollouts.Sequences, forward);
        using LlamaWeights gradients = new(_chat.Config);
        using TrainingNetwork network = new(_chat.Weights, gradients, _device, 2048);
        TokenBatch batch = new(2048);
        foreach (EncodedAnswer answer in rollouts.Sequences)
        {
            (int[] ids, int[] targets) = AnswerTargets.Of(answer);
            batch.Add(ids, targets);
        }

        float[] all = new float[batch.Tokens];
        _device.LogProbabilities(network.Forward(batch), _chat.Weights.Head, batch.Targets, all, default);
        float[] trainer = [.. all.Where((_, t) => batch.Targets[t] != TokenBatch.NoTarget)];
        Assert.Equal(rollouts.TokenCount, trainer.Length);
        for (int t = 0; t < trainer.Length; t++)
        {
            Assert.Equal(trainer[t], rollouts.OldLogProbabilities[t], 1e-5);
            Assert.Equal(trainer[t], forward[t], 1e-5);
        }
    }

    [Fact]
    public void The_loss_does_not_depend_on_the_size_of_a_pass()
    {
        RolloutBatch rollouts = Estimated(16);
        (PpoUpdateFigures whole, float[] wholeGradients, float[] wholeHead) = Gradients(rollouts, passTokens: 4096);
        foreach (int passTokens in new[] { 1, 100, 333 })
        {
            (PpoUpdateFigures parts, float[] gradients, float[] head) = Gradients(rollouts, passTokens);
            Assert.Equal(whole.PolicyLoss, parts.PolicyLoss, 1e-4);
            Assert.Equal(whole.ValueLoss, parts.ValueLoss, 1e-4);
            AssertClose(wholeGradients, gradients);
            AssertClose(wholeHead, head);
        }
    }

    [Fact]
    public void The_gradient_is_the_slope_of_the_loss()
    {
        PpoSettings settings = TinyPpo.Settings with { ValueLossWeight = 0.5 };
        RolloutBatch rollouts = Estimated(16);
        using PpoUpdater updater = new(_chat.Weights, _device, settings, 128);
        Fill(updater.Value.Weight);
        double Loss()
        {
            int trained = 0;
            PpoUpdateFigures sums = updater.LossAndGradients(rollouts, 0, 16, isFirst: false, ref trained);
            Assert.Equal(rollouts.TokenCount, trained);
            return (sums.PolicyLoss + (settings.ValueLossWeight * sums.ValueLoss)) / trained;
        }

        Loss();
        float[] gradients = Copy(updater.Gradients);
        float[] start = Copy(_chat.Weights);
        double norm = Math.Sqrt(gradients.Sum(g => (double)g * g));
        const double Step = 2e-3;
        Move(start, gradients, Step / norm);
        double ahead = Loss();
        Move(start, gradients, -Step / norm);
        double behind = Loss();
        Assert.Equal(1, (ahead - behind) / (2 * Step) / norm, 0.02);
    }

    [Fact]
    public void Other_log_probabilities_than_the_trainers_are_refused()
    {
        RolloutBatch rollouts = Estimated(8);
        rollouts.OldLogProbabilities[3] += 0.001;
        using PpoUpdater updater = new(_chat.Weights, _device, TinyPpo.Settings, 128);
        PpoInvariantException error = Assert.Throws<PpoInvariantException>(() => updater.Update(rollouts));
        Assert.Contains("instead of 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unfinished_answer_pays_its_penalty_at_its_last_token()
    {
        RolloutBatch plain = Sample(16);
        RolloutBatch penalised = Sample(16);
        double[] rewards = [.. Enumerable.Range(0, 16).Select(i => Math.Sin(i))];
        PpoSettings settings = TinyPpo.Settings with { Lambda = 1 };
        PpoEstimation.Estimate(plain, rewards, 0.1, settings);
        PpoEstimation.Estimate(penalised, rewards, 0.1, settings with { MissingEndPenalty = 2 });
        Assert.Contains(plain.Answers, answer => !answer.IsFinished);
        for (int i = 0; i < 16; i++)
        {
            double difference = plain.Answers[i].IsFinished ? 0 : 2;
            Assert.Equal(plain.Returns[plain.Tokens(i).Start] - difference, penalised.Returns[plain.Tokens(i).Start], 1e-9);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void What_all_answers_to_a_prompt_gain_counts_only_where_it_has_one(int answersPerPrompt)
    {
        RolloutBatch plain = Sample(8, answersPerPrompt);
        RolloutBatch shifted = Sample(8, answersPerPrompt);
        double[] rewards = [.. Enumerable.Range(0, plain.Answers.Count).Select(i => Math.Sin(i))];
        PpoEstimation.Estimate(plain, rewards, 0.1, TinyPpo.Settings);
        PpoEstimation.Estimate(shifted, [.. rewards.Select((r, i) => r + (10 * (i / answersPerPrompt % 3)))], 0.1, TinyPpo.Settings);
        double largest = plain.Advantages.Zip(shifted.Advantages, (a, b) => Math.Abs(a - b)).Max();
        Assert.Equal(answersPerPrompt > 1, largest < 1e-9);
    }

    public void Dispose()
    {
        _device.Dispose();
        _chat.Dispose();
    }

    private RolloutBatch Sample(int count, int answersPerPrompt = 1)
    {
        using AnswerSampler sampler = new(_chat.Weights, TinyChat.Tokenizer, ChatFormat.Llama2, _device);
        AlignmentPrompt[] prompts = TinyPpo.Prompts[..count];
        return new RolloutBatch(prompts, sampler.Sample(prompts, answersPerPrompt, 1, 9, seed: 5));
    }

    /// <summary>Rollouts with values and advantages as in the middle of a training.</summary>
    private RolloutBatch Estimated(int count)
    {
        RolloutBatch rollouts = Sample(count);
        Random random = new(4);
        for (int t = 0; t < rollouts.TokenCount; t++)
        {
            rollouts.Values[t] = random.NextDouble() - 0.5;
            rollouts.ReferenceLogProbabilities[t] = rollouts.OldLogProbabilities[t] + (0.1 * random.NextDouble());
        }

        PpoEstimation.Estimate(rollouts, [.. Enumerable.Range(0, count).Select(_ => random.NextDouble())], 0.1, TinyPpo.Settings);
        return rollouts;
    }

    private (PpoUpdateFigures Sums, float[] Gradients, float[] Head) Gradients(RolloutBatch rollouts, int passTokens)
    {
        using PpoUpdater updater = new(_chat.Weights, _device, TinyPpo.Settings with { PassTokens = passTokens }, 128);
        Fill(updater.Value.Weight);
        int trained = 0;
        PpoUpdateFigures sums = updater.LossAndGradients(rollouts, 0, rollouts.Answers.Count, isFirst: true, ref trained);
        Assert.Equal(rollouts.TokenCount, trained);
        return (sums, Copy(updater.Gradients), updater.Value.Gradient.Span.ToArray());
    }

    private static void Fill(Tensor head)
    {
        for (int d = 0; d < head.Columns; d++)
        {
            head.Span[d] = 0.1f * MathF.Cos(d);
        }
    }

    private static unsafe Span<float> Flat(LlamaWeights weights) => new(weights.FlatPointer, (int)weights.FlatLength);

    private static float[] Copy(LlamaWeights weights) => Flat(weights).ToArray();

    private void Move(float[] start, float[] direction, double distance)
    {
        Span<float> weights = Flat(_chat.Weights);
        for (int i = 0; i < start.Length; i++)
        {
            weights[i] = (float)(start[i] + (distance * direction[i]));
        }
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        float scale = expected.Max(MathF.Abs);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-5f * scale);
        }
    }
}
