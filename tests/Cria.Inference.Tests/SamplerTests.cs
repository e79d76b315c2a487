using Cria.Models;

namespace Cria.Inference.Tests;

public sealed class SamplerTests
{
    private static readonly float[] Logits = [1.5f, -0.5f, 3f, 0.2f, 2.9f, -4f, 1.5f, 0f, 2f, -1f];

    [Fact]
    public void Greedy_takes_the_most_likely_and_of_equals_the_first()
    {
        DeterministicRandom random = new(1);
        Sampler sampler = new(1000);
        float[] logits = new float[1000];
        logits[77] = logits[801] = 2;
        Assert.Equal(77, sampler.Sample(logits, SamplingOptions.Greedy, [], ref random).Id);
        Assert.Equal(new DeterministicRandom(1), random);
    }

    [Fact]
    public void Log_probabilities_are_the_models_own_whatever_the_sampling()
    {
        double[] model = Softmax(Logits, 1);
        Sampler sampler = new(10);
        DeterministicRandom random = new(2);
        foreach (SamplingOptions options in new[]
        {
            SamplingOptions.Greedy,
            new SamplingOptions { Temperature = 1, TopP = 1 },
            new SamplingOptions { Temperature = 0.7f, TopP = 0.8f, RepetitionPenalty = 1.3f },
            new SamplingOptions { Temperature = 2, TopK = 3, MinP = 0.1f },
            SamplingOptions.Greedy with { RepetitionPenalty = 5 },
        })
        {
            SampledToken token = sampler.Sample(Logits.ToArray(), options, [2, 4, 5, 2], ref random);
            Assert.Equal(Math.Log(model[token.Id]), token.LogProbability, 1e-5);
        }

        SampledToken full = sampler.Sample(Logits.ToArray(), new SamplingOptions { Temperature = 1, TopP = 1 }, [], ref random);
        Assert.Equal(full.LogProbability, full.SamplingLogProbability, 1e-6);
    }

