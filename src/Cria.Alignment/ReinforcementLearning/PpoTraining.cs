using System.Globalization;
using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>
/// Proximal policy optimisation as Llama 2's paper describes it (Touvron et al. 2023, §3.2.3). The policy starts as a chat model, which
/// stays the reference; the value head shares its trunk and has an optimiser of its own. Interrupted at any moment, the same call goes on
/// and
/// ends with the same bytes; finished, it returns what it reached without doing anything.
/// </summary>
public sealed class PpoTraining
{
    private readonly PpoSettings _settings;
    private readonly CombinedRewards _rewards;
    private readonly IReadOnlyList<AlignmentPrompt> _heldOut;
    private readonly IProgress<PpoProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly LlamaWeights _policy;
    private readonly LlamaWeights _best;
    private readonly PpoState _state = new();
    private readonly PpoIteration _iteration;
    private readonly PromptOrder _order;

    private PpoTraining(
        PpoSettings settings, LoadedModel start, CombinedRewards rewards, IReadOnlyList<AlignmentPrompt> prompts,
        IReadOnlyList<AlignmentPrompt> heldOut, LlamaWeights policy, LlamaWeights best, PpoIteration iteration,
        IProgress<PpoProgress>? progress, CancellationToken cancellation)
    {
        _settings = settings;
        _rewards = rewards;
        _heldOut = heldOut;
        _progress = progress;
        _cancellation = cancellation;
        _policy = policy;
        _best = best;
        _policy.CopyFrom(start.Weights);
        _best.CopyFrom(start.Weights);
        _iteration = iteration;
        _order = new PromptOrder(prompts, settings.Seed);
        _state.KlCoefficient = settings.KlCoefficient;
    }

    /// <summary>Trains and saves the policy: its best weights on the held-out prompts, or the last where there are none.</summary>
    /// <param name="settings">How.</param>
    /// <param name="start">The chat model to start from, and the reference; not changed.</param>
    /// <param name="rewards">What is maximised.</param>
    /// <param name="prompts">Drawn from in shuffled passes.</param>
    /// <param name="heldOut">For early stopping; may be empty.</param>
    /// <param name="folder">Where the model goes; checkpoints lie in <c>checkpoint/</c> inside.</param>
    /// <param name="metricsPath">The metrics file; sample answers go into <c>samples.jsonl</c> beside it.</param>
    /// <param name="stage">The stage's name in both.</param>
    /// <param name="device">Computes.</param>
    /// <param name="progress">Told after each iteration.</param>
    /// <param name="cancellation">Interrupts after the iteration at work, with a checkpoint.</param>
    /// <returns>What was reached, or null where it was cancelled before the end.</returns>
    /// <exception cref="ArgumentException">The settings describe no training, or there are no prompts.</exception>
    /// <exception cref="AlignmentDataException">A prompt leaves no room for an answer, or a reward function failed.</exception>
    /// <exception cref="InvalidModelFileException">The model has no tokenizer or no chat format.</exception>
    /// <exception cref="PpoInvariantException">Something that PPO rests on does not hold.</exception>
    /// <exception cref="NonFiniteGradientException">The training has diverged.</exception>
    /// <exception cref="TrainingCheckpointException">The checkpoints are of other settings, or all are damaged.</exception>
    public static PpoResult? Run(
        PpoSettings settings, LoadedModel start, CombinedRewards rewards, IReadOnlyList<AlignmentPrompt> prompts,
        IReadOnlyList<AlignmentPrompt> heldOut, string folder, string metricsPath, string stage, Device device,
        IProgress<PpoProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(rewards);
        settings.Validate();
        int longestPrompt = PolicyStart.Check(start, prompts, heldOut);
        SettingsFingerprint fingerprint = Fingerprint(settings, start, rewards, prompts, heldOut);
        CheckpointFolder checkpoints = new(Path.Combine(folder, "checkpoint"), fingerprint);
        if (HuggingFaceDirectory.IsModel(folder) && PpoResult.Read(folder, fingerprint) is { } finished)
        {
            checkpoints.Delete(); // A kill may have come between the result and this.
            return finished;
        }

        int longest = Math.Min(start.Config.ContextLength, longestPrompt + settings.AnswerTokens);
        using LlamaWeights policy = new(start.Config);
        using LlamaWeights best = new(start.Config);
        using PpoIteration iteration = new(settings, policy, start, rewards, device, longest);
        PpoTraining training = new(settings, start, rewards, prompts, heldOut, policy, best, iteration, progress, cancellation);
        if (longestPrompt + settings.AnswerTokens > start.Config.ContextLength)
        {
            training.Notify(0, string.Create(
                CultureInfo.InvariantCulture,
                $"The longest prompt has {longestPrompt} tokens: of the context of {start.Config.ContextLength} it leaves fewer than "
                + $"the {settings.AnswerTokens} an answer may have, so some answers may be cut off earlier."));
        }

        PpoResult? result = training.Loop(checkpoints, metricsPath, stage);
        if (result is null)
        {
            return null;
        }

        TunedModel.Save(folder, heldOut.Count > 0 ? best : policy, start);
        result.Write(folder, fingerprint);
        checkpoints.Delete();
        return result;
    }

