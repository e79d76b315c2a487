using System.Runtime.InteropServices;
using Cria.Corpus;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// The helpfulness task of the default recipe: questions about documented .NET members, answered by their documentation. Training
/// members are split once, by stable hashes, into those of supervised fine-tuning and those of each round of preferences and
/// reinforcement; evaluation asks about members that pretraining never saw. Equal members and seed give equal tasks.
/// </summary>
public sealed class DocumentationTasks
{
    /// <summary>Rounds of preferences and reinforcement with members of their own.</summary>
    public const int Rounds = 8;

    private const double FineTuningShare = 0.4;
    private const int ShortLine = 75;
    private const int LongConversation = 8;
    private const int ShortLineOfLongConversation = 40;

    private static readonly (DocumentationQuestionKind Kind, double Share)[] OtherKinds =
    [
        (DocumentationQuestionKind.Returns, 0.1),
        (DocumentationQuestionKind.Parameter, 0.1),
        (DocumentationQuestionKind.Exception, 0.05),
    ];

    private readonly ulong _seed;
    private readonly List<DocumentedMember> _fineTuning;
    private readonly List<DocumentedMember>[] _rounds;
    private readonly List<DocumentedMember> _heldOut;

    private DocumentationTasks(
        ulong seed, List<DocumentedMember> fineTuning, List<DocumentedMember>[] rounds, List<DocumentedMember> heldOut)
    {
        _seed = seed;
        _fineTuning = fineTuning;
        _rounds = rounds;
        _heldOut = heldOut;
    }

    /// <summary>Members that supervised fine-tuning asks about.</summary>
    public IReadOnlyList<DocumentedMember> FineTuningMembers => _fineTuning;

    /// <summary>Members that evaluation asks about.</summary>
    public IReadOnlyList<DocumentedMember> HeldOutMembers => _heldOut;

    /// <summary>Chooses the members that make a meaningful task, and splits them.</summary>
    /// <param name="training">The members that pretraining saw (<see cref="CorpusBuilder.TrainingMembers"/>).</param>
    /// <param name="heldOut">Those that it did not see (<see cref="Corpus.HeldOutMembers"/>).</param>
    /// <param name="seed">Another seed splits and words otherwise.</param>
    public static DocumentationTasks FromMembers(
        IReadOnlyList<DocumentedMember> training, IReadOnlyList<DocumentedMember> heldOut, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(heldOut);
        List<DocumentedMember> usable = MemberTexts.Usable(Shuffled(training, seed, 1));
        HashSet<string> known = [.. training.Select(member => MemberTexts.FirstSentence(member.Summary))];
        List<DocumentedMember>[] rounds = [.. Enumerable.Range(0, Rounds).Select(_ => new List<DocumentedMember>())];
        List<DocumentedMember> fineTuning = [];
        foreach (DocumentedMember member in usable)
        {
            double place = StableHash.Fraction(StableHash.Combine(StableHash.Of(MemberTexts.Group(member)), seed));
            (place < FineTuningShare ? fineTuning : rounds[(int)((place - FineTuningShare) / (1 - FineTuningShare) * Rounds)]).Add(member);
        }

        return new DocumentationTasks(seed, fineTuning, rounds, MemberTexts.Usable(Shuffled(heldOut, seed, 2), known));
    }

    /// <summary>Single questions with the documentation's answers, for supervised fine-tuning.</summary>
    /// <param name="count">How many; fewer where there are too few members.</param>
    public IReadOnlyList<Dialogue> Dialogues(int count) =>
        [.. Questions(_fineTuning, count, 3).Select((question, i) => new Dialogue(
            [new ChatMessage(ChatRole.User, question.Question), new ChatMessage(ChatRole.Assistant, question.Answer)])
        {
            Origin = $"documentation {i + 1}: {question.Member.Id}",
        })];

    /// <summary>Dialogues of several turns about members of one type (or, where one has too few, of several), for supervised
    /// fine-tuning and ghost attention.</summary>
    /// <param name="count">How many.</param>
    /// <param name="longest">The most turns.</param>
    /// <param name="shortest">The fewest.</param>
    public IReadOnlyList<Dialogue> Conversations(int count, int longest = 6, int shortest = 2)
    {
        DeterministicRandom random = new(_seed, 4);
        return Conversations(_fineTuning, count, () => shortest + random.NextInt(longest - shortest + 1), longest, 5);
    }

    /// <summary>Dialogues of a fixed number of turns about held-out members, with the documentation's answers.</summary>
    /// <param name="count">How many.</param>
    /// <param name="turns">Turns of each.</param>
    public IReadOnlyList<Dialogue> HeldOutConversations(int count, int turns) => Conversations(_heldOut, count, () => turns, turns, 6);

    /// <summary>Questions of a round of preferences or reinforcement, about members that nothing else asks about.</summary>
    /// <param name="round">0 to <see cref="Rounds"/> − 1.</param>
    /// <param name="count">How many; fewer where there are too few members.</param>
    public IReadOnlyList<AlignmentPrompt> Prompts(int round, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(round);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(round, Rounds);
        return ToPrompts(Questions(_rounds[round], count, 16 + (ulong)round), $"round-{round}");
    }

