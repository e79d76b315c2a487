using System.Text.Json;
using Cria.Testing;

namespace Cria.Alignment.Tests;

/// <summary>
/// PPO's arithmetic against values that PyTorch computed in float64. The golden batch is padded, and its value mask reaches one step
/// behind the answer, where the score lands; here each answer is a span of its own length, which must come to the same.
/// </summary>
public sealed class GoldenPpoTests
{
    private const double Tolerance = 1e-11;

    public static TheoryData<int> Cases => [0, 1, 2];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_figure_of_a_case_is_the_golden_one(int number)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(SharedData.Golden("losses.json")));
        JsonElement ppo = json.RootElement.GetProperty("b_ppo");
        new Case(ppo, ppo.GetProperty("cases")[number]).Check();
    }

    [Fact]
    public void Whitening_is_the_golden_one()
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(SharedData.Golden("losses.json")));
        JsonElement golden = json.RootElement.GetProperty("b_ppo").GetProperty("masked_whiten");
        double[][] x = Rows(golden.GetProperty("x"));
        double[][] mask = Rows(golden.GetProperty("mask"));
        double[] valid = [.. x.SelectMany((row, i) => row.Where((_, j) => mask[i][j] == 1))];
        Whitening whitening = Whitening.Of(valid);
        Assert.Equal(golden.GetProperty("mean").GetDouble(), whitening.Mean, Tolerance);
        Assert.Equal(golden.GetProperty("var_unbiased").GetDouble(), whitening.Variance, Tolerance);
        double[][] shifted = Rows(golden.GetProperty("shift_mean_true"));
        double[][] unshifted = Rows(golden.GetProperty("shift_mean_false"));
        for (int i = 0; i < x.Length; i++)
        {
            for (int j = 0; j < x[i].Length; j++)
            {
                Assert.Equal(shifted[i][j], whitening.Apply(x[i][j]), Tolerance);
                Assert.Equal(unshifted[i][j], whitening.Apply(x[i][j], shiftMean: false), Tolerance);
            }
        }
    }

    [Fact]
    public void The_combined_reward_is_the_golden_one()
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(SharedData.Golden("losses.json")));
        JsonElement golden = json.RootElement.GetProperty("b_ppo").GetProperty("llama2_combined_reward");
        double[] safety = Row(golden.GetProperty("R_s"));
        double[] helpfulness = Row(golden.GetProperty("R_h"));
        AnsweredPrompt[] answers = [.. golden.GetProperty("is_safety").EnumerateArray().Select(
            (isSafety, i) => new AnsweredPrompt(TinyChat.Prompt($"p{i}") with { IsSafety = isSafety.GetBoolean() }, new AnswerText("x")))];
        CombinedRewards rewards = CombinedRewards.Llama2(
            new FixedReward("helpfulness", helpfulness.Select(Logit)), new FixedReward("safety", safety.Select(Logit)));
        double[] combined = rewards.Score(answers).Combined;
        AssertRow(golden.GetProperty("logit"), combined);
        Whitening.Of(combined).Apply(combined);
        AssertRow(golden.GetProperty("whitened"), combined);
        double[] kl = Row(golden.GetProperty("kl"));
        AssertRow(golden.GetProperty("R"), [.. combined.Select((r, i) => r - (golden.GetProperty("beta").GetDouble() * kl[i]))]);
    }

    private static double Logit(double probability) => Math.Log(probability / (1 - probability));

    internal static double[] Row(JsonElement row) => [.. row.EnumerateArray().Select(value => value.GetDouble())];

    internal static double[][] Rows(JsonElement rows) => [.. rows.EnumerateArray().Select(Row)];

    internal static void AssertRow(JsonElement expected, ReadOnlySpan<double> actual)
    {
        for (int i = 0; i < actual.Length; i++)
        {
            Assert.Equal(expected[i].GetDouble(), actual[i], Tolerance);
        }
    }

    private sealed class FixedReward(string name, IEnumerable<double> scores) : IRewardFunction
    {
        public string Name => name;

        public double[] Score(IReadOnlyList<AnsweredPrompt> answers) => [.. scores];
    }

    private sealed class Case
    {
        private readonly JsonElement _inputs;
        private readonly JsonElement _golden;
        private readonly int[] _tokens;      // of each answer
        private readonly int[] _valueTokens; // one more where the row has room
        private readonly double[][] _old;
        private readonly double[][] _reference;
        private readonly double[][] _values;

        public Case(JsonElement ppo, JsonElement golden)
        {
            _inputs = ppo.GetProperty("inputs");
            _golden = golden;
            int width = _inputs.GetProperty("responses")[0].GetArrayLength();
            _tokens = [.. _inputs.GetProperty("sequence_lengths").EnumerateArray().Select(length => length.GetInt32() + 1)];
            _valueTokens = [.. _tokens.Select(tokens => Math.Min(tokens + 1, width))];
            _old = Rows(ppo.GetProperty("old_logprobs"));
            _reference = Rows(ppo.GetProperty("ref_logprobs"));
            _values = Rows(_inputs.GetProperty("values"));
        }

        public void Check()
        {
            (double[][] advantages, double[][] returns) = Estimate();
            CheckPolicy(advantages);
            CheckValue(returns);
        }

        private double Number(string name) => _golden.GetProperty(name).GetDouble();

        private (double[][] Advantages, double[][] Returns) Estimate()
        {
            KlEstimator estimator = _golden.GetProperty("kl_estimator").GetString() == "k3" ? KlEstimator.Positive : KlEstimator.LogRatio;
            double[] scores = Row(_inputs.GetProperty("scores"));
            double[][] rewards = new double[_tokens.Length][];
            for (int i = 0; i < _tokens.Length; i++)
            {
                rewards[i] = new double[_valueTokens[i]];
                double[] kl = [.. Enumerable.Range(0, _tokens[i]).Select(t => estimator.Estimate(_old[i][t], _reference[i][t]))];
                AssertRow(_golden.GetProperty("kl")[i], kl);
                Assert.Equal(_golden.GetProperty("kl_sum_per_sequence")[i].GetDouble(), kl.Sum(), Tolerance);
                for (int t = 0; t < kl.Length; t++)
                {
                    rewards[i][t] = -Number("kl_coef") * kl[t];
                }

                rewards[i][_valueTokens[i] - 1] += scores[i];
                AssertRow(_golden.GetProperty("rewards")[i], rewards[i]);
            }

            if (_golden.GetProperty("whiten_rewards").GetBoolean())
            {
                Whitening whitening = Whitening.Of([.. rewards.SelectMany(row => row)]);
                Array.ForEach(rewards, row => whitening.Apply(row, shiftMean: false));
            }

            double[][] advantages = new double[_tokens.Length][];
            double[][] returns = new double[_tokens.Length][];
            for (int i = 0; i < _tokens.Length; i++)
            {
                AssertRow(_golden.GetProperty("rewards_used")[i], rewards[i]);
                advantages[i] = new double[_valueTokens[i]];
                double[] values = _values[i][.._valueTokens[i]];
                GeneralizedAdvantage.Estimate(rewards[i], values, Number("gamma"), Number("lam"), advantages[i]);
                AssertRow(_golden.GetProperty("advantages_raw")[i], advantages[i]);
                returns[i] = [.. advantages[i].Select((advantage, t) => advantage + values[t])];
                AssertRow(_golden.GetProperty("returns")[i], returns[i]);
                advantages[i] = advantages[i][.._tokens[i]];
            }

            Whitening whitened = Whitening.Of([.. advantages.SelectMany(row => row)]);
            for (int i = 0; i < _tokens.Length; i++)
            {
                whitened.Apply(advantages[i]);
                AssertRow(_golden.GetProperty("advantages_whitened")[i], advantages[i]);
            }

            return (advantages, returns);
        }

        private void CheckPolicy(double[][] advantages)
        {
            int count = _tokens.Sum();
            double loss = 0;
            int clipped = 0;
            for (int i = 0; i < _tokens.Length; i++)
            {
                for (int t = 0; t < _tokens[i]; t++)
                {
                    double[] logits = Row(_inputs.GetProperty("new_logits")[i][t]);
                    double maximum = logits.Max();
                    double logSum = maximum + Math.Log(logits.Sum(logit => Math.Exp(logit - maximum)));
                    int response = _inputs.GetProperty("responses")[i][t].GetInt32();
                    PpoTokenLoss token = PpoTokenLoss.Policy(logits[response] - logSum, _old[i][t], advantages[i][t], Number("cliprange"));
                    loss += token.Loss / count;
                    clipped += token.IsClipped ? 1 : 0;
                    JsonElement gradients = _golden.GetProperty("grad_new_logits")[i][t];
                    for (int v = 0; v < logits.Length; v++)
                    {
                        double ofLogit = (v == response ? 1 : 0) - Math.Exp(logits[v] - logSum);
                        Assert.Equal(gradients[v].GetDouble(), token.Gradient * ofLogit / count, Tolerance);
                    }
                }
            }

            Assert.Equal(Number("pg_loss"), loss, Tolerance);
            Assert.Equal(Number("pg_clipfrac"), (double)clipped / count, Tolerance);
        }

        private void CheckValue(double[][] returns)
        {
            double[][] predictions = Rows(_inputs.GetProperty("vpred"));
            int count = _valueTokens.Sum();
            double loss = 0;
            int clipped = 0;
            for (int i = 0; i < _tokens.Length; i++)
            {
                for (int t = 0; t < _valueTokens[i]; t++)
                {
                    PpoTokenLoss token = PpoTokenLoss.Value(predictions[i][t], _values[i][t], returns[i][t], Number("cliprange_value"));
                    loss += token.Loss / count;
                    clipped += token.IsClipped ? 1 : 0;
                    Assert.Equal(
                        _golden.GetProperty("grad_vpred")[i][t].GetDouble(), Number("vf_coef") * token.Gradient / count, Tolerance);
                }
            }

            Assert.Equal(Number("vf_loss"), loss, Tolerance);
            Assert.Equal(Number("vf_clipfrac"), (double)clipped / count, Tolerance);
        }
    }
}
