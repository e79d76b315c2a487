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

    private readonly Trainer _trainer;
    private readonly IBatchSource _source;
    private readonly TrainingLoopSettings _settings;
    private readonly CheckpointFolder _checkpoints;
    private readonly Func<ValidationResult>? _validate;

    /// <summary>Prepares a training.</summary>
    /// <param name="trainer">At its beginning.</param>
    /// <param name="source">The batches.</param>
    /// <param name="settings">How far, how often.</param>
    /// <param name="checkpoints">Where to go on from and where to save.</param>
    /// <param name="validate">Measures the model, or null.</param>
    public TrainingLoop(
        Trainer trainer, IBatchSource source, TrainingLoopSettings settings, CheckpointFolder checkpoints, Func<ValidationResult>? validate)
    {
        _trainer = trainer;
        _source = source;
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
        _checkpoints.TryRestore(_trainer, notice => progress?.Report(new TrainingProgress { Steps = _settings.Steps, Notice = notice }));
        using MetricsLog metrics = new(metricsPath, stage, _trainer.Steps);
        TokenBatch batch = new(_source.BatchTokens);
        TrainingProgress last = (metrics.Resumed ?? new TrainingProgress { Step = _trainer.Steps }) with { Steps = _settings.Steps };
        long saved = _trainer.Steps;
        long savedAt = Stopwatch.GetTimestamp();
        double secondsPerStep = 0;
        while (_trainer.Steps < _settings.Steps && !cancellation.IsCancellationRequested)
        {
            long start = Stopwatch.GetTimestamp();
            batch.Clear();
            _source.Fill(_trainer.Steps + 1, batch);
            StepResult result = _trainer.Step(batch);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            secondsPerStep = secondsPerStep == 0 ? seconds : (SpeedMemory * secondsPerStep) + ((1 - SpeedMemory) * seconds);
            last = new TrainingProgress(
                _trainer.Steps, _settings.Steps, result.Loss, result.GradientNorm, result.LearningRate, batch.Tokens / secondsPerStep,
                TimeSpan.FromSeconds(secondsPerStep * (_settings.Steps - _trainer.Steps)), IsValidationDue() ? _validate!() : null);
            metrics.Append(last);
            progress?.Report(last);
            if (IsCheckpointDue(saved, savedAt, cancellation))
            {
                metrics.FlushToDisk();
                _checkpoints.Save(_trainer);
                saved = _trainer.Steps;
                savedAt = Stopwatch.GetTimestamp();
            }
        }

        return new TrainingOutcome(_trainer.Steps >= _settings.Steps, last);
    }

    private bool IsValidationDue() =>
        _validate is not null && (_trainer.Steps % _settings.ValidateEvery == 0 || _trainer.Steps == _settings.Steps);

    /// <summary>After the last step always: a kill while the model is being saved, then, costs no step.</summary>
    private bool IsCheckpointDue(long saved, long savedAt, CancellationToken cancellation) =>
        cancellation.IsCancellationRequested
        || _trainer.Steps == _settings.Steps
        || _trainer.Steps - saved >= _settings.CheckpointEvery
        || Stopwatch.GetElapsedTime(savedAt) >= _settings.CheckpointInterval;
}
