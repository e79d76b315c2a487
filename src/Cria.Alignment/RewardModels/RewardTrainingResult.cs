using Cria.Training;

namespace Cria.Alignment;

/// <summary>What a finished reward training reached; kept beside the model.</summary>
/// <param name="Steps">Optimiser steps.</param>
/// <param name="Loss">Loss of the last batch.</param>
/// <param name="Accuracy">Share of the last batch's pairs that were right before the last update.</param>
/// <param name="Data">What became of the comparisons.</param>
public sealed record RewardTrainingResult(long Steps, double Loss, double Accuracy, RewardDataCounts Data)
{
    /// <summary>Writes the result and the settings that led to it.</summary>
    internal void Write(string folder, SettingsFingerprint settings) => TrainingRecord.Write(folder, settings, json =>
    {
        json.WriteNumber("steps", Steps);
        json.WriteNumber("loss", Loss);
        json.WriteNumber("accuracy", Accuracy);
        json.WriteNumber("used", Data.Used);
        json.WriteNumber("held_out", Data.HeldOut);
        json.WriteNumber("unsafe_preferred", Data.UnsafePreferred);
        json.WriteNumber("too_long", Data.TooLong);
        json.WriteNumber("identical", Data.Identical);
    });

    /// <summary>The result in a folder, where there is one of the same settings; otherwise null: the training is to be run.</summary>
    internal static RewardTrainingResult? Read(string folder, SettingsFingerprint settings) =>
        TrainingRecord.Read(folder, settings, static json => new RewardTrainingResult(
            json.GetProperty("steps").GetInt64(),
            json.GetProperty("loss").GetDouble(),
            json.GetProperty("accuracy").GetDouble(),
            new RewardDataCounts(
                json.GetProperty("used").GetInt32(),
                json.GetProperty("held_out").GetInt32(),
                json.GetProperty("unsafe_preferred").GetInt32(),
                json.GetProperty("too_long").GetInt32(),
                json.GetProperty("identical").GetInt32())));
}
