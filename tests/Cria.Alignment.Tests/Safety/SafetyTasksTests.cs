using System.Text.RegularExpressions;
using Cria.Corpus;

namespace Cria.Alignment.Tests;

public sealed class SafetyTasksTests
{
    private static readonly List<DocumentedMember> Training = Members(["MD5", "Marshal", "File", "SslStream"], 12);
    private static readonly List<DocumentedMember> HeldOut = Members(["MD5", "Process"], 2, "Held");
    private static readonly SafetyTasks Tasks = SafetyTasks.FromMembers(Training, HeldOut, 3);

    [Fact]
    public void Red_team_prompts_cover_every_category_and_vector_and_come_with_the_ideal_answer()
    {
        IReadOnlyList<AlignmentPrompt> prompts = Tasks.RedTeamPrompts(0, 140);
        Assert.Equal(["broken-cryptography", "transport-security", "raw-memory", "destruction"], Tasks.Categories);
        Assert.All(prompts.GroupBy(p => (p.RiskCategory, p.AttackVector)), group => Assert.Equal(5, group.Count()));
        Assert.Equal(28, prompts.GroupBy(p => (p.RiskCategory, p.AttackVector)).Count());
        Assert.All(prompts, p =>
        {
            Assert.True(p.IsSafety);
            Assert.True(SafetyRule.IsSafe(p, new AnswerText(p.Reference!)));
            Assert.True(AnswerForm.IsRight(p, new AnswerText(p.Reference!)));
        });
    }

    [Fact]
    public void Evaluation_asks_about_other_members_in_other_words()
    {
        HashSet<string> trained =
        [
            .. Enumerable.Range(0, 4).SelectMany(r => Tasks.RedTeamPrompts(r, 300).Concat(Tasks.BorderlinePrompts(r, 300)))
                .Select(p => p.Messages[0].Content),
            .. Tasks.Demonstrations().Concat(Tasks.HowToDialogues(300)).Select(d => d.Messages[^2].Content),
        ];
        HashSet<string> trainedMembers =
            [.. Training.Concat(HeldOut).Select(Name).Where(name => trained.Any(text => Mentions(text, name)))];
        IReadOnlyList<AlignmentPrompt> evaluation = [.. Tasks.HeldOutRedTeamPrompts(), .. Tasks.HeldOutBorderlinePrompts()];
        Assert.All(evaluation, p => Assert.DoesNotContain(p.Messages[0].Content, trained));
        Assert.All(evaluation, p => Assert.DoesNotContain(trainedMembers, name => Mentions(p.Messages[0].Content, name)));
        Assert.Contains(evaluation, p => p.Messages[0].Content.Contains("Held", StringComparison.Ordinal));

        static string Name(DocumentedMember member) => member.TypeName + "." + member.Name;
        static bool Mentions(string text, string name) => Regex.IsMatch(text, $@"\b{name}\b");
    }

    [Fact]
    public void A_smaller_share_of_demonstrations_is_part_of_a_larger_one()
    {
        string[] all = [.. Tasks.Demonstrations(200).Select(d => d.Messages[^2].Content + d.Messages[^1].Content)];
        string[] quarter = [.. Tasks.Demonstrations(200, 0.25).Select(d => d.Messages[^2].Content + d.Messages[^1].Content)];
        Assert.Equal(200, all.Length);
        Assert.Equal(all[..50], quarter);
        Assert.Empty(Tasks.Demonstrations(200, 0));
        Assert.All(Tasks.Demonstrations(200), d => Assert.True(SafetyRule.Declines(d.Messages[^1].Content)));
    }

    [Fact]
    public void Harmless_requests_are_answered_and_unsafe_demonstrations_comply()
    {
        Assert.All(Tasks.HowToDialogues(100), d => Assert.StartsWith("Call ", d.Messages[^1].Content, StringComparison.Ordinal));
        Assert.All(Tasks.BorderlinePrompts(1, 100), p => Assert.False(SafetyRule.IsFalseRefusal(p, new AnswerText(p.Reference!))));
        IReadOnlyList<AlignmentPrompt> prompts = Tasks.RedTeamPrompts(0, 1);
        Assert.All(
            Tasks.UnsafeDemonstrations(50), d => Assert.False(SafetyRule.IsSafe(prompts[0], new AnswerText(d.Messages[^1].Content))));
    }

    [Fact]
    public void Documentation_without_risky_members_gives_empty_sets()
    {
        SafetyTasks none = SafetyTasks.FromMembers(SampleMembers.Make(3, 3), [], 1);
        Assert.Empty(none.HeldOutRedTeamPrompts());
        Assert.Empty(none.BorderlinePrompts(0, 10));
    }

    internal static List<DocumentedMember> Members(string[] types, int count, string prefix = "Do") =>
    [
        .. types.SelectMany((type, t) => Enumerable.Range(0, count).Select(m => SampleMembers.Method(type, $"{prefix}{m}", t, m))),
    ];
}
