using Cria.Compute;
using Cria.Models;

namespace Cria.Alignment.Tests;

public sealed class FeatureRewardTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("cria-features-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(FeaturePooling.Mean)]
    [InlineData(FeaturePooling.AnswerMean)]
    [InlineData(FeaturePooling.Last)]
    [InlineData(FeaturePooling.MeanAndLast)]
    public void A_head_over_frozen_features_learns_and_is_loaded_as_a_reward_model(FeaturePooling pooling)
    {
        using CpuDevice device = new(2);
        using LoadedModel start = SaveChat();
        FeatureTrainingResult result = Run(start, TinyReward.Comparisons(120), "head", device, pooling);
        Assert.Equal(120, result.Data.Used);
        Assert.Contains(result.Penalty, result.Validation.Select(tried => tried.Penalty));
        Assert.Equal(result.Validation.Min(tried => tried.Loss), result.Validation.First(tried => tried.Penalty == result.Penalty).Loss);
        using RewardModel reward = RewardModel.Load(Path.Combine(_root, "head"), device);
        Comparison[] unseen = TinyReward.Comparisons(40, first: 1000);
        double[] chosen = Scores(reward, unseen, pair => pair.Chosen);
        double[] rejected = Scores(reward, unseen, pair => pair.Rejected);
        int right = chosen.Where((score, i) => score > rejected[i]).Count();
        Assert.True(right >= 36, $"{right} of 40");
    }

    [Fact]
    public void The_cache_gives_the_same_head_and_survives_a_torn_end()
    {
        using CpuDevice device = new(1);
        using LoadedModel start = SaveChat();
        Comparison[] pairs = TinyReward.Comparisons(30);
        Run(start, pairs, "first", device);
        string cache = Directory.GetFiles(Path.Combine(_root, "cache")).Single();
        long whole = new FileInfo(cache).Length;
        using (FileStream file = File.OpenWrite(cache))
        {
            file.SetLength(whole - 37);
        }

        int computed = 0;
        Run(start, pairs, "second", device, progress: () => computed++);
        Assert.Equal(1, computed);
        Assert.Equal(whole, new FileInfo(cache).Length);
        Run(start, pairs, "third", device, progress: () => computed++);
        Assert.Equal(1, computed);
        Assert.Equal(Head("first"), Head("second"));
        Assert.Equal(Head("first"), Head("third"));
    }

    [Fact]
    public void A_head_is_refused_over_another_model()
    {
        using CpuDevice device = new(1);
        using (LoadedModel start = SaveChat())
        {
            Run(start, TinyReward.Comparisons(10), "head", device);
        }

        using LoadedModel other = SaveChat(seed: 2);
        InvalidModelFileException error = Assert.Throws<InvalidModelFileException>(
            () => RewardModel.Load(Path.Combine(_root, "head"), device));
        Assert.Contains("weights differ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_to_a_head_is_a_clear_error()
    {
        using CpuDevice device = new(1);
        using LoadedModel start = SaveChat();
        Run(start, TinyReward.Comparisons(10), "head", device);
        string path = Path.Combine(_root, "head", "reward_features.json");
        byte[] good = File.ReadAllBytes(path);
        DeterministicRandom random = new(3);
        for (int i = 0; i < 200; i++)
        {
            byte[] bad = [.. good];
            bad[random.NextInt(bad.Length)] = (byte)random.NextInt(256);
            File.WriteAllBytes(path, bad[..(i % 4 == 0 ? random.NextInt(bad.Length) : bad.Length)]);
            try
            {
                RewardModel.Load(Path.Combine(_root, "head"), device).Dispose();
            }
            catch (IOException)
            {
                // Also every InvalidModelFileException: what a damaged file may lead to.
            }
        }
    }

    [Fact]
    public void The_fit_is_the_minimum_of_its_objective()
    {
        DeterministicRandom random = new(7);
        double[][] differences = [.. Enumerable.Range(0, 50).Select(
            _ => Enumerable.Range(0, 11).Select(_ => random.NextGaussian()).ToArray())];
        double[] margins = [.. Enumerable.Range(0, 50).Select(i => i % 3 / 2.0)];
        double[] weights = RankingRegression.Fit(differences, margins, 0.1);
        double least = RankingRegression.Objective(differences, margins, weights, 0.1);
        for (int i = 0; i < weights.Length; i++)
        {
            foreach (double step in new[] { 1e-3, -1e-3 })
            {
                double[] moved = [.. weights];
                moved[i] += step;
                Assert.True(RankingRegression.Objective(differences, margins, moved, 0.1) > least);
            }
        }
    }

    [Fact]
    public void A_layer_that_the_model_lacks_is_refused()
    {
        using CpuDevice device = new(1);
        using LoadedModel start = SaveChat();
        ArgumentException error = Assert.Throws<ArgumentException>(() => FeatureRewardTraining.Run(
            new FeatureTrainingSettings { Features = new RewardFeatures(3) }, start, TinyReward.Comparisons(2),
            Path.Combine(_root, "head"), device));
        Assert.Contains("1..2", error.Message, StringComparison.Ordinal);
    }

    private FeatureTrainingResult Run(
        LoadedModel start, Comparison[] pairs, string name, Device device, FeaturePooling pooling = FeaturePooling.Last,
        Action? progress = null) =>
        FeatureRewardTraining.Run(
            new FeatureTrainingSettings { Features = new RewardFeatures(1, pooling), CacheFolder = Path.Combine(_root, "cache") },
            start, pairs, Path.Combine(_root, name), device, progress is null ? null : new OnEvery(progress));

    private static double[] Scores(RewardModel reward, Comparison[] pairs, Func<Comparison, AnswerText> answer) =>
        reward.Score([.. pairs.Select(pair => new AnsweredPrompt(new AlignmentPrompt("p", pair.Prompt), answer(pair)))]);

    private string Head(string name) => File.ReadAllText(Path.Combine(_root, name, "reward_features.json"));

    private LoadedModel SaveChat(ulong seed = 1)
    {
        using TinyReward tiny = new(seed, scalarHead: false);
        string folder = Path.Combine(_root, "chat");
        HuggingFaceDirectory.Save(
            folder, tiny.Model.Weights, TinyChat.Tokenizer, new HuggingFaceSaveOptions { ChatFormat = ChatFormat.Llama2 });
        return HuggingFaceDirectory.Load(folder);
    }

    private sealed class OnEvery(Action action) : IProgress<(int Done, int All)>
    {
        public void Report((int Done, int All) value) => action();
    }
}
