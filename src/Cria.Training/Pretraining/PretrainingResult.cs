namespace Cria.Training;

/// <summary>What a finished pretraining reached; kept beside the model as <c>training.json</c>.</summary>
/// <param name="Steps">Optimiser steps.</param>
/// <param name="Tokens">Tokens trained on.</param>
/// <param name="Loss">Loss of the last batch, in nats a token.</param>
/// <param name="Validation">Measured after the last step; null where the corpus has no validation text.</param>
public sealed record PretrainingResult(long Steps, long Tokens, double Loss, ValidationResult? Validation)
{
    internal void Write(string folder, SettingsFingerprint settings) => TrainingRecord.Write(folder, settings, json =>
    {
        json.WriteNumber("steps", Steps);
        json.WriteNumber("tokens", Tokens);
        json.WriteNumber("loss", Loss);
        Validation?.Write(json);
    });

    internal static PretrainingResult? Read(string folder, SettingsFingerprint settings) =>
        TrainingRecord.Read(folder, settings, static json => new PretrainingResult(
            json.GetProperty("steps").GetInt64(), json.GetProperty("tokens").GetInt64(), json.GetProperty("loss").GetDouble(),
            ValidationResult.Read(json)));
}
