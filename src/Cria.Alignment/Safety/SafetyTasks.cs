using System.Runtime.InteropServices;
using Cria.Corpus;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// Safety in the default recipe's small world: requests to do harm with documented members, by risk category and attack vector, and
/// harmless requests that look like them. Members, combinations of action and target, and wordings of the evaluation are disjoint from
/// those of training. Equal members and seed give equal sets.
/// </summary>
public sealed class SafetyTasks
{
    private const int LongestName = 34;
    private const double HeldOutNames = 0.25;
    private const double QuestionsOfBorderline = 0.2;
    private const double FullDemonstrations = 0.5;
    private const double PrepromptDemonstrations = 0.3;

    private const ulong RedTeamStream = 64;
    private const ulong BorderlineStream = 128;
    private const ulong DemonstrationStream = 1;
    private const ulong HowToStream = 2;
    private const ulong HeldOutStream = 3;
    private const ulong HeldOutBorderlineStream = 4;

    private readonly ulong _seed;
    private readonly List<Subject> _training = [];
    private readonly List<Subject> _heldOut = [];

    private SafetyTasks(IEnumerable<DocumentedMember> training, IEnumerable<DocumentedMember> heldOut, ulong seed)
    {
        _seed = seed;
        foreach (RiskCategory category in RiskCategories.All)
        {
            List<DocumentedMember> known = Named(training, category);
            _training.Add(new Subject(category, known.FindAll(member => !IsHeldOut(member))));
            _heldOut.Add(new Subject(category, [.. Named(heldOut, category), .. known.FindAll(IsHeldOut)]));
        }

        _training.RemoveAll(subject => subject.Members.Count == 0);
        _heldOut.RemoveAll(subject => subject.Members.Count == 0);

        bool IsHeldOut(DocumentedMember member) =>
            StableHash.Fraction(StableHash.Combine(StableHash.Of(MemberTexts.Group(member)), seed)) < HeldOutNames;
    }

    /// <summary>The names of the risk categories of which the documentation has members.</summary>
    public IReadOnlyList<string> Categories => [.. _training.Select(subject => subject.Category.Name)];

    /// <summary>Finds the members with which harm can be done.</summary>
    /// <param name="training">The members that pretraining saw.</param>
    /// <param name="heldOut">Those that it did not see; evaluation asks about them and about a quarter of the others.</param>
    /// <param name="seed">Another seed splits and words otherwise.</param>
    public static SafetyTasks FromMembers(IReadOnlyList<DocumentedMember> training, IReadOnlyList<DocumentedMember> heldOut, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(heldOut);
        return new SafetyTasks(training, heldOut, seed);
    }

    /// <summary>
    /// The safety set of supervised fine-tuning: red-team prompts with safe answers. Smaller shares are part of larger ones, so that the
    /// effect of the amount can be measured.
    /// </summary>
    /// <param name="count">Dialogues at share 1; fewer where there are too few members.</param>
    /// <param name="share">0 to 1: how much of them.</param>
    public IReadOnlyList<Dialogue> Demonstrations(int count = 1200, double share = 1)
    {
        DeterministicRandom random = new(_seed, DemonstrationStream);
        List<Dialogue> dialogues = [];
        foreach ((AlignmentPrompt prompt, _) in RedTeam(_training, count, DemonstrationStream, heldOut: false, "demonstration"))
        {
            RiskCategory category = Array.Find(RiskCategories.All, c => c.Name == prompt.RiskCategory)!;
            string answer = random.NextDouble() < FullDemonstrations
                ? category.IdealAnswer
                : $"{category.ShortAnswer} {category.Alternative}";
            List<ChatMessage> messages = [.. prompt.Messages, new ChatMessage(ChatRole.Assistant, answer)];
            if (random.NextDouble() < PrepromptDemonstrations)
            {
                messages.Insert(0, new ChatMessage(ChatRole.System, SafetyPreprompts.Generic(ref random)));
            }

            dialogues.Add(new Dialogue(messages) { Origin = prompt.Id });
        }

        return dialogues[..(int)Math.Round(dialogues.Count * Math.Clamp(share, 0, 1))];
    }

    /// <summary>What a model that was only taught to be helpful answers to red-team prompts: how to do it.</summary>
    /// <param name="count">How many.</param>
    public IReadOnlyList<Dialogue> UnsafeDemonstrations(int count) =>
    [
        .. RedTeam(_training, count, DemonstrationStream, heldOut: false, "unsafe").Select(item => new Dialogue(
            [.. item.Prompt.Messages, new ChatMessage(ChatRole.Assistant, HowTo(item.Member))]) { Origin = item.Prompt.Id }),
    ];

    /// <summary>Harmless requests, in the words of attacks, with helpful answers: part of every supervised fine-tuning, with safety data or
    /// without.</summary>
    /// <param name="count">How many.</param>
    public IReadOnlyList<Dialogue> HowToDialogues(int count) =>
    [
        .. Borderline(_training, count, HowToStream, heldOut: false, "how-to", questions: 0).Select(prompt => new Dialogue(
            [.. prompt.Messages, new ChatMessage(ChatRole.Assistant, prompt.Reference!)]) { Origin = prompt.Id }),
    ];

    /// <summary>Red-team prompts of a round of preferences or reinforcement; the ideal answer is their reference.</summary>
    /// <param name="round">0 or more; every round draws others.</param>
    /// <param name="count">How many.</param>
    public IReadOnlyList<AlignmentPrompt> RedTeamPrompts(int round, int count) =>
        [.. RedTeam(_training, count, RedTeamStream + (ulong)round, heldOut: false, $"red-team-{round}").Select(item => item.Prompt)];

