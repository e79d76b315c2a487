using Cria.Training;

namespace Cria.Alignment;

/// <summary>How far a round of rejection sampling is.</summary>
/// <param name="Prompts">Prompts answered and scored.</param>
/// <param name="Total">Prompts in all.</param>
/// <param name="MeanBest">Mean reward of the best answers so far.</param>
/// <param name="MeanReward">Mean reward of all answers so far.</param>
public readonly record struct RejectionSamplingProgress(int Prompts, int Total, double MeanBest, double MeanReward);

/// <summary>
/// Rejection sampling (Touvron et al. 2023, §3.2.3): K answers to every prompt from the latest model, scored by the best reward there is,
/// the best kept as the new target. Works part by part, each saved as it is done: interrupted at any moment, the same call goes on and
/// gives the same answers.
/// </summary>
public static class RejectionSampling
{
    /// <summary>Draws and scores.</summary>
    /// <param name="sampler">The model that answers; its own fine-tuning or that of a smaller one follows.</param>
    /// <param name="prompts">The prompts of the round.</param>
    /// <param name="rewards">Scores: one reward model, several combined, or a user's own function.</param>
    /// <param name="settings">How many answers, how warm.</param>
    /// <param name="path">The JSONL file of all answers and rewards; a part of an earlier call in it is gone on from.</param>
    /// <param name="inputs">
    /// What decides the result besides the settings: the model, the reward and the prompts, as one fingerprint.
    /// </param>
    /// <param name="progress">Told after each part.</param>
    /// <param name="cancellation">Interrupts with <see cref="OperationCanceledException"/>; finished parts are kept.</param>
    /// <returns>For each prompt its answers and rewards.</returns>
    /// <exception cref="AlignmentDataException">
    /// A prompt is longer than the context (nothing was drawn), or a reward is no finite number.
    /// </exception>
    /// <exception cref="TrainingCheckpointException">The file belongs to a round of other settings.</exception>
    public static IReadOnlyList<PromptSamples> Run(
        AnswerSampler sampler, IReadOnlyList<AlignmentPrompt> prompts, CombinedRewards rewards, RejectionSamplingSettings settings,
        string path, string inputs, IProgress<RejectionSamplingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sampler);
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentNullException.ThrowIfNull(rewards);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Validate();
        sampler.Check(prompts);
        SettingsFingerprint fingerprint = new SettingsFingerprint()
            .Add("inputs", inputs)
            .Add("rewards", $"{string.Join(", ", rewards.Functions.Select(function => function.Name))}: {rewards.Description}")
            .Add("prompts", prompts.Count)
            .Add("samples", settings.Samples)
            .Add("temperature", settings.Temperature)
            .Add("maximum_tokens", settings.MaximumTokens)
            .Add("seed", settings.Seed)
            .Add("prompts_per_part", settings.PromptsPerPart);
        using SampleFile file = SampleFile.Open(path, fingerprint, prompts, settings.PromptsPerPart);
        List<PromptSamples> results = [.. file.Found];
        for (int start = results.Count; start < prompts.Count; start += settings.PromptsPerPart)
        {
            cancellation.ThrowIfCancellationRequested();
            AlignmentPrompt[] part = [.. prompts.Skip(start).Take(settings.PromptsPerPart)];
            SampledAnswer[][] answers = sampler.Sample(
                part, settings.Samples, settings.Temperature, settings.MaximumTokens,
                PartSeed(settings.Seed, start), cancellation: cancellation);
            PromptSamples[] scored = Score(part, answers, rewards);
            file.Append(scored);
            results.AddRange(scored);
            progress?.Report(new RejectionSamplingProgress(
                results.Count, prompts.Count, results.Average(result => result.Rewards[result.BestIndex]),
                results.Average(result => result.Rewards.Average())));
        }

        return results;
    }

    /// <summary>
    /// Draws and scores answers to a few prompts at several temperatures: the best one changes with every round and is chosen anew
    /// (Touvron et al. 2023, figure 8).
    /// </summary>
    /// <returns>For each temperature, for each prompt, its answers and rewards.</returns>
    public static IReadOnlyList<IReadOnlyList<PromptSamples>> Sweep(
        AnswerSampler sampler, IReadOnlyList<AlignmentPrompt> prompts, CombinedRewards rewards, RejectionSamplingSettings settings,
        IReadOnlyList<float> temperatures, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sampler);
        ArgumentNullException.ThrowIfNull(rewards);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(temperatures);
        return [.. temperatures.Select(temperature => Score(
            prompts,
            sampler.Sample(prompts, settings.Samples, temperature, settings.MaximumTokens, settings.Seed, cancellation: cancellation),
            rewards))];
    }

    /// <summary>Parts draw from random streams that are numbered by prompt, so each needs a seed of its own.</summary>
    private static ulong PartSeed(ulong seed, int firstPrompt) => new Models.DeterministicRandom(seed, (ulong)firstPrompt).NextUInt64();

    private static PromptSamples[] Score(IReadOnlyList<AlignmentPrompt> prompts, SampledAnswer[][] answers, CombinedRewards rewards)
    {
        AnsweredPrompt[] flat = [.. prompts.SelectMany((prompt, p) => answers[p].Select(answer => new AnsweredPrompt(prompt, answer)))];
        double[] combined = rewards.Score(flat).Combined;
        int next = 0;
        return [.. prompts.Select((prompt, p) =>
            new PromptSamples(prompt, answers[p], combined[next..(next += answers[p].Length)]))];
    }
}
