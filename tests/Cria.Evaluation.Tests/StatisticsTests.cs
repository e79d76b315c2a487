using System.Text.Json;
using Cria.Testing;

namespace Cria.Evaluation.Tests;

/// <summary>Against values of statsmodels, scipy and numpy.</summary>
public class StatisticsTests
{
    private const double Tolerance = 1e-12;

    [Fact]
    public void Wilson_intervals_and_standard_errors_equal_those_of_statsmodels()
    {
        using JsonDocument golden = Golden();
        foreach (JsonElement row in golden.RootElement.GetProperty("proportion_intervals").EnumerateArray())
        {
            Rate rate = new(row.GetProperty("k").GetInt64(), row.GetProperty("n").GetInt64());
            Interval wilson = rate.Wilson;
            Assert.Equal(row.GetProperty("wilson")[0].GetDouble(), wilson.Low, Tolerance);
            Assert.Equal(row.GetProperty("wilson")[1].GetDouble(), wilson.High, Tolerance);
            double low = Math.Max(0, rate.Value - (Rate.NormalQuantile * rate.StandardError));
            Assert.Equal(row.GetProperty("normal")[0].GetDouble(), low, Tolerance);
        }
    }

    [Fact]
    public void Win_rates_equal_the_golden_ones()
    {
        using JsonDocument golden = Golden();
        foreach (JsonElement row in golden.RootElement.GetProperty("win_tie_loss").EnumerateArray())
        {
            WinTally tally = new(row.GetProperty("win").GetInt64(), row.GetProperty("loss").GetInt64(), row.GetProperty("tie").GetInt64());
            Assert.Equal(row.GetProperty("score").GetDouble(), tally.Score, Tolerance);
            AssertSame(row.GetProperty("se_sample"), tally.ScoreStandardError);
            AssertSame(row.GetProperty("win_rate_without_ties"), tally.Decided.Value);
            if (row.GetProperty("sign_test_exact_p") is { ValueKind: JsonValueKind.Number } exact)
            {
                Assert.Equal(exact.GetDouble(), tally.SignTest, 1e-10);
            }

            if (tally.Decided.IsDefined)
            {
                Assert.Equal(row.GetProperty("wilson_without_ties")[0].GetDouble(), tally.Decided.Wilson.Low, Tolerance);
            }
        }
    }

    [Fact]
    public void Tests_of_rates_equal_the_golden_ones()
    {
        using JsonDocument golden = Golden();
        foreach (JsonElement row in golden.RootElement.GetProperty("two_proportion_z").EnumerateArray())
        {
            Rate first = new(row.GetProperty("k1").GetInt64(), row.GetProperty("n1").GetInt64());
            Rate second = new(row.GetProperty("k2").GetInt64(), row.GetProperty("n2").GetInt64());
            AssertSame(row.GetProperty("z_pooled"), SignificanceTests.PooledZ(first, second));
        }

        foreach (JsonElement row in golden.RootElement.GetProperty("mcnemar").EnumerateArray())
        {
            long b = row.GetProperty("b").GetInt64(), c = row.GetProperty("c").GetInt64();
            Assert.Equal(row.GetProperty("exact_p").GetDouble(), SignificanceTests.ExactBinomial(Math.Min(b, c), b + c), 1e-10);
        }
    }

    [Fact]
    public void Calibration_equals_numpy()
    {
        using JsonDocument golden = Golden();
        JsonElement calibration = golden.RootElement.GetProperty("calibration");
        double[] confidence = [.. calibration.GetProperty("confidence").EnumerateArray().Select(value => value.GetDouble())];
        bool[] correct = [.. calibration.GetProperty("correct").EnumerateArray().Select(value => value.GetInt32() == 1)];
        foreach (JsonElement result in calibration.GetProperty("results").EnumerateArray())
        {
            IReadOnlyList<CalibrationBin> bins = CalibrationBin.Of(confidence.Zip(correct), result.GetProperty("bins").GetInt32());
            Assert.Equal(result.GetProperty("ece").GetDouble(), CalibrationBin.ExpectedError(bins), Tolerance);
            Assert.Equal(
                result.GetProperty("rows").EnumerateArray().Where(row => row.GetProperty("count").GetInt64() > 0).Select(
                    row => row.GetProperty("count").GetInt64()),
                bins.Select(bin => bin.Correct.Trials));
        }
    }

    [Fact]
    public void Means_have_the_standard_error_of_a_sample()
    {
        MeanFigure figure = MeanFigure.Of([1, 2, 3, 4]);
        Assert.Equal(2.5, figure.Mean);
        Assert.Equal(Math.Sqrt(5.0 / 3 / 4), figure.StandardError, Tolerance);
        Assert.Equal(default, MeanFigure.Of([]));
    }

    [Fact]
    public void A_sign_test_of_many_comparisons_does_not_underflow() =>
        Assert.InRange(new WinTally(2_000, 2_100, 0).SignTest, 0.11, 0.13);

    private static void AssertSame(JsonElement expected, double actual)
    {
        if (expected.ValueKind == JsonValueKind.Null)
        {
            Assert.False(double.IsFinite(actual));
        }
        else
        {
            Assert.Equal(expected.GetDouble(), actual, Tolerance);
        }
    }

    private static JsonDocument Golden() => JsonDocument.Parse(File.ReadAllText(SharedData.Golden("statistics/intervals.json")));
}
