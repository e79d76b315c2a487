using System.Diagnostics;

namespace Cria.Alignment;

/// <summary>When an iteration is saved, and how long the training still takes.</summary>
internal sealed class CheckpointClock
{
    private readonly PpoSettings _settings;
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly long _firstStep;
    private long _savedStep;
    private long _savedAt;

    /// <summary>Starts behind a step.</summary>
    public CheckpointClock(PpoSettings settings, long step)
    {
        _settings = settings;
        _firstStep = step;
        Saved(step);
    }

    /// <summary>Whether it is time to save.</summary>
    public bool IsDue(long step) =>
        step - _savedStep >= _settings.CheckpointEvery || Stopwatch.GetElapsedTime(_savedAt) >= _settings.CheckpointInterval;

    /// <summary>Counts from this checkpoint on.</summary>
    public void Saved(long step)
    {
        _savedStep = step;
        _savedAt = Stopwatch.GetTimestamp();
    }

    /// <summary>Until the last iteration, at the speed since the start.</summary>
    public TimeSpan TimeLeft(long step) => Stopwatch.GetElapsedTime(_startedAt) / (step - _firstStep) * (_settings.Iterations - step);
}