    /// <summary>Questions of a round and, where its members do not suffice, of those after it.</summary>
    /// <param name="firstRound">0 to <see cref="Rounds"/> − 1; what the rounds behind it would ask may be asked here.</param>
    /// <param name="count">How many; fewer where there are too few members.</param>
    public IReadOnlyList<AlignmentPrompt> PromptsFrom(int firstRound, int count) =>
        [.. Enumerable.Range(firstRound, Rounds - firstRound).SelectMany(round => Prompts(round, count)).Take(count)];

    /// <summary>Questions about members that no training saw.</summary>
    /// <param name="count">How many; fewer where there are too few members.</param>
    public IReadOnlyList<AlignmentPrompt> HeldOutPrompts(int count) => ToPrompts(Questions(_heldOut, count, 7), "held-out");

    /// <summary>Dialogues about held-out members, the last ones first, so that they meet <see cref="HeldOutPrompts"/> as late as possible:
    /// the validation of supervised fine-tuning.</summary>
    /// <param name="count">How many; fewer where there are too few members.</param>
    public IReadOnlyList<Dialogue> ValidationDialogues(int count) =>
        [.. Questions([.. Enumerable.Reverse(_heldOut)], count, 8).Select(question => new Dialogue(
            [new ChatMessage(ChatRole.User, question.Question), new ChatMessage(ChatRole.Assistant, question.Answer)])
        {
            Origin = question.Member.Id,
        })];

    internal static List<T> Shuffled<T>(IEnumerable<T> items, ulong seed, ulong stream)
    {
        List<T> shuffled = [.. items];
        DeterministicRandom random = new(seed, stream);
        random.Shuffle(CollectionsMarshal.AsSpan(shuffled));
        return shuffled;
    }

    private static List<AlignmentPrompt> ToPrompts(List<DocumentationQuestion> questions, string set) =>
        [.. questions.Select((question, i) => new AlignmentPrompt($"{set}-{i + 1}", [new ChatMessage(ChatRole.User, question.Question)])
        {
            Reference = question.Answer,
        })];

    private List<DocumentationQuestion> Questions(List<DocumentedMember> members, int count, ulong stream)
    {
        DeterministicRandom random = new(_seed, stream);
        List<DocumentationQuestion> questions = [];
        for (int i = 0; i < members.Count && questions.Count < count; i++)
        {
            questions.Add(Question(members[i], ref random));
        }

        return questions;
    }

    private static DocumentationQuestion Question(DocumentedMember member, ref DeterministicRandom random)
    {
        double draw = random.NextDouble();
        foreach ((DocumentationQuestionKind kind, double share) in OtherKinds)
        {
            if (draw < share && DocumentationQuestions.Other(member, kind, ref random) is { } other)
            {
                return other;
            }

            draw -= share;
        }

        return DocumentationQuestions.Summary(member, ref random);
    }

    /// <summary>
    /// Goes through the members type by type and cuts them into dialogues. Only short questions and answers take part, so that twenty turns
    /// fit into 1,024 tokens of a vocabulary of 1,024.
    /// </summary>
    private List<Dialogue> Conversations(List<DocumentedMember> members, int count, Func<int> turns, int longest, ulong stream)
    {
        int line = longest > LongConversation ? ShortLineOfLongConversation : ShortLine;
        DeterministicRandom random = new(_seed, stream);
        List<DocumentedMember> chain =
        [
            .. members.Where(member => MemberTexts.ShortSignature(member).Length + MemberTexts.FirstSentence(member.Summary).Length <= line)
                .GroupBy(member => member.TypeName, StringComparer.Ordinal).SelectMany(group => group),
        ];
        List<Dialogue> dialogues = [];
        for (int next = 0; dialogues.Count < count && chain.Count > 1;)
        {
            int length = Math.Min(turns(), chain.Count);
            if (next + length > chain.Count)
            {
                // A next pass cuts the chain at other places.
                next = random.NextInt(Math.Max(1, Math.Min(length, chain.Count - length)));
            }

            dialogues.Add(Conversation(chain.GetRange(next, length), ref random) with { Origin = $"conversation {dialogues.Count + 1}" });
            next += length;
        }

        return Shuffled(dialogues, _seed, stream + 100);
    }

    private static Dialogue Conversation(List<DocumentedMember> members, ref DeterministicRandom random)
    {
        List<ChatMessage> messages = [];
        string typeName = "";
        foreach (DocumentedMember member in members)
        {
            DocumentationQuestion question = messages.Count == 0
                ? DocumentationQuestions.Opening(member, ref random)
                : DocumentationQuestions.FollowUp(member, typeName, ref random);
            typeName = member.TypeName;
            messages.Add(new ChatMessage(ChatRole.User, question.Question));
            messages.Add(new ChatMessage(ChatRole.Assistant, question.Answer));
        }

        return new Dialogue(messages);
    }
}
