using System.Text.Json;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>What a finished fine-tuning reached; kept beside the model as <c>training.json</c>.</summary>
/// <param name="Steps">Optimiser steps.</param>
/// <param name="Dialogues">Dialogues that were trained on.</param>
/// <param name="Skipped">Dialogues that were longer than a sequence, and left out.</param>
/// <param name="Tokens">Tokens that went through the network, over all steps.</param>
/// <param name="LearnedTokens">How many of them were answers.</param>
/// <param name="Loss">Loss of the last batch, in nats a token of an answer.</param>
/// <param name="StartValidation">Of the model that it started from; null where there are no validation dialogues.</param>
/// <param name="Validation">Of the model that came of it; null where there are no validation dialogues.</param>
public sealed record FineTuningResult(
    long Steps, int Dialogues, int Skipped, long Tokens, long LearnedTokens, double Loss,
    ValidationResult? StartValidation, ValidationResult? Validation)
{
    internal void Write(string folder, SettingsFingerprint settings) => TrainingRecord.Write(folder, settings, json =>
    {
        json.WriteNumber("steps", Steps);
        json.WriteNumber("dialogues", Dialogues);
        json.WriteNumber("skipped", Skipped);
        json.WriteNumber("tokens", Tokens);
        json.WriteNumber("learned_tokens", LearnedTokens);
        json.WriteNumber("loss", Loss);
        StartValidation?.Write(json, "start_");
        Validation?.Write(json);
    });

    internal static FineTuningResult? Read(string folder, SettingsFingerprint settings) => TrainingRecord.Read(folder, settings, Read);

    private static FineTuningResult Read(JsonElement root) => new(
        root.GetProperty("steps").GetInt64(),
        root.GetProperty("dialogues").GetInt32(),
        root.GetProperty("skipped").GetInt32(),
        root.GetProperty("tokens").GetInt64(),
        root.GetProperty("learned_tokens").GetInt64(),
        root.GetProperty("loss").GetDouble(),
        ValidationResult.Read(root, "start_"),
        ValidationResult.Read(root));
}
