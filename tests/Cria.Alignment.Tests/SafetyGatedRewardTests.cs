using System.Text.Json;
using Cria.Testing;

namespace Cria.Alignment.Tests;

public sealed class SafetyGatedRewardTests
{
    [Fact]
    public void It_combines_as_the_paper_says()
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(SharedData.Golden("losses.json")));
        JsonElement values = golden.RootElement.GetProperty("b_ppo").GetProperty("llama2_combined_reward");
        double[] safety = [.. Values("R_s").Select(Logit)];
        double[] helpfulness = [.. Values("R_h").Select(Logit)];
        bool[] isSafety = [.. values.GetProperty("is_safety").EnumerateArray().Select(value => value.GetBoolean())];
        AnsweredPrompt[] answers = [.. isSafety.Select((tagged, i) =>
            new AnsweredPrompt(TinyChat.Prompt($"{i}") with { IsSafety = tagged }, new AnswerText("a")))];
        double[] combined = new SafetyGatedReward(new Given(helpfulness), new Given(safety)).Score(answers);
        double[] expected = Values("logit");
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], combined[i], 1e-12);
        }

        double[] Values(string name) => [.. values.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];
    }

    private static double Logit(double p) => Math.Log(p / (1 - p));

    private sealed class Given(double[] scores) : IRewardFunction
    {
        public string Name => "given";

        public double[] Score(IReadOnlyList<AnsweredPrompt> answers) => scores;
    }
}
