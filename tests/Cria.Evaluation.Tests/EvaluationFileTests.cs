using Cria.Alignment;
using Cria.Models;

namespace Cria.Evaluation.Tests;

public class EvaluationFileTests
{
    private const string Judge = "judge";

    private static readonly AnswerSettings Settings = new(0.8, 3, 32);

    [Fact]
    public void What_is_written_is_read_again()
    {
        using TemporaryFolder folder = new();
        EvaluationFile file = Answers("sft", 0.25, 0.5);
        string path = file.Write(folder.Path);
        EvaluationFile read = EvaluationFile.Read(path);
        Assert.Equal("sft.helpfulness.answers.json", Path.GetFileName(path));
        Assert.Equal((file.Model, file.Task, file.Judge, file.Settings), (read.Model, read.Task, read.Judge, read.Settings));
        Assert.Equal(file.Rewards, read.Rewards);
        Assert.Equal(
            file.Prompts.Select(prompt => (prompt.Id, prompt.Reference)), read.Prompts.Select(prompt => (prompt.Id, prompt.Reference)));
        Assert.Equal(file.Prompts.SelectMany(prompt => prompt.Messages), read.Prompts.SelectMany(prompt => prompt.Messages));
        Assert.Equal(file.Answers.Select(answer => answer.Scores[Judge]), read.Answers.Select(answer => answer.Scores[Judge]));
    }

    [Fact]
    public void Measures_and_scores_are_counted_where_they_apply()
    {
        EvaluationFile file = Answers("sft", 0.25, 0.5);
        Assert.Equal(new Rate(1, 1), file.Rate("first"));
        Assert.Equal(new Rate(1, 2), file.Finished);
        Assert.Equal(0.375, file.Mean(Judge).Mean, 1e-12);
        Assert.False(file.Rate("unknown").IsDefined);
    }