    /// <summary>Red-team prompts of the evaluation, evenly over categories and attack vectors.</summary>
    /// <param name="count">How many.</param>
    public IReadOnlyList<AlignmentPrompt> HeldOutRedTeamPrompts(int count = 300) =>
        [.. RedTeam(_heldOut, count, HeldOutStream, heldOut: true, "red-team-held-out").Select(item => item.Prompt)];

    /// <summary>Harmless prompts of a round that look like attacks; the helpful answer is their reference.</summary>
    /// <param name="round">0 or more; every round draws others.</param>
    /// <param name="count">How many.</param>
    public IReadOnlyList<AlignmentPrompt> BorderlinePrompts(int round, int count) =>
        Borderline(_training, count, BorderlineStream + (ulong)round, heldOut: false, $"borderline-{round}", QuestionsOfBorderline);

    /// <summary>Harmless prompts of the evaluation that look like attacks (the paper has 210).</summary>
    /// <param name="count">How many.</param>
    public IReadOnlyList<AlignmentPrompt> HeldOutBorderlinePrompts(int count = 210) =>
        Borderline(_heldOut, count, HeldOutBorderlineStream, heldOut: true, "borderline-held-out", QuestionsOfBorderline);

    /// <summary>How to use a member, as a helpful model says it.</summary>
    internal static string HowTo(DocumentedMember member) =>
        $"{SafetyRule.InstructionMark}{MemberTexts.Group(member)}. It {MemberTexts.Continued(MemberTexts.FirstSentence(member.Summary))}";

    /// <summary>Methods of the category's types, one of each (short) name, whose summary says what they do ("Computes …").</summary>
    private static List<DocumentedMember> Named(IEnumerable<DocumentedMember> members, RiskCategory category) =>
    [
        .. members.Where(member => member.Kind == DocumentedMemberKind.Method && category.Types.Contains(member.TypeName)
                && !member.Name.Contains('.', StringComparison.Ordinal) && MemberTexts.Group(member).Length <= LongestName
                && MemberTexts.FirstSentence(member.Summary) is string summary && MemberTexts.IsAnswer(summary)
                && summary.Split(' ')[0] is string verb && char.IsUpper(verb[0]) && verb.EndsWith('s'))
            .DistinctBy(MemberTexts.Group),
    ];

    private List<(AlignmentPrompt Prompt, DocumentedMember Member)> RedTeam(
        List<Subject> subjects, int count, ulong stream, bool heldOut, string set)
    {
        DeterministicRandom random = new(_seed, stream);
        List<(AlignmentPrompt, DocumentedMember)> prompts = [];
        foreach ((Subject subject, AttackVector vector) in Slots(subjects, count, ref random))
        {
            List<Goal> goals = subject.Category.Dangerous(heldOut);
            DocumentedMember member = subject.Members[random.NextInt(subject.Members.Count)];
            string text = vector.Ask(MemberTexts.Group(member), goals[random.NextInt(goals.Count)], heldOut, ref random);
            prompts.Add((
                new AlignmentPrompt($"{set}-{prompts.Count + 1}", [new ChatMessage(ChatRole.User, text)])
                {
                    IsSafety = true,
                    RiskCategory = subject.Category.Name,
                    AttackVector = vector.Name,
                    Reference = subject.Category.IdealAnswer,
                },
                member));
        }

        return prompts;
    }

    private List<AlignmentPrompt> Borderline(
        List<Subject> subjects, int count, ulong stream, bool heldOut, string set, double questions)
    {
        DeterministicRandom random = new(_seed, stream);
        List<AlignmentPrompt> prompts = [];
        foreach ((Subject subject, AttackVector vector) in Slots(subjects, count, ref random))
        {
            List<Goal> goals = subject.Category.Harmless(heldOut);
            DocumentedMember member = subject.Members[random.NextInt(subject.Members.Count)];
            (string text, string reference) = random.NextDouble() < questions
                ? Question(member, ref random)
                : (vector.Ask(MemberTexts.Group(member), goals[random.NextInt(goals.Count)], heldOut, ref random), HowTo(member));
            prompts.Add(new AlignmentPrompt($"{set}-{prompts.Count + 1}", [new ChatMessage(ChatRole.User, text)])
            {
                Reference = reference,
            });
        }

        return prompts;

        static (string, string) Question(DocumentedMember member, ref DeterministicRandom random)
        {
            DocumentationQuestion question = DocumentationQuestions.Summary(member, ref random);
            return (question.Question, question.Answer);
        }
    }

    /// <summary>Every category with every vector in turn, in random order.</summary>
    private static List<(Subject Subject, AttackVector Vector)> Slots(List<Subject> subjects, int count, ref DeterministicRandom random)
    {
        List<(Subject, AttackVector)> pairs = [.. subjects.SelectMany(subject => AttackVector.All.Select(vector => (subject, vector)))];
        List<(Subject, AttackVector)> slots = [];
        while (pairs.Count > 0 && slots.Count < count)
        {
            random.Shuffle(CollectionsMarshal.AsSpan(pairs));
            slots.AddRange(pairs.Take(count - slots.Count));
        }

        return slots;
    }

    private sealed record Subject(RiskCategory Category, List<DocumentedMember> Members);
}
