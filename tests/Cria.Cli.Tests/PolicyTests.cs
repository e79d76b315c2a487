using System.Text.Json;
using Cria.Models;

namespace Cria.Cli.Tests;

/// <summary><c>cria ppo</c> and <c>cria dpo</c> as a user calls them, with models so small that everything takes a second.</summary>
public sealed class PolicyTests(TinyRun tiny)
{
    private const string Recipe = """
        name: policy
        ppo:
          model: policy-chat
          helpfulness: policy-reward
          safety: policy-reward-2
          prompts: [policy-prompts.jsonl]
          held-out: [policy-prompts.jsonl]
          held-out-prompts: 4
          iterations: 2
          batch-prompts: 4
          mini-batch-answers: 2
          answer-tokens: 4
          evaluate-every: 1
          sample-every: 1
        dpo:
          model: policy-chat
          data: [policy-pairs.jsonl]
          held-out: [policy-pairs.jsonl]
          batch-pairs: 4
        """;

    [Fact]
    public void Both_verbs_train_a_chat_model_and_a_second_call_does_nothing()
    {
        Prepare();
        string recipe = tiny.Write("policy.yaml", Recipe);
        Assert.Contains("2 iterations", Run("ppo", "--recipe", recipe).Output, StringComparison.Ordinal);
        Assert.Contains("up to date", Run("ppo", "--recipe", recipe).Output, StringComparison.Ordinal);
        Assert.Contains("10 comparisons, 3 steps", Run("dpo", "--recipe", recipe).Output, StringComparison.Ordinal);
        foreach (string stage in new[] { "ppo", "dpo" })
        {
            using LoadedModel model = HuggingFaceDirectory.Load(Path.Combine(tiny.Folder, "runs/policy", stage));
            Assert.NotNull(model.ChatFormat);
        }

        string[] samples = File.ReadAllLines(Path.Combine(tiny.Folder, "runs/policy/metrics/samples.jsonl"));
        Assert.Equal(8, samples.Length);
        using JsonDocument sample = JsonDocument.Parse(samples[0]);
        Assert.Equal("ppo", sample.RootElement.GetProperty("stage").GetString());
    }

    [Fact]
    public void A_model_with_a_byte_level_tokenizer_is_tuned_by_every_method()
    {
        Prepare();
        TinyModels.ByteLevelChat(tiny, "policy-smol");
        tiny.Write("policy-dialogues.jsonl", Lines(i => $$"""{"prompt":"Question {{i}}?","completion":"the cat {{i}}"}"""));
        string recipe = tiny.Write(
            "policy-smol.yaml",
            Recipe.Replace("name: policy", "name: policy-smol", StringComparison.Ordinal)
                .Replace("model: policy-chat", "model: policy-smol", StringComparison.Ordinal)
                .Replace("helpfulness: policy-reward", "helpfulness: runs/policy-smol/reward-helpfulness", StringComparison.Ordinal)
                .Replace("  safety: policy-reward-2\n", "", StringComparison.Ordinal)
                .Replace("iterations: 2", "iterations: 1", StringComparison.Ordinal) + """

            sft:
              model: policy-smol
              data: [policy-dialogues.jsonl]
              epochs: 1
              batch-size: 2
            reward-helpfulness:
              model: policy-smol
              data: [policy-pairs.jsonl]
              held-out: [policy-pairs.jsonl]
              held-out-pairs: 3
              batch-pairs: 4
            """);
        foreach ((string verb, string stage) in new[]
        {
            ("sft", "sft"), ("reward train", "reward-helpfulness"), ("ppo", "ppo"), ("dpo", "dpo"),
        })
        {
            Run([.. verb.Split(' '), "--recipe", recipe]);
            using LoadedModel model = HuggingFaceDirectory.Load(Path.Combine(tiny.Folder, "runs/policy-smol", stage));
            Assert.IsType<ByteLevelBpeTokenizer>(model.Tokenizer);
            Assert.IsType<ChatMlFormat>(model.ChatFormat);
        }
    }

    [Fact]
    public void What_is_missing_or_wrong_in_a_recipe_is_said()
    {
        string none = tiny.Write("policy-none.yaml", "name: policy-none\n");
        AssertRefused("ppo.model is empty", "ppo", none);
        AssertRefused("dpo.model is empty", "dpo", none);
        AssertRefused("ppo.mini-batch-answers", "ppo", tiny.Write("policy-bad.yaml", "name: policy-bad\nppo:\n  mini-batch-answers: 7\n"));
        AssertRefused("dpo.loss", "dpo", tiny.Write("policy-bad2.yaml", "name: policy-bad2\ndpo:\n  loss: hinge\n"));
    }

    private void AssertRefused(string expected, string verb, string recipe)
    {
        ProgramResult result = CriaProgram.Run(tiny.Folder, verb, "--recipe", recipe);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    /// <summary>A chat model and two reward models with random weights over the run's tokenizer, prompts and comparisons.</summary>
    private void Prepare()
    {
        TinyModels.Chat(tiny, "policy-chat");
        TinyModels.Reward(tiny, "policy-reward", 2);
        TinyModels.Reward(tiny, "policy-reward-2", 3);
        tiny.Write("policy-prompts.jsonl", Lines(i => $$"""{"prompt":"Question {{i}}?"}"""));
        tiny.Write("policy-pairs.jsonl", Lines(
            i => $$"""{"prompt":"Question {{i}}?","chosen":"the cat {{i}}","rejected":"a dog {{i}}","rating":"better"}"""));
    }

    private static string Lines(Func<int, string> line) => string.Join('\n', Enumerable.Range(0, 10).Select(line));

    private ProgramResult Run(params string[] arguments)
    {
        ProgramResult result = CriaProgram.Run(tiny.Folder, arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        return result;
    }
}
