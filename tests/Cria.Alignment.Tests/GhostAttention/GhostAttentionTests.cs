using Cria.Models;

namespace Cria.Alignment.Tests;

public sealed class GhostAttentionTests(GhostAttentionTests.Sailor sailor) : IClassFixture<GhostAttentionTests.Sailor>
{
    private static readonly GhostInstructionSet Pirate = Opening("Ahoy,");
    private static readonly GhostInstructionSet King = Opening("Listen,");

    [Theory, InlineData(1, 1), InlineData(2, 2), InlineData(5, 2), InlineData(0, 2)]
    public void The_instruction_stays_in_the_first_turn_whose_answer_is_never_learned(int chosen, int learned)
    {
        Dialogue[] scripts = [TaughtChat.Dialogue("one", "-", "two", "-", "three", "-"), TaughtChat.Dialogue("one", "-")];
        GhostAttentionResult result = GhostAttention.Synthesise(
            sailor.Chat.Sampler, scripts, [Pirate, Pirate],
            new GhostAttentionSettings { MaximumTokens = 16, Temperature = 0, LearnedAnswers = chosen });
        Dialogue first = Assert.Single(result.Dialogues);
        Assert.Equal(learned, first.LearnedAnswers);
        Assert.Equal(
            [Pirate.AddTo("one"), "Ahoy, yes.", "two", "Ahoy, yes.", "three", "Ahoy, yes."],
            first.Messages.Select(message => message.Content));
        EncodedDialogue encoded = DialogueEncoder.Encode(TinyChat.Tokenizer, ChatFormat.Llama2, first);
        EncodedDialogue answer = DialogueEncoder.Encode(TinyChat.Tokenizer, ChatFormat.Llama2, TaughtChat.Dialogue("one", "Ahoy, yes."));
        Assert.Equal(learned * answer.IsAssistant.Count(isLearned => isLearned), encoded.IsAssistant.Count(isLearned => isLearned));
        Assert.DoesNotContain(true, encoded.IsAssistant.Take(answer.Ids.Length));
    }

    [Fact]
    public void Dialogues_that_disobey_or_outgrow_the_context_are_counted()
    {
        Dialogue longScript = TaughtChat.Dialogue("one", "-", "two", "-", new string('x', 300), "-");
        GhostAttentionResult result = GhostAttention.Synthesise(
            sailor.Chat.Sampler, [TaughtChat.Dialogue("one", "-"), longScript, TaughtChat.Dialogue("one", "-", "two", "-")],
            [King, Pirate, Pirate],
            new GhostAttentionSettings { MaximumTokens = 16, Temperature = 0 });
        Assert.Equal((3, 1, 1), (result.Synthesised, result.Disobeyed, result.TooLong));
        Assert.Equal([4, 4], result.Dialogues.Select(dialogue => dialogue.Messages.Count));
    }

    [Fact]
    public void A_dialogue_goes_on_behind_a_question_that_was_not_obeyed()
    {
        // "Ahoy, yes." obeys the pirate and never the king.
        Dialogue script = TaughtChat.Dialogue("one", "-", "two", "-", "three", "-", "four", "-");
        GhostAttentionSettings settings = new() { MaximumTokens = 16, Temperature = 0 };
        GhostAttentionResult result = GhostAttention.Synthesise(sailor.Chat.Sampler, [script, script], [Pirate, King], settings);
        Assert.Equal(4, result.Disobeyed);
        Assert.Equal(8, Assert.Single(result.Dialogues).Messages.Count);
    }

    [Fact]
    public void The_evaluation_counts_obedience_by_turn()
    {
        Dialogue script = TaughtChat.Dialogue("one", "-", "two", "-", "three", "-", "four", "-");
        GhostAttentionScores scores = GhostAttentionEvaluation.Measure(
            sailor.Chat.Sampler, [script, script, script, script, TaughtChat.Dialogue("one", "-", "two", "-")],
            [Pirate, Pirate, Pirate, King, King], [2, 4], maximumTokens: 16);
        Assert.Equal([new GhostAttentionTurn(2, 3, 5), new GhostAttentionTurn(4, 3, 4)], scores.Turns);
        Assert.Equal([new GhostAttentionTurn(2, 0, 2), new GhostAttentionTurn(4, 0, 1)], scores.Over(set => ReferenceEquals(set, King)));
        Assert.Equal(0.75, scores.Turns[1].Share);
        Assert.Equal(Math.Sqrt(0.75 * 0.25 / 4), scores.Turns[1].StandardError, 1e-12);
        Assert.Equal([Pirate.AddTo("one"), "Ahoy, yes.", "two", "Ahoy, yes."], scores.Dialogues[0].Messages.Take(4).Select(m => m.Content));
    }

    [Fact]
    public void A_system_message_stays_in_front()
    {
        Dialogue script = new([new ChatMessage(ChatRole.System, "Sail."), .. TaughtChat.Dialogue("one", "-", "two", "-").Messages]);
        GhostAttentionResult result = GhostAttention.Synthesise(
            sailor.Chat.Sampler, [script], [Anything], new GhostAttentionSettings { MaximumTokens = 16, Temperature = 0 });
        Assert.Equal(
            ["Sail.", Anything.AddTo("one"), "two"],
            Assert.Single(result.Dialogues).Messages
                .Where(message => message.Role != ChatRole.Assistant)
                .Select(message => message.Content));
        GhostAttentionScores scores = GhostAttentionEvaluation.Measure(
            sailor.Chat.Sampler, [script], [Anything], [2, 3], maximumTokens: 16);
        Assert.Equal(["Sail.", Anything.AddTo("one")], scores.Dialogues[0].Messages.Take(2).Select(message => message.Content));
        Assert.Equal([1, 0], scores.Turns.Select(turn => turn.Dialogues));
    }

    private static GhostInstructionSet Anything { get; } =
        new([new GhostInstruction(GhostInstructionKind.Name, "Say something.", "", "")], IsTerse: false);

    private static GhostInstructionSet Opening(string phrase) =>
        new([GhostInstructions.All.Single(instruction => instruction.Phrase == phrase)], IsTerse: true);

    /// <summary>Says "Ahoy, yes." whatever the question.</summary>
    public sealed class Sailor : IDisposable
    {
        private readonly TaughtChat _chat;

        public Sailor()
        {
            string[] questions = ["one", "two", "three", "four"];
            _chat = new TaughtChat(
                256,
                250,
                new Dialogue([.. questions.SelectMany((question, i) => Turn(i == 0 ? Pirate.AddTo(question) : question))]),
                new Dialogue([.. questions.SelectMany(question => Turn(Pirate.AddTo(question)))]),
                new Dialogue([new ChatMessage(ChatRole.System, "Sail."), .. Turn(Anything.AddTo("one")), .. Turn(Anything.AddTo("two"))]),
                new Dialogue([.. Turn(King.AddTo("one")), .. Turn("two")]));

            static ChatMessage[] Turn(string question) => [new(ChatRole.User, question), new(ChatRole.Assistant, "Ahoy, yes.")];
        }

        internal TaughtChat Chat => _chat;

        public void Dispose() => _chat.Dispose();
    }
}
