using Cria.Alignment;

namespace Cria.Cli.Recipes;

/// <summary>Checks the sections of alignment.</summary>
/// <param name="rules">Reports a value out of range by its key.</param>
internal sealed class AlignmentValidator(RecipeRules rules)
{
    private static readonly string[] Margins = ["none", "small", "large"];

    private static readonly string[] LoraTargetNames = ["all-linear", "q", "k", "v", "o", "gate", "up", "down"];

    public void Validate(Recipe recipe)
    {
        Tasks(recipe.Tasks);
        Sft(recipe.Sft);
        Preferences(recipe.Preferences);
        Reward("reward-helpfulness", recipe.RewardHelpfulness);
        Reward("reward-safety", recipe.RewardSafety);
        BestOfN(recipe.BestOfN);
        Sampling(recipe.RejectionSampling);
        new MethodValidator(rules).Validate(recipe);
        new PolicyValidator(rules).Validate(recipe);
        rules.NotNegative("evaluation.temperature", recipe.Evaluation.Temperature);
        rules.Positive("evaluation.maximum-tokens", recipe.Evaluation.MaximumTokens);
        rules.NotNegative("evaluation.obedience-dialogues", recipe.Evaluation.ObedienceDialogues);
    }

    private void Tasks(TasksSection tasks)
    {
        rules.Require(TasksSection.Kinds.Contains(tasks.Kind), "tasks.kind", string.Join(" or ", TasksSection.Kinds), $"'{tasks.Kind}'");
        rules.Positive("tasks.dialogues", tasks.Dialogues);
        rules.NotNegative("tasks.conversations", tasks.Conversations);
        rules.NotNegative("tasks.instructed-dialogues", tasks.InstructedDialogues);
        rules.NotNegative("tasks.validation-dialogues", tasks.ValidationDialogues);
        rules.Positive("tasks.preference-prompts", tasks.PreferencePrompts);
        rules.NotNegative("tasks.last-preference-prompts", tasks.LastPreferencePrompts);
        rules.Positive("tasks.sampling-prompts", tasks.SamplingPrompts);
        rules.Positive("tasks.red-team-prompts", tasks.RedTeamPrompts);
        rules.Positive("tasks.ppo-questions", tasks.PpoQuestions);
        rules.NotNegative("tasks.ppo-borderline-prompts", tasks.PpoBorderlinePrompts);
        rules.NotNegative("tasks.ppo-red-team-prompts", tasks.PpoRedTeamPrompts);
        rules.NotNegative("tasks.how-to-dialogues", tasks.HowToDialogues);
        rules.NotNegative("tasks.safety-dialogues", tasks.SafetyDialogues);
        rules.Require(tasks.SafetyShare is >= 0 and <= 1, "tasks.safety-share", "a share from 0 to 1", tasks.SafetyShare);
        rules.Positive("tasks.evaluation-prompts", tasks.EvaluationPrompts);
    }

    private void Sft(SftSection sft)
    {
        rules.Require(sft.ValidationShare is >= 0 and < 1, "sft.validation-share", "a share from 0 to below 1", sft.ValidationShare);
        rules.Positive("sft.epochs", sft.Epochs);
        rules.NotNegative("sft.steps", sft.Steps);
        rules.Positive("sft.batch-size", sft.BatchSize);
        rules.NotNegative("sft.sequence-length", sft.SequenceLength);
        rules.NotNegative("sft.pass-tokens", sft.PassTokens);
        rules.Positive("sft.learning-rate", sft.LearningRate);
        rules.Require(sft.FinalRateShare is >= 0 and <= 1, "sft.final-rate-share", "a share from 0 to 1", sft.FinalRateShare);
        rules.NotNegative("sft.warmup-steps", sft.WarmupSteps);
        rules.NotNegative("sft.weight-decay", sft.WeightDecay);
        rules.Positive("sft.clip-norm", sft.ClipNorm);
        rules.Positive("sft.validation-interval", sft.ValidationInterval);
        rules.Positive("sft.validation-dialogues", sft.ValidationDialogues);
        rules.Positive("sft.checkpoint-seconds", sft.CheckpointSeconds);
        rules.NotNegative("sft.maximum-dialogues", sft.MaximumDialogues);
        Lora("sft.lora", sft.Lora);
    }

    private void Lora(string key, LoraSection lora)
    {
        rules.NotNegative($"{key}.rank", lora.Rank);
        rules.Positive($"{key}.alpha", lora.Alpha);
        rules.NotNegative($"{key}.first-layer", lora.FirstLayer);
        rules.Require(
            lora.Targets.Count > 0 && lora.Targets.TrueForAll(LoraTargetNames.Contains), $"{key}.targets",
            $"some of {string.Join(", ", LoraTargetNames)}", $"'{string.Join(", ", lora.Targets)}'");
    }

