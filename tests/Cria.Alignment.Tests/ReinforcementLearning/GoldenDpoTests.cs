using System.Text.Json;
using Cria.Testing;

namespace Cria.Alignment.Tests;

public sealed class GoldenDpoTests
{
    private const double Tolerance = 1e-11;

    public static TheoryData<int> Cases => [0, 1, 2];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Losses_and_gradients_are_the_golden_ones(int number)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(SharedData.Golden("losses.json")));
        JsonElement dpo = json.RootElement.GetProperty("d_dpo");
        JsonElement golden = dpo.GetProperty("cases")[number];
        double[] margins = Margins(dpo);
        double mean = 0;
        for (int i = 0; i < margins.Length; i++)
        {
            Assert.Equal(golden.GetProperty("z")[i].GetDouble(), margins[i], Tolerance);
            DpoPairLoss pair = DpoPairLoss.Of(
                DpoLossKind.Sigmoid, margins[i], golden.GetProperty("beta").GetDouble(), golden.GetProperty("label_smoothing").GetDouble());
            Assert.Equal(golden.GetProperty("per_pair")[i].GetDouble(), pair.Loss, Tolerance);
            Assert.Equal(golden.GetProperty("grad_policy_chosen")[i].GetDouble(), pair.Gradient / margins.Length, Tolerance);
            Assert.Equal(golden.GetProperty("grad_policy_rejected")[i].GetDouble(), -pair.Gradient / margins.Length, Tolerance);
            mean += pair.Loss / margins.Length;
        }

        Assert.Equal(golden.GetProperty("mean").GetDouble(), mean, Tolerance);
    }

    [Fact]
    public void Identity_preference_losses_are_the_golden_ones()
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(SharedData.Golden("losses.json")));
        JsonElement dpo = json.RootElement.GetProperty("d_dpo");
        JsonElement golden = dpo.GetProperty("ipo");
        double beta = golden.GetProperty("beta").GetDouble();
        double[] margins = Margins(dpo);
        for (int i = 0; i < margins.Length; i++)
        {
            DpoPairLoss pair = DpoPairLoss.Of(DpoLossKind.IdentityPreference, margins[i], beta, 0);
            Assert.Equal(golden.GetProperty("per_pair")[i].GetDouble(), pair.Loss, Tolerance);
            double ahead = DpoPairLoss.Of(DpoLossKind.IdentityPreference, margins[i] + 1e-6, beta, 0).Loss;
            Assert.Equal((ahead - pair.Loss) / 1e-6, pair.Gradient, 1e-3);
        }
    }

    private static double[] Margins(JsonElement dpo)
    {
        double[] Row(string name) => [.. dpo.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];
        double[] chosen = Row("policy_chosen_logps");
        double[] rejected = Row("policy_rejected_logps");
        double[] referenceChosen = Row("ref_chosen_logps");
        double[] referenceRejected = Row("ref_rejected_logps");
        return [.. chosen.Select((value, i) => value - rejected[i] - (referenceChosen[i] - referenceRejected[i]))];
    }
}
