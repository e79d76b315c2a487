using Cria.Cli.Recipes;

namespace Cria.Cli.Tests;

/// <summary>The recipe's sections of ghost attention, context distillation and the studies.</summary>
public class MethodRecipeTests
{
    [Theory]
    [InlineData("tasks:\n  instructed-dialogues: -1", "tasks.instructed-dialogues", "0 or more")]
    [InlineData("ghost-attention:\n  turns: 1", "ghost-attention.turns", "2 or more")]
    [InlineData("ghost-attention:\n  long-turns: 0", "ghost-attention.long-turns", "2 or more")]
    [InlineData("ghost-attention:\n  samples: 0", "ghost-attention.samples", "greater than 0")]
    [InlineData("ghost-attention:\n  temperature: -0.1", "ghost-attention.temperature", "0 or more")]
    [InlineData("ghost-attention:\n  learned-answers: -1", "ghost-attention.learned-answers", "0 or more")]
    [InlineData("reward-safety:\n  all-batches-from-round: -1", "reward-safety.all-batches-from-round", "0 or more")]
    [InlineData("preferences:\n  preprompted-share: 2", "preferences.preprompted-share", "a share from 0 to 1")]
    [InlineData("context-distillation:\n  round: 5", "context-distillation.round", "a round from 1 to 4")]
    [InlineData("context-distillation:\n  prompts: -1", "context-distillation.prompts", "0 or more")]
    [InlineData("safety-scaling:\n  shares: []", "safety-scaling.shares", "ascending shares from 0 to 1")]
    [InlineData("safety-scaling:\n  shares: [0, 1.5]", "safety-scaling.shares", "'0, 1.5'")]
    [InlineData("safety-scaling:\n  shares: [0.5, 0.1]", "safety-scaling.shares", "ascending")]
    [InlineData("safety-scaling:\n  evaluation-prompts: 0", "safety-scaling.evaluation-prompts", "greater than 0")]
    [InlineData("margin-ablation:\n  pairs: -1", "margin-ablation.pairs", "0 or more")]
    [InlineData("evaluation:\n  obedience-dialogues: -1", "evaluation.obedience-dialogues", "0 or more")]
    [InlineData("dpo:\n  pairs: -1", "dpo.pairs", "0 or more")]
    [InlineData("reward-helpfulness:\n  rest-share: 1", "reward-helpfulness.rest-share", "0 to less than 1")]
    [InlineData("reward-safety:\n  minimum-rating: hardly", "reward-safety.minimum-rating", "negligibly, slightly, better, significantly")]
    [InlineData("ghost-attention:\n  passes: 0", "ghost-attention.passes", "greater than 0")]
    [InlineData("ppo:\n  answers-per-prompt: 0", "ppo.answers-per-prompt", "greater than 0")]
    [InlineData(
        "ppo: { batch-prompts: 65536, answers-per-prompt: 65536, mini-batch-answers: 64 }",
        "ppo.answers-per-prompt",
        "at most 1,048,576")]
    [InlineData("tasks:\n  last-preference-prompts: -1", "tasks.last-preference-prompts", "0 or more")]
    [InlineData("tasks:\n  ppo-questions: 0", "tasks.ppo-questions", "greater than 0")]
    [InlineData("tasks:\n  ppo-red-team-prompts: -1", "tasks.ppo-red-team-prompts", "0 or more")]
    public void A_value_out_of_range_is_refused_by_its_key(string text, string key, string expected)
    {
        CliException error = Assert.Throws<CliException>(() => RecipeReader.Parse(text, "my.yaml", quick: false, []));
        Assert.Contains($"my.yaml: {key} must be", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_method_can_be_left_out()
    {
        Recipe recipe = RecipeReader.Parse(
            "ghost-attention: { dialogues: 0, long-dialogues: 0 }\ncontext-distillation: { prompts: 0 }\nsafety-scaling: { dialogues: 0 }\n"
            + "margin-ablation: { pairs: 0 }\nevaluation: { obedience-dialogues: 0 }", "my.yaml", quick: false, []);
        Assert.Equal(0, recipe.MarginAblation.Pairs);
        Assert.False(Pipeline.GhostAttentionStage.IsOn(recipe));
    }
}