    private void Preferences(PreferencesSection preferences)
    {
        rules.Positive("preferences.pairs-per-prompt", preferences.PairsPerPrompt);
        rules.Require(
            preferences.PrepromptedShare is >= 0 and <= 1, "preferences.preprompted-share",
            "a share from 0 to 1", preferences.PrepromptedShare);
        Temperatures("preferences.temperatures", preferences.Temperatures);
        rules.Positive("preferences.maximum-tokens", preferences.MaximumTokens);
        rules.NotNegative("preferences.held-out-every", preferences.HeldOutEvery);
        rules.NotNegative("preferences.noise", preferences.Noise);
    }

    private void Reward(string key, RewardSection reward)
    {
        rules.NotNegative($"{key}.skip", reward.Skip);
        rules.NotNegative($"{key}.all-batches-from-round", reward.AllBatchesFromRound);
        rules.NotNegative($"{key}.pairs", reward.Pairs);
        rules.NotNegative($"{key}.held-out-skip", reward.HeldOutSkip);
        rules.NotNegative($"{key}.held-out-pairs", reward.HeldOutPairs);
        rules.Require(
            RewardSection.Methods.Contains(reward.Method), $"{key}.method", string.Join(", ", RewardSection.Methods), $"'{reward.Method}'");
        rules.Require(
            RewardSection.Poolings.Contains(reward.Pooling), $"{key}.pooling", string.Join(", ", RewardSection.Poolings),
            $"'{reward.Pooling}'");
        bool needsLayer = reward.Method is "features" or "last-layers";
        rules.Require(reward.Layer >= (needsLayer ? 1 : 0), $"{key}.layer", needsLayer ? "1 or more" : "0 or more", reward.Layer);
        rules.Require(reward.RestShare is -1 or (>= 0 and < 1), $"{key}.rest-share", "0 to less than 1, or -1", reward.RestShare);
        rules.NotNegative($"{key}.penalty", reward.Penalty);
        rules.Positive($"{key}.rank", reward.Rank);
        rules.NotNegative($"{key}.maximum-tokens", reward.MaximumTokens);
        rules.Positive($"{key}.epochs", reward.Epochs);
        rules.Positive($"{key}.batch-pairs", reward.BatchPairs);
        rules.Positive($"{key}.learning-rate", reward.LearningRate);
        rules.Require(
            PreferenceNames.Rating(reward.MinimumRating) is not null, $"{key}.minimum-rating", string.Join(", ", PreferenceNames.Ratings),
            $"'{reward.MinimumRating}'");
        rules.Require(Margins.Contains(reward.Margin), $"{key}.margin", string.Join(", ", Margins), $"'{reward.Margin}'");
        rules.NotNegative($"{key}.safety-loss-weight", reward.SafetyLossWeight);
        rules.Positive($"{key}.checkpoint-seconds", reward.CheckpointSeconds);
    }

    private void BestOfN(BestOfNSection section)
    {
        rules.Positive("best-of-n.prompt-count", section.PromptCount);
        rules.Require(
            section.Counts.Count > 0 && section.Counts.TrueForAll(n => n > 0), "best-of-n.counts", "a list of numbers from 1",
            string.Join(", ", section.Counts));
        rules.NotNegative("best-of-n.temperature", section.Temperature);
        rules.Positive("best-of-n.maximum-tokens", section.MaximumTokens);
    }

    private void Sampling(RejectionSamplingSection sampling)
    {
        rules.Positive("rejection-sampling.samples", sampling.Samples);
        Temperatures("rejection-sampling.temperatures", sampling.Temperatures);
        rules.Positive("rejection-sampling.temperature-prompts", sampling.TemperaturePrompts);
        rules.Positive("rejection-sampling.maximum-tokens", sampling.MaximumTokens);
        rules.Positive("rejection-sampling.mix-from-round", sampling.MixFromRound);
        rules.NotNegative("rejection-sampling.fine-tuning-dialogues", sampling.FineTuningDialogues);
        rules.Positive("rejection-sampling.epochs", sampling.Epochs);
        rules.Positive("rejection-sampling.learning-rate", sampling.LearningRate);
        rules.Positive("rejection-sampling.batch-size", sampling.BatchSize);
    }

    private void Temperatures(string key, List<double> temperatures)
    {
        rules.Require(temperatures.Count > 0, key, "a list of at least one temperature", "empty");
        foreach (double temperature in temperatures)
        {
            rules.Positive(key, temperature);
        }
    }
}
