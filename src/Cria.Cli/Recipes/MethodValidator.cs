namespace Cria.Cli.Recipes;

/// <summary>Checks ghost attention, context distillation, and the studies of safety data and margins.</summary>
/// <param name="rules">Reports a value out of range by its key.</param>
internal sealed class MethodValidator(RecipeRules rules)
{
    private const int FewestTurns = 2;

    public void Validate(Recipe recipe)
    {
        GhostAttention(recipe.GhostAttention);
        ContextDistillation(recipe.ContextDistillation);
        SafetyScaling(recipe.SafetyScaling);
        rules.NotNegative("margin-ablation.pairs", recipe.MarginAblation.Pairs);
    }

    private void GhostAttention(GhostAttentionSection ghost)
    {
        rules.NotNegative("ghost-attention.dialogues", ghost.Dialogues);
        rules.Require(ghost.Turns >= FewestTurns, "ghost-attention.turns", "2 or more", ghost.Turns);
        rules.NotNegative("ghost-attention.long-dialogues", ghost.LongDialogues);
        rules.Require(ghost.LongTurns >= FewestTurns, "ghost-attention.long-turns", "2 or more", ghost.LongTurns);
        rules.Positive("ghost-attention.passes", ghost.Passes);
        rules.Positive("ghost-attention.samples", ghost.Samples);
        rules.NotNegative("ghost-attention.temperature", ghost.Temperature);
        rules.Positive("ghost-attention.maximum-tokens", ghost.MaximumTokens);
        rules.NotNegative("ghost-attention.learned-answers", ghost.LearnedAnswers);
    }

    private void ContextDistillation(ContextDistillationSection distillation)
    {
        int rounds = Pipeline.AlignmentContext.SamplingRounds;
        rules.Require(
            distillation.Round >= 1 && distillation.Round <= rounds, "context-distillation.round", $"a round from 1 to {rounds}",
            distillation.Round);
        rules.NotNegative("context-distillation.prompts", distillation.Prompts);
        rules.NotNegative("context-distillation.temperature", distillation.Temperature);
        rules.Positive("context-distillation.maximum-tokens", distillation.MaximumTokens);
    }

    private void SafetyScaling(SafetyScalingSection scaling)
    {
        rules.NotNegative("safety-scaling.dialogues", scaling.Dialogues);
        rules.NotNegative("safety-scaling.how-to-dialogues", scaling.HowToDialogues);
        rules.Positive("safety-scaling.safety-dialogues", scaling.SafetyDialogues);
        bool ascending = scaling.Shares.Zip(scaling.Shares.Skip(1)).All(pair => pair.First < pair.Second);
        rules.Require(
            scaling.Shares.Count > 0 && scaling.Shares.TrueForAll(share => share is >= 0 and <= 1) && ascending, "safety-scaling.shares",
            "ascending shares from 0 to 1", $"'{string.Join(", ", scaling.Shares)}'");
        rules.Positive("safety-scaling.epochs", scaling.Epochs);
        rules.Positive("safety-scaling.batch-size", scaling.BatchSize);
        rules.Positive("safety-scaling.learning-rate", scaling.LearningRate);
        rules.Positive("safety-scaling.evaluation-prompts", scaling.EvaluationPrompts);
    }
}