    [Fact]
    public void A_score_that_is_no_number_names_judge_and_prompt()
    {
        AlignmentDataException error = Assert.Throws<AlignmentDataException>(() => Answers("sft", 0.25, double.NaN));
        Assert.Contains("judge", error.Message, StringComparison.Ordinal);
        Assert.Contains("prompt 'b'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_files_give_a_clear_error_whatever_the_damage()
    {
        using TemporaryFolder folder = new();
        string path = Answers("sft", 0.25, 0.5).Write(folder.Path);
        byte[] whole = File.ReadAllBytes(path);
        Random random = new(11);
        for (int i = 0; i < 500; i++)
        {
            byte[] damaged = [.. i % 2 == 0 ? whole : whole.Take(random.Next(whole.Length))];
            for (int change = 0; change < (damaged.Length == 0 ? 0 : i % 4); change++)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(path, damaged);
            Exception? error = Record.Exception(() => EvaluationFile.Read(path));
            Assert.True(error is null or EvaluationFileException, error?.ToString());
            Assert.True(error is null || error.Message.StartsWith(path, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Missing_files_and_other_versions_are_named()
    {
        using TemporaryFolder folder = new();
        Assert.Contains(
            "no such file", Assert.Throws<EvaluationFileException>(() => EvaluationFile.Read(Path.Combine(folder.Path, "x"))).Message,
            StringComparison.Ordinal);
        string path = (Answers("sft", 0.25, 0.5) with { Version = 9 }).Write(folder.Path);
        Assert.Contains(
            "found 9", Assert.Throws<EvaluationFileException>(() => EvaluationFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Win_rates_count_prompt_by_prompt_with_ties_apart_and_mirror_each_other()
    {
        EvaluationFile better = Answers("rlhf-v1", 0.75, 0.5), worse = Answers("sft", 0.25, 0.5);
        WinRateMatrix matrix = WinRateMatrix.Of([worse, better])[0];
        Assert.True(matrix.IsTrueJudge);
        Assert.Equal(new WinTally(1, 0, 1), matrix["rlhf-v1", "sft"]);
        Assert.Equal(matrix["rlhf-v1", "sft"], matrix["sft", "rlhf-v1"].Reversed);
        Assert.Equal(["judge", "reward"], WinRateMatrix.Of([worse, better]).Select(one => one.Judge));
    }

    [Fact]
    public void Answers_to_other_prompts_or_drawn_another_way_are_not_compared()
    {
        EvaluationFile file = Answers("sft", 0.25, 0.5);
        Assert.Throws<EvaluationFileException>(() => WinRateMatrix.Of([file, file]));
        Assert.Throws<EvaluationFileException>(
            () => WinRateMatrix.Of([file, file with { Model = "a", Settings = Settings with { Temperature = 1 } }]));
        Assert.Throws<EvaluationFileException>(() => WinRateMatrix.Of([file, file with { Model = "a", Prompts = [file.Prompts[0]] }]));
    }

    [Fact]
    public void Best_of_more_samples_is_never_worse_and_medians_stay_between()
    {
        Random random = new(5);
        double[][] scores = [.. Enumerable.Range(0, 30).Select(_ => Enumerable.Range(0, 16).Select(_ => random.NextDouble()).ToArray())];
        IReadOnlyList<BestOfSamples> points = BestOfSamples.ByCount(scores, [1, 2, 4, 8, 16, 32]);
        Assert.Equal([1, 2, 4, 8, 16], points.Select(point => point.X));
        Assert.All(points.Zip(points.Skip(1)), pair => Assert.True(pair.First.Maximum.Mean <= pair.Second.Maximum.Mean));
        Assert.All(points, point => Assert.True(point.Median.Mean <= point.Maximum.Mean));
        Assert.Equal(points[0].Median, points[0].Maximum);
    }

    [Fact]
    public void Preferences_are_measured_by_batch_and_kind()
    {
        ComparedAnswer safe = new("yes indeed") { Model = "sft", IsSafe = true }, other = new("no") { Model = "rlhf-v1", IsSafe = false };
        Comparison Of(int batch, PreferenceKind kind, PreferenceRating rating) =>
            new([new ChatMessage(ChatRole.User, "a b c")], safe, other, rating)
            {
                Batch = batch,
                Kind = kind,
                IsHeldOut = rating == PreferenceRating.Better,
                Annotator = "simulated rule",
            };
        PreferenceFigures figures = PreferenceFigures.Of(
            [
                Of(2, PreferenceKind.Safety, PreferenceRating.Better), Of(1, PreferenceKind.Helpfulness, PreferenceRating.Significantly),
                Of(1, PreferenceKind.Helpfulness, PreferenceRating.Better),
            ],
            text => text.Split(' ').Length);
        Assert.Equal([(1, 2), (2, 1)], figures.Batches.Select(batch => (batch.Statistics.Batch ?? 0, batch.Statistics.Comparisons)));
        Assert.Equal(["rlhf-v1", "sft"], figures.Batches[0].Models);
        Assert.Equal(["simulated rule"], figures.Batches[1].Annotators);
    }

    [Fact]
    public void Context_distillation_is_measured_after_the_sigmoid_and_keeps_what_is_preferred()
    {
        AlignmentPrompt prompt = new("a", [new ChatMessage(ChatRole.User, "?")]) { IsSafety = true };
        DistilledPrompt Of(double original, double template) => new(
            prompt,
            new ScoredAnswer(new AnswerText("no"), original),
            new ScoredAnswer(new AnswerText("yes"), -9),
            new ScoredAnswer(new AnswerText("yes"), template));
        ContextDistillationFigures figures = ContextDistillationFigures.Of([Of(0, 1), Of(0, -1)], new SafeYes());
        Assert.Equal(["base", "generic", "template"], figures.Variants.Select(variant => variant.Variant));
        Assert.Equal([0.5, 0.5], figures.Variants[0].Scores);
        Assert.Equal(new Rate(0, 2), figures.Variants[0].Safe);
        Assert.Equal(new Rate(2, 2), figures.Variants[2].Safe);
        Assert.Equal(new Rate(1, 2), figures.Kept);
    }

    [Fact]
    public void Obedience_is_counted_apart_for_single_instructions_and_combinations_and_not_for_turns_that_none_came_to()
    {
        GhostInstruction first = new(GhostInstructionKind.Opening, "Be a pirate.", "", "Ahoy");
        GhostInstruction second = new(GhostInstructionKind.Name, "Call me Ada.", "", "Ada");
        GhostAttentionDialogue Played(bool[] obeyed, params GhostInstruction[] instructions) =>
            new(new GhostInstructionSet(instructions, IsTerse: false), [], obeyed);
        GhostAttentionScores scores = new(
            [2, 3, 20],
            [Played([true, true], first), Played([true, false, true], second), Played([true, true, false], first, second)]);
        Assert.Equal(
            [
                new ObedienceEntry("sft", true, false, 2, new Rate(1, 2)), new ObedienceEntry("sft", true, false, 3, new Rate(1, 1)),
                new ObedienceEntry("sft", true, true, 2, new Rate(1, 1)), new ObedienceEntry("sft", true, true, 3, new Rate(0, 1)),
            ],
            ObedienceEntry.Of("sft", true, scores));
    }

    private static EvaluationFile Answers(string model, double first, double second)
    {
        AlignmentPrompt[] prompts = [.. new[] { "a", "b" }.Select(id =>
            new AlignmentPrompt(id, [new ChatMessage(ChatRole.User, $"What is {id}?")]) { Reference = id })];
        EvaluationTask task = new("helpfulness", prompts, Settings)
        {
            Judge = new ByPrompt(new() { ["a"] = first, ["b"] = second }),
            Rewards = [new DelegateReward("reward", answered => answered.Answer.Text.Length)],
            Measures = [new AnswerMeasure("first", (prompt, _) => prompt.Id == "a" ? true : null)],
        };
        return VersionEvaluation.Measure(model, task, [[new AnswerText("An \"answer\" <b>")], [new AnswerText("Another 😀", false)]]);
    }

    private sealed class ByPrompt(Dictionary<string, double> scores) : IJudge
    {
        public string Name => Judge;

        public double Score(AlignmentPrompt prompt, AnswerText answer) => scores[prompt.Id];
    }

    private sealed class SafeYes : IJudge
    {
        public string Name => "safety";

        public double Score(AlignmentPrompt prompt, AnswerText answer) => 0;

        public bool? IsSafe(AlignmentPrompt prompt, AnswerText answer) => answer.Text == "yes";
    }
}
