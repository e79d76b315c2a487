using System.Globalization;
using System.Text.Json;

namespace Cria.Cli.Tests;

/// <summary><c>cria reward</c> as a user calls it, with a chat model so small that everything takes a second.</summary>
public sealed class RewardTests(TinyRun tiny)
{
    private const string Recipe = """
        name: NAME
        reward-helpfulness:
          model: reward-chat
          data: [reward-pairs.jsonl]
          held-out: [reward-pairs.jsonl]
          held-out-pairs: 20
          method: METHOD
          layer: 1
          batch-pairs: 8
          learning-rate: 0.01
          epochs: 3
        best-of-n:
          model: reward-chat
          selector: runs/NAME/reward-helpfulness
          prompts: [reward-pairs.jsonl]
          prompt-count: 3
          counts: [1, 2]
          maximum-tokens: 4
        """;

    [Theory]
    [InlineData("full")]
    [InlineData("features")]
    public void Reward_models_are_trained_measured_used_for_scores_and_for_best_of_n(string method)
    {
        Prepare();
        string name = "reward-" + method;
        string text = Recipe.Replace("NAME", name, StringComparison.Ordinal).Replace("METHOD", method, StringComparison.Ordinal);
        string recipe = tiny.Write(name + ".yaml", text);
        ProgramResult trained = Run("", "reward", "train", "--recipe", recipe);
        Assert.Contains("the longer answer", trained.Output, StringComparison.Ordinal);
        string model = $"runs/{name}/reward-helpfulness";
        using JsonDocument accuracy = JsonDocument.Parse(
            Run("", "reward", "evaluate", model, "--data", "reward-pairs.jsonl", "--pairs", "20", "--json").Output);
        Assert.Equal(20, accuracy.RootElement.GetProperty("overall").GetProperty("trials").GetInt32());
        string path = Path.Combine(tiny.Folder, $"runs/{name}/evaluation/reward-helpfulness.json");
        using JsonDocument stored = JsonDocument.Parse(File.ReadAllText(path));
        Assert.Equal(
            accuracy.RootElement.GetProperty("overall").GetProperty("successes").GetInt32(),
            stored.RootElement.GetProperty("overall").GetProperty("successes").GetInt32());
        ProgramResult scored = Run("", "reward", "score", model, "--jsonl", "reward-answers.jsonl");
        Assert.Equal(2, scored.Lines.Length);
        Assert.All(scored.Lines, line => Assert.Contains("\"sigmoid\"", line, StringComparison.Ordinal));
        using JsonDocument best = JsonDocument.Parse(Run("", "reward", "best-of-n", "--recipe", recipe, "--json").Output);
        Assert.Equal(2, best.RootElement.GetProperty("points").GetArrayLength());
        string prompts = tiny.Write("reward-prompts.jsonl", "{\"prompt\":\"Question 1?\"}");
        Run(
            "", "rejection-sample", "reward-chat", "--prompts", prompts, "--reward", model, "--samples", "2", "--max-tokens", "4",
            "--output", $"{name}-best.jsonl");
    }

    [Fact]
    public void What_is_missing_in_a_recipe_is_said()
    {
        string recipe = tiny.Write("reward-none.yaml", "name: reward-none\n");
        ProgramResult result = CriaProgram.Run(tiny.Folder, "reward", "train", "--recipe", recipe);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("names no data", result.Error, StringComparison.Ordinal);
        string bad = tiny.Write("reward-bad.yaml", "name: reward-bad\nreward-helpfulness:\n  method: features\n");
        ProgramResult badResult = CriaProgram.Run(tiny.Folder, "reward", "train", "--recipe", bad);
        Assert.Contains("reward-helpfulness.layer", badResult.Error, StringComparison.Ordinal);
        ProgramResult nameless = CriaProgram.Run(tiny.Folder, "reward", "best-of-n", "--recipe", recipe);
        Assert.Contains("best-of-n.model", nameless.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Comparisons_below_the_minimum_rating_are_left_out_and_counted()
    {
        Prepare();
        tiny.Write("reward-rated.jsonl", string.Concat(Enumerable.Range(0, 12).Select(i =>
            $$"""{"prompt":"Other {{i}}?","chosen":"the cat {{i}}","rejected":"a dog {{i}}","rating":"{{(i < 4 ? "negligibly" : "better")}}"}""" + "\n")));
        string recipe = tiny.Write("reward-rated.yaml", Recipe.Replace("NAME", "reward-rated", StringComparison.Ordinal)
            .Replace("METHOD", "features", StringComparison.Ordinal)
            .Replace("data: [reward-pairs", "data: [reward-rated", StringComparison.Ordinal));
        ProgramResult result = Run("", "reward", "train", "--recipe", recipe, "--set", "reward-helpfulness.minimum-rating=slightly");
        Assert.Contains(
            "4 training comparisons were left out: their rating is below 'slightly'.",
            result.Output + result.Error,
            StringComparison.Ordinal);
        Assert.Contains("8 comparisons to train on", result.Output + result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_predicts_tokens_is_refused()
    {
        Prepare();
        ProgramResult result = CriaProgram.Run(tiny.Folder, "reward", "score", "reward-chat", "--jsonl", "reward-answers.jsonl");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("scalar head", result.Error, StringComparison.Ordinal);
    }

    /// <summary>A chat model with random weights over the run's tokenizer, comparisons and answers.</summary>
    private void Prepare()
    {
        TinyModels.Chat(tiny, "reward-chat");
        lock (tiny)
        {
            tiny.Write("reward-pairs.jsonl", string.Join('\n', Enumerable.Range(0, 60).Select(i => string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"prompt":"Question {{i}}?","chosen":"the cat {{i}}","rejected":"a dog {{i}}","rating":"better"}"""))));
            tiny.Write(
                "reward-answers.jsonl",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"},{\"role\":\"assistant\",\"content\":\"the cat\"}]}\n"
                + "{\"prompt\":\"Hello\",\"completion\":\"a dog\"}\n");
        }
    }

    private ProgramResult Run(string input, params string[] arguments)
    {
        ProgramResult result = CriaProgram.RunWithInput(tiny.Folder, input, arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        return result;
    }
}
