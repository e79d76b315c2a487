using Cria.Training;

namespace Cria.Alignment;

/// <summary>What a finished PPO training reached.</summary>
/// <param name="Iterations">Iterations made.</param>
/// <param name="BestIteration">The iteration whose weights were saved; 0 where no one was better than the start on held-out
/// prompts.</param>
/// <param name="Reward">Mean raw reward of the last iteration.</param>
/// <param name="AnswerKl">KL divergence of an answer in the last iteration, in nats.</param>
/// <param name="HeldOutObjective">The best held-out objective (<see cref="PpoHeldOut"/>); 0 without held-out prompts.</param>
/// <param name="Stopped">Why training ended before its last iteration; empty where it did not.</param>
public sealed record PpoResult(
    long Iterations, long BestIteration, double Reward, double AnswerKl, double HeldOutObjective, string Stopped)
{
    internal void Write(string folder, SettingsFingerprint settings) => TrainingRecord.Write(folder, settings, json =>
    {
        json.WriteNumber("iterations", Iterations);
        json.WriteNumber("best_iteration", BestIteration);
        json.WriteNumber("reward", Reward);
        json.WriteNumber("kl", AnswerKl);
        json.WriteNumber("held_out_objective", HeldOutObjective);
        json.WriteString("stopped", Stopped);
    });

    internal static PpoResult? Read(string folder, SettingsFingerprint settings) =>
        TrainingRecord.Read(folder, settings, static json => new PpoResult(
        json.GetProperty("iterations").GetInt64(),
        json.GetProperty("best_iteration").GetInt64(),
        json.GetProperty("reward").GetDouble(),
        json.GetProperty("kl").GetDouble(),
        json.GetProperty("held_out_objective").GetDouble(),
        json.GetProperty("stopped").GetString() ?? ""));
}
