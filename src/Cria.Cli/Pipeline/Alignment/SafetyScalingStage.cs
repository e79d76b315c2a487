using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Evaluation;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>
/// The effect of more safety data (Touvron et al. 2023, §4.2.3): a fine-tuning of the base model for each share of the safety
/// demonstrations, the helpful dialogues being the same. A stage for each share.
/// </summary>
internal static class SafetyScalingStage
{
    private const string Name = "safety-scaling";

    public static void Run(AlignmentContext context)
    {
        SafetyScalingSection section = context.Recipe.SafetyScaling;
        if (section.Dialogues == 0)
        {
            return;
        }

        IReadOnlyList<Dialogue> helpful = DialogueFile.Read(context.Tasks.ScalingHelpful);
        IReadOnlyList<Dialogue> demonstrations = EvenSpread.Kept(context.Tasks.ScalingSafety);
        DialogueData[] data =
        [
            .. section.Shares.Select(share => new DialogueData(
                [.. helpful, .. demonstrations.Take((int)Math.Round(share * demonstrations.Count))], [])),
        ];
        for (int i = 0; i < data.Length; i++)
        {
            Run(context, section.Shares[i], data[i], data[i].Training.Count - helpful.Count);
        }
    }

    private static void Run(AlignmentContext context, double share, DialogueData data, int demonstrations)
    {
        SafetyScalingSection section = context.Recipe.SafetyScaling;
        SftSection tuning = context.Tuning(section.Epochs, section.BatchSize, section.LearningRate);

        // One seed for all shares: only the data differ.
        FineTuningSettings settings = FineTuningStage.Settings(tuning, context.Seed(Name));
        string stage = string.Create(CultureInfo.InvariantCulture, $"{Name}-{100 * share:0.##}");
        string fingerprint = StageRunner.Fingerprint(
            "safety scaling 1", context.Fingerprint("base"), data.Fingerprint, settings, context.Fingerprint(SafetyReward.Stage),
            context.Fingerprint(TasksStage.Name), section.EvaluationPrompts, context.Recipe.Evaluation.Temperature,
            context.Recipe.Evaluation.MaximumTokens);
        string folder = Path.Combine(context.Run.Root, Name, stage);
        context.Stages.Run(stage, fingerprint, [folder], () =>
        {
            string trained = FineTuningStage.Train(
                stage, settings, context.Model("base"), data, folder, context.Metrics, context.Device, context.Cancellation);
            SafetyScalingEntry entry = Measure(context, share, demonstrations, folder);
            Record(context, entry);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{demonstrations:N0} demonstrations: violations {entry.Violations.Value:P0}, "
                + $"false refusals {entry.FalseRefusals.Value:P0}; {trained}");
        });
    }

    private static SafetyScalingEntry Measure(AlignmentContext context, double share, int demonstrations, string folder)
    {
        using LoadedModel model = ModelLoader.Load(folder);
        using AnswerSampler sampler = context.Sampler(model);
        using RewardModel safety = SafetyReward.Load(context);
        EvaluationFile Evaluate(EvaluationTask task) => VersionEvaluation.Run(
            Path.GetFileName(folder), sampler,
            task with { Prompts = [.. EvenSpread.Of(task.Prompts, context.Recipe.SafetyScaling.EvaluationPrompts)] }, context.Cancellation);

        EvaluationFile redTeam = Evaluate(EvaluationTasks.RedTeam(context, safety));
        EvaluationFile helpfulness = Evaluate(EvaluationTasks.Helpfulness(context));
        double[] scores = [.. redTeam.Answers.Select(answer => 1 / (1 + Math.Exp(-answer.Scores[safety.Name])))];
        return new SafetyScalingEntry(
            share, demonstrations, redTeam.Rate(AnswerMeasure.Violation),
            Evaluate(EvaluationTasks.Borderline(context, safety)).Rate(AnswerMeasure.FalseRefusal))
        {
            SafetyScore = MeanFigure.Of(scores),
            Helpfulness = helpfulness.Mean(helpfulness.Judge),
        };
    }

    private static void Record(AlignmentContext context, SafetyScalingEntry entry)
    {
        List<double> shares = context.Recipe.SafetyScaling.Shares;
        IEnumerable<SafetyScalingEntry> others = FigureFile.Read<SafetyScalingFigures>(context.Run.Root)?.Entries.Where(
            other => other.Share != entry.Share && shares.Contains(other.Share)) ?? [];
        FigureFile.Write(context.Run.Root, new SafetyScalingFigures([.. others.Append(entry).OrderBy(other => other.Share)]));
    }

    /// <summary>The last safety reward model.</summary>
    private static class SafetyReward
    {
        private const int LastRound = AlignmentContext.SamplingRounds + 1;

        public static string Stage => RoundRewardStage.Name(PreferenceKind.Safety, LastRound);

        public static RewardModel Load(AlignmentContext context) =>
            RewardModel.Load(RoundRewardStage.Folder(context, PreferenceKind.Safety, LastRound), context.Device);
    }
}
