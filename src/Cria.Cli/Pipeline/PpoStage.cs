using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Cli.Terminal;
using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Cli.Pipeline;

/// <summary>Tunes a chat model by PPO, as a stage of a run.</summary>
/// <param name="stages">Runs stages.</param>
/// <param name="run">The run.</param>
/// <param name="seed">The run's seed.</param>
/// <param name="device">Computes.</param>
internal sealed class PpoStage(StageRunner stages, RunDirectory run, ulong seed, Device device)
{
    /// <summary>Name of the stage and of its folder where the recipe's section names data of its own.</summary>
    public const string Name = "ppo";

    /// <summary>Trains unless the stage is up to date, with the model, reward models and prompts that the section names.</summary>
    /// <exception cref="CliException">The section names none.</exception>
    public void Run(PpoSection section, CancellationToken cancellation)
    {
        Require(section.Model, "ppo.model", "the chat model to start from");
        Require(section.Helpfulness, "ppo.helpfulness", "a reward model");
        if (section.Prompts.Count == 0)
        {
            throw new CliException("ppo.prompts names no files of prompts; 'cria raise' draws prompts of the run's own tasks.");
        }

        AlignmentPrompt[] prompts = [.. section.Prompts.SelectMany(PromptFile.Read)];
        AlignmentPrompt[] heldOut = [.. section.HeldOut.SelectMany(PromptFile.Read).Take(section.HeldOutPrompts)];
        Run(
            Name, section, section.Model, section.Helpfulness, section.Safety, prompts, heldOut, Path.Combine(run.Root, Name),
            cancellation);
    }

    /// <summary>Trains a stage unless it is up to date.</summary>
    /// <param name="stage">Its name, in the run and in the metrics.</param>
    /// <param name="section">How.</param>
    /// <param name="start">The model to start from.</param>
    /// <param name="helpfulness">The helpfulness reward model.</param>
    /// <param name="safety">The safety reward model, or empty for none.</param>
    /// <param name="prompts">Answers are drawn to these.</param>
    /// <param name="heldOut">For early stopping.</param>
    /// <param name="folder">Where the model goes.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    /// <exception cref="OperationCanceledException">Ctrl-C: a checkpoint is written.</exception>
    public void Run(
        string stage, PpoSection section, string start, string helpfulness, string safety, IReadOnlyList<AlignmentPrompt> prompts,
        IReadOnlyList<AlignmentPrompt> heldOut, string folder, CancellationToken cancellation)
    {
        PpoSettings settings = Settings(section, seed);
        string[] rewardModels = safety.Length > 0 ? [helpfulness, safety] : [helpfulness];
        string fingerprint = StageRunner.Fingerprint(
            [
                ModelInput.Hash(start), .. rewardModels.Select(ModelInput.Hash), section.SafetyThreshold, settings,
                ModelInput.Hash(prompts), ModelInput.Hash(heldOut),
            ]);
        stages.Run(stage, fingerprint, [folder], () =>
        {
            TrainingMemory.Check(ModelLoader.Inspect(start).Config);
            using LoadedModel model = ModelLoader.Load(start);
            RewardModel[] models = [.. rewardModels.Select(path => RewardModel.Load(path, device))];
            try
            {
                CombinedRewards rewards = models.Length > 1
                    ? CombinedRewards.Llama2(models[0], models[1], section.SafetyThreshold)
                    : CombinedRewards.Single(models[0]);
                using ProgressLine line = new();
                PpoResult? result = PpoTraining.Run(
                    settings, model, rewards, prompts, heldOut, folder, run.Metrics, stage, device,
                    new InlineProgress<PpoProgress>(progress => Show(line, progress)), cancellation);
                return result is null ? throw new OperationCanceledException(cancellation) : Describe(result);
            }
            finally
            {
                Array.ForEach(models, reward => reward.Dispose());
            }
        });
    }

    /// <summary>The settings that a section stands for.</summary>
    public static PpoSettings Settings(PpoSection section, ulong seed) => new()
    {
        Iterations = section.Iterations,
        BatchPrompts = section.BatchPrompts,
        AnswersPerPrompt = section.AnswersPerPrompt,
        ScaleRewards = section.ScaleRewards,
        MiniBatchAnswers = section.MiniBatchAnswers,
        AnswerTokens = section.AnswerTokens,
        LearningRate = section.LearningRate,
        ValueLearningRate = section.ValueLearningRate,
        ValueLossWeight = section.ValueLossWeight,
        Optimizer = new AdamWSettings { WeightDecay = (float)section.WeightDecay, ClipNorm = (float)section.ClipNorm },
        RatioClip = section.RatioClip,
        Lambda = section.Lambda,
        KlCoefficient = section.KlCoefficient,
        KlTarget = section.KlTarget,
        MaximumKl = section.MaximumKl,
        MissingEndPenalty = section.MissingEndPenalty,
        EvaluateEvery = section.EvaluateEvery,
        Patience = section.Patience,
        SampleEvery = section.SampleEvery,
        Seed = seed,
        CheckpointInterval = TimeSpan.FromSeconds(section.CheckpointSeconds),
    };

    private static void Require(string value, string key, string expected)
    {
        if (value.Length == 0)
        {
            throw new CliException($"{key} is empty; expected {expected}. 'cria raise' goes on from the run's own models.");
        }
    }

    private static void Show(ProgressLine line, PpoProgress progress)
    {
        if (progress.Notice is { } notice)
        {
            line.Note($"  {notice}");
        }

        if (progress.HeldOut is { } heldOut)
        {
            line.Note(string.Create(
                CultureInfo.InvariantCulture,
                $"  iteration {progress.Iteration:N0}: held-out reward {heldOut.Reward:F3}, KL {heldOut.AnswerKl:F2} nats an answer, "
                + $"objective {heldOut.Objective:F3}"));
        }

        if (progress.Figures is { } figures)
        {
            line.Update(() => string.Create(
                CultureInfo.InvariantCulture,
                $"  iteration {progress.Iteration:N0}/{progress.Iterations:N0}  reward {figures.Reward:F3}  KL {figures.AnswerKl:F2}  "
                + $"{figures.AnswerTokens:F0} tokens  {figures.GenerationSeconds:F1} + {figures.ScoringSeconds:F1} + "
                + $"{figures.UpdateSeconds:F1} s  {ProgressLine.Duration(progress.TimeLeft.TotalSeconds)} left"));
        }
    }

    private static string Describe(PpoResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"{result.Iterations:N0} iterations, weights of iteration {result.BestIteration:N0}, held-out objective "
        + $"{result.HeldOutObjective:F3}, last KL {result.AnswerKl:F2} nats an answer");
}