    private static SettingsFingerprint Fingerprint(
        PpoSettings settings, LoadedModel start, CombinedRewards rewards, IReadOnlyList<AlignmentPrompt> prompts,
        IReadOnlyList<AlignmentPrompt> heldOut) =>
        settings.Fingerprint()
            .Add("start", ModelHash.Of(start.Weights))
            .Add("rewards", string.Join(", ", rewards.Functions.Select(function => function.Name)))
            .Add("combination", rewards.Description)
            .Add("prompts", PolicyStart.Hash(prompts))
            .Add("held_out", PolicyStart.Hash(heldOut));

    private PpoResult? Loop(CheckpointFolder checkpoints, string metricsPath, string stage)
    {
        CheckpointContent content = new CheckpointContent()
            .Add("policy", _policy)
            .Add("best", _best)
            .Add("value_head", _iteration.Updater.Value.Weight)
            .Add("policy_optimizer", _iteration.Updater.PolicyOptimizer)
            .Add("value_optimizer", _iteration.Updater.ValueOptimizer)
            .Add("state", _state.Save, _state.Restore);
        long step = checkpoints.TryRestore(content, notice => Notify(0, notice)) ?? 0;
        using MetricsLog metrics = new(metricsPath, stage, step);
        using MetricsLog samples = new(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(metricsPath))!, "samples.jsonl"), stage, step);
        double reward = Figure(metrics, "reward");
        double kl = Figure(metrics, "kl");
        CheckpointClock clock = new(_settings, step);
        while (!IsDone(step) && !_cancellation.IsCancellationRequested)
        {
            if (Iterate(step + 1) is not { } result)
            {
                break;
            }

            step++;
            (reward, kl) = (result.Figures.Reward, result.Figures.AnswerKl);
            After(step, result, metrics, samples, clock);
            if (_cancellation.IsCancellationRequested || IsDone(step) || clock.IsDue(step))
            {
                metrics.FlushToDisk();
                samples.FlushToDisk();
                checkpoints.Save(step, content);
                clock.Saved(step);
            }
        }

        return IsDone(step)
            ? new PpoResult(
                step, _heldOut.Count > 0 ? _state.BestIteration : step, reward, kl, _heldOut.Count > 0 ? _state.BestObjective : 0,
                _state.Stopped)
            : null;
    }

    /// <summary>One iteration; null where it was cancelled, and nothing has changed.</summary>
    private PpoIterationResult? Iterate(long step)
    {
        try
        {
            if (step == 1 && _heldOut.Count > 0)
            {
                // Calls the reward functions before any training time is spent.
                EvaluateStart();
            }

            return _iteration.Run(step, _order.Take(step, _settings.BatchPrompts), _state.KlCoefficient, _cancellation);
        }
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private static double Figure(MetricsLog metrics, string name) => metrics.Resumed.FirstOrDefault(figure => figure.Name == name).Value;

    private bool IsDone(long step) => step >= _settings.Iterations || _state.Stopped.Length > 0;

    private void After(long step, PpoIterationResult result, MetricsLog metrics, MetricsLog samples, CheckpointClock clock)
    {
        PpoFigures figures = result.Figures;
        PpoHeldOut? heldOut = null;
        if (_heldOut.Count > 0 && (step % _settings.EvaluateEvery == 0 || step == _settings.Iterations))
        {
            heldOut = Evaluate(step);
        }

        List<string> notices = [.. Notices(step, figures)];
        metrics.Append(step, Row(figures, heldOut), notices.Count > 0 ? [("notice", string.Join(' ', notices))] : null);
        if (step % _settings.SampleEvery == 0 || step == 1)
        {
            WriteSamples(step, result, samples);
        }

        _progress?.Report(new PpoProgress(step, _settings.Iterations, figures, heldOut, clock.TimeLeft(step)));
        notices.ForEach(notice => Notify(step, notice));
        AdaptKl(figures.AnswerKl);
    }

    private static IReadOnlyList<(string Name, double Value)> Row(PpoFigures figures, PpoHeldOut? heldOut) => heldOut is null
        ? figures.Row()
        :
        [
            .. figures.Row(),
            ("held_out_reward", heldOut.Reward),
            ("held_out_kl", heldOut.AnswerKl),
            ("held_out_objective", heldOut.Objective),
        ];

    /// <summary>Warnings that begin to hold, and why the training ends where it does.</summary>
    private IEnumerable<string> Notices(long step, PpoFigures figures)
    {
        if (step == 1)
        {
            (_state.FirstLength, _state.FirstEndShare) = (figures.AnswerTokens, figures.EndShare);
        }

        PpoWarnings warnings = PpoWarningTexts.Find(figures, _state);
        IEnumerable<string> texts = PpoWarningTexts.Describe(warnings & ~_state.Warnings, figures, _state);
        _state.Warnings = warnings;
        if (_settings.MaximumKl > 0 && figures.AnswerKl > _settings.MaximumKl && _state.Stopped.Length == 0)
        {
            _state.Stopped = string.Create(
                CultureInfo.InvariantCulture,
                $"Iteration {step}: the KL divergence of {figures.AnswerKl:F1} nats an answer exceeds the limit of {_settings.MaximumKl}.");
        }

        return _state.Stopped.Length > 0 && step < _settings.Iterations ? texts.Append(_state.Stopped) : texts;
    }

    private void EvaluateStart()
    {
        (double[] rewards, _) = _iteration.Evaluate(_heldOut, _cancellation);
        Whitening whitening = Whitening.Of(rewards);
        (_state.HeldOutMean, _state.HeldOutVariance) = (whitening.Mean, whitening.Variance);
    }

    private PpoHeldOut Evaluate(long step)
    {
        (double[] rewards, double kl) = _iteration.Evaluate(_heldOut, CancellationToken.None);
        double reward = rewards.Average();
        double objective = new Whitening(_state.HeldOutMean, _state.HeldOutVariance).Apply(reward) - (_settings.KlCoefficient * kl);
        if (objective > _state.BestObjective)
        {
            (_state.BestObjective, _state.BestIteration, _state.EvaluationsSinceBest) = (objective, step, 0);
            _best.CopyFrom(_policy);
        }
        else if (++_state.EvaluationsSinceBest == _settings.Patience)
        {
            _state.Stopped = string.Create(
                CultureInfo.InvariantCulture,
                $"Iteration {step}: the held-out objective has not risen in {_settings.Patience} evaluations; the weights of iteration "
                + $"{_state.BestIteration} are kept.");
        }

        return new PpoHeldOut(reward, kl, objective);
    }

    /// <summary>Proportional control of β (Ziegler et al. 2019, §2.2).</summary>
    private void AdaptKl(double kl)
    {
        if (_settings.KlTarget > 0)
        {
            double error = Math.Clamp((kl / _settings.KlTarget) - 1, -0.2, 0.2);
            _state.KlCoefficient *= 1 + (error * _settings.BatchAnswers / _settings.KlHorizon);
        }
    }

    private void WriteSamples(long step, PpoIterationResult result, MetricsLog samples)
    {
        RolloutBatch rollouts = result.Rollouts;
        for (int i = 0; i < Math.Min(_settings.SampleAnswers, rollouts.Answers.Count); i++)
        {
            AnsweredPrompt answer = rollouts.Scored[i];
            samples.Append(
                step,
                [
                    .. _rewards.Functions.Select((function, f) => ($"reward.{function.Name}", result.Scores.ByFunction[f][i])),
                    ("reward", result.Scores.Combined[i]),
                    ("kl", rollouts.AnswerKl(i)),
                    ("tokens", rollouts.Answers[i].Ids.Length),
                    ("finished", answer.Answer.IsFinished ? 1 : 0),
                ],
                [("prompt", answer.Prompt.Id), ("question", answer.Prompt.Messages[^1].Content), ("answer", answer.Answer.Text)]);
        }
    }

    private void Notify(long step, string notice) => _progress?.Report(new PpoProgress(step, _settings.Iterations, Notice: notice));
}