    [Theory]
    [InlineData(1, 0, 1, 0, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 })]
    [InlineData(1, 1, 1, 0, new[] { 2 })]
    [InlineData(1, 3, 1, 0, new[] { 2, 4, 8 })]
    [InlineData(1, 4, 1, 0, new[] { 0, 2, 4, 8 })] // 0 and 6 are equal: the lower id wins
    [InlineData(1, 99, 1, 0, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 })]
    [InlineData(1, 0, 1e-6f, 0, new[] { 2 })]
    [InlineData(1, 0, 0.3f, 0, new[] { 2 })] // the first alone has 0.353
    [InlineData(1, 0, 0.36f, 0, new[] { 2, 4 })]
    [InlineData(1, 0, 0.68f, 0, new[] { 2, 4, 8 })]
    [InlineData(1, 2, 0.53f, 0, new[] { 2, 4 })] // of the two left, the first has 0.525
    [InlineData(1, 2, 0.52f, 0, new[] { 2 })]
    [InlineData(1, 0, 1, 0.9f, new[] { 2, 4 })]
    [InlineData(1, 0, 1, 0.3f, new[] { 2, 4, 8 })]
    [InlineData(0.5f, 0, 1, 0.3f, new[] { 2, 4 })]
    [InlineData(1, 0, 1, 1, new[] { 2 })]
    [InlineData(1, 4, 0.9f, 0.3f, new[] { 2, 4, 8 })]
    public void Filters_keep_exactly_these(float temperature, int topK, float topP, float minP, int[] expected)
    {
        SamplingOptions options = new() { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP };
        (int Id, double Probability)[] kept = [.. new Sampler(10).Distribution(Logits.ToArray(), options)];
        Assert.Equal(expected, kept.Select(k => k.Id));
        double[] model = Softmax(Logits, temperature);
        double sum = expected.Sum(id => model[id]);
        Assert.All(kept, k => Assert.Equal(model[k.Id] / sum, k.Probability, 1e-6));
    }

    [Fact]
    public void Filters_equal_a_literal_sort_on_random_distributions()
    {
        DeterministicRandom random = new(3);
        Sampler sampler = new(500);
        for (int trial = 0; trial < 300; trial++)
        {
            float spread = random.NextSingle() * 6;
            int grid = random.NextInt(3) == 0 ? 2 : 1000; // coarse values give many ties
            float[] logits = [.. Enumerable.Range(0, 1 + random.NextInt(500))
                .Select(_ => MathF.Round((float)random.NextGaussian() * spread * grid) / grid)];
            SamplingOptions options = new()
            {
                Temperature = 0.3f + random.NextSingle(),
                TopK = random.NextInt(2) * random.NextInt(100),
                TopP = random.NextInt(3) == 0 ? 1 : Math.Max(0.01f, random.NextSingle()),
                MinP = random.NextInt(2) * random.NextSingle() * 0.2f,
            };
            Assert.Equal(LiteralSupport(logits, options), sampler.Distribution(logits, options).Select(k => k.Id));
        }
    }

    [Fact]
    public void Draws_follow_the_distribution()
    {
        foreach (SamplingOptions options in new[]
        {
            new SamplingOptions { Temperature = 1, TopP = 1 },
            new SamplingOptions { Temperature = 1.5f, TopP = 1 },
            new SamplingOptions { Temperature = 1, TopP = 0.95f },
            new SamplingOptions { Temperature = 1, TopP = 1, TopK = 5 },
        })
        {
            const int draws = 50_000;
            Sampler sampler = new(10);
            DeterministicRandom random = new(4);
            (int Id, double Probability)[] expected = [.. sampler.Distribution(Logits.ToArray(), options)];
            int[] counts = new int[10];
            for (int i = 0; i < draws; i++)
            {
                SampledToken token = sampler.Sample(Logits.ToArray(), options, [], ref random);
                counts[token.Id]++;
                Assert.Equal(Math.Log(expected.Single(e => e.Id == token.Id).Probability), token.SamplingLogProbability, 1e-5);
            }

            double chiSquare = expected.Sum(e => Math.Pow(counts[e.Id] - (draws * e.Probability), 2) / (draws * e.Probability));

            // The seed is fixed: it passes always or never.
            Assert.True(chiSquare < 27.9, $"χ² = {chiSquare}: beyond the 0.1% point of 9 degrees of freedom.");
        }
    }

    [Fact]
    public void Draws_from_a_large_vocabulary_follow_the_distribution()
    {
        DeterministicRandom random = new(5);
        float[] logits = [.. Enumerable.Range(0, 3000).Select(_ => (float)random.NextGaussian())];
        double[] model = Softmax(logits, 1);
        Sampler sampler = new(3000);
        int[] tenths = new int[10];
        double[] cumulative = new double[3000];
        for (int i = 1; i < 3000; i++)
        {
            cumulative[i] = cumulative[i - 1] + model[i - 1];
        }

        const int draws = 20_000;
        for (int i = 0; i < draws; i++)
        {
            tenths[(int)(cumulative[sampler.Sample(logits, new SamplingOptions { Temperature = 1, TopP = 1 }, [], ref random).Id] * 10)]++;
        }

        Assert.All(tenths, count => Assert.InRange(count, draws / 10 * 0.9, draws / 10 * 1.1));
    }

    [Fact]
    public void Repetition_penalty_lowers_what_was_said()
    {
        DeterministicRandom random = new(6);
        Sampler sampler = new(4);
        SamplingOptions options = SamplingOptions.Greedy with { RepetitionPenalty = 2 };
        Assert.Equal(1, sampler.Sample((float[])[3, 2, -1, -3], options, [0, 0], ref random).Id);
        Assert.Equal(3, sampler.Sample((float[])[-3, -2, -1, -1.5f], options, [2], ref random).Id);
        float[] logits = [3, 2, -1, -3];
        sampler.Sample(logits, options, [0, 2, 0], ref random);
        Assert.Equal([1.5f, 2, -2, -3], logits);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Damaged_logits_are_an_error(float bad)
    {
        DeterministicRandom random = new(7);
        Assert.Throws<InvalidDataException>(() => new Sampler(20).Sample(
            [.. Enumerable.Repeat(1f, 19), bad], SamplingOptions.Greedy, [], ref random));
    }

    [Fact]
    public void Impossible_options_are_named()
    {
        AssertInvalid(new SamplingOptions { Temperature = -1 }, "Temperature");
        AssertInvalid(new SamplingOptions { Temperature = float.NaN }, "Temperature");
        AssertInvalid(new SamplingOptions { TopP = 0 }, "TopP");
        AssertInvalid(new SamplingOptions { TopP = 1.1f }, "TopP");
        AssertInvalid(new SamplingOptions { TopK = -1 }, "TopK");
        AssertInvalid(new SamplingOptions { MinP = 2 }, "MinP");
        AssertInvalid(new SamplingOptions { RepetitionPenalty = 0 }, "RepetitionPenalty");
        AssertInvalid(new SamplingOptions { MaxTokens = -1 }, "MaxTokens");
        AssertInvalid(new SamplingOptions { StopStrings = [""] }, "stop string");
        new SamplingOptions().Validate();
    }

    private static void AssertInvalid(SamplingOptions options, string name) =>
        Assert.Contains(name, Assert.ThrowsAny<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);

    private static double[] Softmax(float[] logits, double temperature)
    {
        double[] weights = [.. logits.Select(x => Math.Exp((x - logits.Max()) / temperature))];
        return [.. weights.Select(w => w / weights.Sum())];
    }

    private static int[] LiteralSupport(float[] logits, SamplingOptions options)
    {
        float inverse = 1 / options.Temperature;
        (int Id, float Weight)[] sorted = [.. logits
            .Select((x, id) => (Id: id, Weight: MathF.Exp((x - logits.Max()) * inverse)))
            .OrderByDescending(t => logits[t.Id]).ThenBy(t => t.Id)];
        if (options.TopK > 0)
        {
            sorted = [.. sorted.Take(options.TopK)];
        }

        double total = sorted.Sum(t => (double)t.Weight);
        double before = 0;
        List<(int Id, float Weight)> nucleus = [];
        foreach ((int Id, float Weight) token in sorted)
        {
            if (options.TopP >= 1 || before <= options.TopP * total)
            {
                nucleus.Add(token);
            }

            before += token.Weight;
        }

        return [.. nucleus.Where(t => t.Weight >= Math.Max(options.MinP, Sampler.SmallestWeight)).Select(t => t.Id).Order()];
    }
}
