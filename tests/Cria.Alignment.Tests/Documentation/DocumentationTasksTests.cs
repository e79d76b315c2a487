using Cria.Corpus;
using Cria.Models;

namespace Cria.Alignment.Tests;

public sealed class DocumentationTasksTests
{
    private static readonly List<DocumentedMember> Training = SampleMembers.Make(60, 12);
    private static readonly List<DocumentedMember> HeldOut = SampleMembers.Make(10, 12, "Held");
    private static readonly DocumentationTasks Tasks = DocumentationTasks.FromMembers(Training, HeldOut, 5);

    [Fact]
    public void Equal_seeds_give_equal_tasks_and_other_seeds_others()
    {
        string[] first = Texts(Tasks);
        Assert.Equal(first, Texts(DocumentationTasks.FromMembers(Training, HeldOut, 5)));
        Assert.NotEqual(first, Texts(DocumentationTasks.FromMembers(Training, HeldOut, 6)));

        static string[] Texts(DocumentationTasks tasks) =>
        [
            .. tasks.Dialogues(50).Concat(tasks.Conversations(20)).SelectMany(d => d.Messages).Select(m => m.Content),
            .. tasks.Prompts(2, 50).Concat(tasks.HeldOutPrompts(50)).Select(p => p.Messages[0].Content),
        ];
    }

    [Fact]
    public void Where_a_round_has_too_few_members_those_after_it_are_asked()
    {
        string[] own = [.. Tasks.Prompts(6, 1000).Select(p => p.Id)];
        string[] next = [.. Tasks.Prompts(7, 1000).Select(p => p.Id)];
        Assert.NotEmpty(next);
        Assert.Equal(own, Tasks.PromptsFrom(6, own.Length).Select(p => p.Id));
        Assert.Equal([.. own, next[0]], Tasks.PromptsFrom(6, own.Length + 1).Select(p => p.Id));
        Assert.Equal([.. own, .. next], Tasks.PromptsFrom(6, 10_000).Select(p => p.Id));
    }

    [Fact]
    public void No_member_belongs_to_two_sets()
    {
        List<string> texts = [.. Enumerable.Range(0, DocumentationTasks.Rounds).SelectMany(r => Tasks.Prompts(r, 1000)).Select(Signature)];
        texts.AddRange(Tasks.Dialogues(1000).Select(d => SignatureIn(d.Messages[0].Content)));
        Assert.Equal(texts.Count, texts.Distinct().Count());
        Assert.Equal(Training.Count, texts.Count);
        Assert.All(Tasks.HeldOutPrompts(1000), p => Assert.StartsWith("Held", Signature(p), StringComparison.Ordinal));
        Assert.All(Tasks.Conversations(100), d => Assert.DoesNotContain("Held", d.Messages[0].Content, StringComparison.Ordinal));

        static string Signature(AlignmentPrompt prompt) => SignatureIn(prompt.Messages[0].Content);
        static string SignatureIn(string text) =>
            text.Split(' ').SkipWhile(word => !word.Contains("Store", StringComparison.Ordinal)).First().Trim('?', '.');
    }

    [Fact]
    public void Answers_are_sentences_of_the_documentation_in_the_right_form()
    {
        foreach (Dialogue dialogue in Tasks.Dialogues(300))
        {
            Assert.Equal([ChatRole.User, ChatRole.Assistant], dialogue.Messages.Select(m => m.Role));
            string answer = dialogue.Messages[1].Content;
            Assert.Contains(Training, m => m.Summary.StartsWith(answer, StringComparison.Ordinal) || m.Returns == answer
                || m.Parameters[0].Text == answer || m.Exceptions[0].Text == answer);
            Assert.True(AnswerForm.IsRight([.. dialogue.Messages.Take(1)], new AnswerText(answer)), answer);
        }

        Assert.All(Tasks.HeldOutPrompts(60), p => Assert.NotNull(p.Reference));
    }

    [Fact]
    public void Conversations_have_the_turns_that_were_asked_for()
    {
        Assert.All(Tasks.HeldOutConversations(7, 20), d => Assert.Equal(40, d.Messages.Count));
        IReadOnlyList<Dialogue> conversations = Tasks.Conversations(200, 6);
        Assert.Equal(200, conversations.Count);
        Assert.Equal([4, 6, 8, 10, 12], conversations.Select(d => d.Messages.Count).Distinct().Order());
    }

    [Fact]
    public void Boilerplate_and_what_training_knows_are_not_asked_for()
    {
        DocumentedMember[] boilerplate =
        [
            .. Enumerable.Range(0, 5)
                .Select(i => SampleMembers.Method("Often", $"A{i}", 0, i) with { Summary = "Returns the hash code of it." }),
            SampleMembers.Method("Inner", "B", 0, 0) with { Summary = "For internal use only." },
            SampleMembers.Method("Short", "C", 0, 0) with { Summary = "Yes." },
            SampleMembers.Method("Open", "D", 0, 0) with { Summary = "This sentence has no end" },
        ];
        DocumentationTasks tasks = DocumentationTasks.FromMembers(Training, [.. boilerplate, .. HeldOut, Training[0]], 1);
        Assert.Equal(HeldOut.Count, tasks.HeldOutMembers.Count);
        Assert.All(tasks.HeldOutMembers, m => Assert.StartsWith("Held", m.TypeName, StringComparison.Ordinal));
    }
}
