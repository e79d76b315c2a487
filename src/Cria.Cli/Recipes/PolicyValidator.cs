using Cria.Alignment;

namespace Cria.Cli.Recipes;

/// <summary>Checks the sections of PPO and DPO.</summary>
/// <param name="rules">Reports a value out of range by its key.</param>
internal sealed class PolicyValidator(RecipeRules rules)
{
    private static readonly string[] Losses = ["sigmoid", "identity-preference"];

    public void Validate(Recipe recipe)
    {
        Ppo(recipe.Ppo);
        Dpo(recipe.Dpo);
    }

    private void Ppo(PpoSection ppo)
    {
        rules.Positive("ppo.iterations", ppo.Iterations);
        rules.Positive("ppo.batch-prompts", ppo.BatchPrompts);
        rules.Positive("ppo.answers-per-prompt", ppo.AnswersPerPrompt);
        rules.Positive("ppo.mini-batch-answers", ppo.MiniBatchAnswers);
        long answers = (long)ppo.BatchPrompts * ppo.AnswersPerPrompt;
        rules.Require(
            answers <= PpoSettings.MostBatchAnswers, "ppo.answers-per-prompt",
            $"at most {PpoSettings.MostBatchAnswers:N0} answers an iteration, which it makes with ppo.batch-prompts", ppo.AnswersPerPrompt);
        rules.Require(
            ppo.MiniBatchAnswers > 0 && answers % ppo.MiniBatchAnswers == 0, "ppo.mini-batch-answers",
            $"a divisor of ppo.batch-prompts times ppo.answers-per-prompt ({answers})", ppo.MiniBatchAnswers);
        rules.Require(ppo.SafetyThreshold is >= 0 and < 1, "ppo.safety-threshold", "a probability from 0 to below 1", ppo.SafetyThreshold);
        rules.Positive("ppo.answer-tokens", ppo.AnswerTokens);
        rules.Positive("ppo.learning-rate", ppo.LearningRate);
        rules.NotNegative("ppo.value-learning-rate", ppo.ValueLearningRate);
        rules.NotNegative("ppo.value-loss-weight", ppo.ValueLossWeight);
        rules.NotNegative("ppo.weight-decay", ppo.WeightDecay);
        rules.Positive("ppo.clip-norm", ppo.ClipNorm);
        rules.Positive("ppo.ratio-clip", ppo.RatioClip);
        rules.Require(ppo.Lambda is >= 0 and <= 1, "ppo.lambda", "a number from 0 to 1", ppo.Lambda);
        rules.NotNegative("ppo.kl-coefficient", ppo.KlCoefficient);
        rules.NotNegative("ppo.kl-target", ppo.KlTarget);
        rules.NotNegative("ppo.maximum-kl", ppo.MaximumKl);
        rules.NotNegative("ppo.missing-end-penalty", ppo.MissingEndPenalty);
        rules.Positive("ppo.evaluate-every", ppo.EvaluateEvery);
        rules.NotNegative("ppo.patience", ppo.Patience);
        rules.NotNegative("ppo.held-out-prompts", ppo.HeldOutPrompts);
        rules.Positive("ppo.sample-every", ppo.SampleEvery);
        rules.Positive("ppo.checkpoint-seconds", ppo.CheckpointSeconds);
    }

    private void Dpo(DpoSection dpo)
    {
        rules.NotNegative("dpo.pairs", dpo.Pairs);
        rules.Positive("dpo.epochs", dpo.Epochs);
        rules.Positive("dpo.batch-pairs", dpo.BatchPairs);
        rules.Positive("dpo.learning-rate", dpo.LearningRate);
        rules.Require(dpo.FinalRateShare is >= 0 and <= 1, "dpo.final-rate-share", "a share from 0 to 1", dpo.FinalRateShare);
        rules.Require(dpo.WarmupShare is >= 0 and < 1, "dpo.warmup-share", "a share from 0 to below 1", dpo.WarmupShare);
        rules.Require(Losses.Contains(dpo.Loss), "dpo.loss", string.Join(" or ", Losses), $"'{dpo.Loss}'");
        rules.Positive("dpo.beta", dpo.Beta);
        rules.Require(dpo.LabelSmoothing is >= 0 and < 0.5, "dpo.label-smoothing", "a share from 0 to below 0.5", dpo.LabelSmoothing);
        rules.Require(
            dpo.LabelSmoothing == 0 || dpo.Loss == Losses[0], "dpo.label-smoothing", $"0 where dpo.loss is {dpo.Loss}", dpo.LabelSmoothing);
        rules.Positive("dpo.validation-interval", dpo.ValidationInterval);
        rules.Positive("dpo.checkpoint-seconds", dpo.CheckpointSeconds);
    }
}
