using System.Diagnostics;

namespace Cria.Training;

/// <summary>How far a training goes and when it pauses to measure and to save.</summary>
/// <param name="Steps">Optimiser steps in all.</param>
/// <param name="ValidateEvery">Steps between two validations; there is always one after the last step.</param>
/// <param name="CheckpointEvery">Steps between two checkpoints.</param>
/// <param name="CheckpointInterval">Longest time between two checkpoints.</param>
public sealed record TrainingLoopSettings(long Steps, long ValidateEvery, long CheckpointEvery, TimeSpan CheckpointInterval);

/// <summary>How a training ended.</summary>
/// <param name="Completed">False where it was interrupted; a checkpoint holds its last step.</param>
/// <param name="Last">The last step.</param>
public sealed record TrainingOutcome(bool Completed, TrainingProgress Last);

/// <summary>
/// Steps from the newest checkpoint, or from the beginning, to the last step, with metrics, validations and checkpoints. Interrupted at any
/// moment, by cancellation or by a kill, the same call goes on and ends with the same bytes.
/// </summary>
public sealed class TrainingLoop
{
    private const double SpeedMemory = 0.9;

    private readonly ITrainingStep _training;
    private readonly TrainingLoopSettings _settings;
    private readonly CheckpointFolder _checkpoints;
    private readonly Func<IReadOnlyList<(string Name, double Value)>>? _validate;

    /// <summary>Prepares a training.</summary>
    /// <param name="training">At its beginning.</param>
    /// <param name="settings">How far, how often.</param>
    /// <param name="checkpoints">Where to go on from and where to save.</param>
    /// <param name="validate">Measures the model and gives the figures to log, or null.</param>
    public TrainingLoop(
        ITrainingStep training, TrainingLoopSettings settings, CheckpointFolder checkpoints,
        Func<IReadOnlyList<(string Name, double Value)>>? validate = null)
    {
        _training = training;
        _settings = settings;
        _checkpoints = checkpoints;
        _validate = validate;
    }

    /// <summary>Trains until the last step or the cancellation, which lets the step at work end and writes a checkpoint.</summary>
    /// <param name="metricsPath">The metrics file.</param>
    /// <param name="stage">The stage's name in it.</param>
    /// <param name="progress">Told after each step.</param>
    /// <param name="cancellation">Interrupts.</param>
    /// <exception cref="TrainingCheckpointException">The checkpoints are of other settings, or all are damaged.</exception>
    /// <exception cref="NonFiniteGradientException">The training has diverged.</exception>
    /// <exception cref="IOException">A checkpoint could not be written; those before it are intact.</exception>
    public TrainingOutcome Run(
        string metricsPath, string stage, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        CheckpointContent content = _training.Checkpoint;
        long step = _checkpoints.TryRestore(
            content, notice => progress?.Report(new TrainingProgress { Steps = _settings.Steps, Notice = notice })) ?? 0;
        using MetricsLog metrics = new(metricsPath, stage, step);
        TrainingProgress last = TrainingProgress.FromRow(step, _settings.Steps, metrics.Resumed);
        long saved = step;
        long savedAt = Stopwatch.GetTimestamp();
        double secondsPerStep = 0;
        while (step < _settings.Steps && !cancellation.IsCancellationRequested)
        {
            long start = Stopwatch.GetTimestamp();
            StepResult result = _training.Step(++step);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            secondsPerStep = secondsPerStep == 0 ? seconds : (SpeedMemory * secondsPerStep) + ((1 - SpeedMemory) * seconds);
            last = new TrainingProgress(
                step, _settings.Steps, result.Loss, result.GradientNorm, result.LearningRate, result.Tokens / secondsPerStep,
                TimeSpan.FromSeconds(secondsPerStep * (_settings.Steps - step)), Figures(step, result));
            metrics.Append(step, last.Row);
            progress?.Report(last);
            if (cancellation.IsCancellationRequested || IsCheckpointDue(step, saved, savedAt))
            {
                metrics.FlushToDisk();
                _checkpoints.Save(step, content);
                saved = step;
                savedAt = Stopwatch.GetTimestamp();
            }
        }

        return new TrainingOutcome(step >= _settings.Steps, last);
    }

    private IReadOnlyList<(string Name, double Value)>? Figures(long step, in StepResult result)
    {
        bool isValidationDue = _validate is not null && (step % _settings.ValidateEvery == 0 || step == _settings.Steps);
        return isValidationDue ? [.. result.Figures ?? [], .. _validate!()] : result.Figures;
    }

    /// <summary>After the last step always: a kill while the model is being saved, then, costs no step.</summary>
    private bool IsCheckpointDue(long step, long saved, long savedAt) =>
        step == _settings.Steps
        || step - saved >= _settings.CheckpointEvery
        || Stopwatch.GetElapsedTime(savedAt) >= _settings.CheckpointInterval;
}
