using Cria.Models;
using Cria.Testing;

namespace Cria.Alignment.Tests.Dialogues;

public sealed class DialogueEncoderTests
{
    private static readonly string[] Words =
        ["llama", "What", "hill", "</s>", "<s>", "[IN", "ST]", "<<", "SYS", "\n", "  ", "é", "漢", "🦙", "7", "<0x0A>", "<|im_end|>", "."];

    private static readonly string[] Tags = ["[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"];

    [Fact]
    public void Exactly_the_answers_and_their_ends_are_learned()
    {
        Random random = new(1);
        SentencePieceTokenizer tokenizer = TinyChat.Tokenizer;
        for (int i = 0; i < 300; i++)
        {
            Dialogue dialogue = RandomDialogue(random);
            EncodedDialogue encoded = DialogueEncoder.Encode(tokenizer, ChatFormat.Llama2, dialogue);
            Assert.Equal(encoded.Ids.Length, encoded.IsAssistant.Length);
            string[] answers =
                [.. dialogue.Messages.Where(message => message.Role == ChatRole.Assistant).Select(message => message.Content.Trim())];
            List<int[]> learned = LearnedParts(encoded);
            Assert.Equal(answers.Length, learned.Count);
            for (int a = 0; a < answers.Length; a++)
            {
                Assert.Equal(tokenizer.EosId, learned[a][^1]);
                Assert.DoesNotContain(learned[a][..^1], tokenizer.IsControl);
                Assert.Equal(answers[a], tokenizer.Decode(learned[a]).Trim());
            }
        }
    }

    [Fact]
    public void No_text_becomes_a_control_token()
    {
        Random random = new(2);
        SentencePieceTokenizer tokenizer = TinyChat.Tokenizer;
        for (int i = 0; i < 300; i++)
        {
            Dialogue dialogue = RandomDialogue(random);
            EncodedDialogue encoded = DialogueEncoder.Encode(tokenizer, ChatFormat.Llama2, dialogue);
            int turns = dialogue.Messages.Count / 2;
            Assert.Equal(2 * turns, encoded.Ids.Count(tokenizer.IsControl));
        }
    }

    [Fact]
    public void The_prompt_is_the_beginning_of_the_dialogue()
    {
        Random random = new(3);
        for (int i = 0; i < 300; i++)
        {
            Dialogue dialogue = RandomDialogue(random);
            EncodedDialogue encoded = DialogueEncoder.Encode(TinyChat.Tokenizer, ChatFormat.Llama2, dialogue);
            int[] prompt = ChatFormat.Llama2.EncodePrompt(TinyChat.Tokenizer, [.. dialogue.Messages.SkipLast(1)]);
            Assert.Equal(prompt, encoded.Ids[..prompt.Length]);
            Assert.True(encoded.IsAssistant[prompt.Length]);
            Assert.False(encoded.IsAssistant[prompt.Length - 1]);
        }
    }

    [Fact]
    public void Only_the_last_answers_are_learned_where_the_dialogue_says_so()
    {
        Random random = new(4);
        for (int i = 0; i < 100; i++)
        {
            Dialogue dialogue = RandomDialogue(random);
            EncodedDialogue every = DialogueEncoder.Encode(TinyChat.Tokenizer, ChatFormat.Llama2, dialogue);
            for (int answers = 1; answers <= 4; answers++)
            {
                EncodedDialogue last = DialogueEncoder.Encode(
                    TinyChat.Tokenizer, ChatFormat.Llama2, dialogue with { LearnedAnswers = answers });
                Assert.Equal(every.Ids, last.Ids);
                Assert.Equal(LearnedParts(every).TakeLast(answers), LearnedParts(last));
            }
        }
    }

    [Fact]
    public void A_finished_answer_is_encoded_as_fine_tuning_writes_it()
    {
        Random random = new(5);
        for (int i = 0; i < 200; i++)
        {
            Dialogue dialogue = RandomDialogue(random);
            ChatMessage[] prompt = [.. dialogue.Messages.SkipLast(1)];
            EncodedAnswer answer = AnswerEncoder.Encode(
                TinyChat.Tokenizer, ChatFormat.Llama2, prompt, new AnswerText(dialogue.Messages[^1].Content));
            Assert.Equal(DialogueEncoder.Encode(TinyChat.Tokenizer, ChatFormat.Llama2, dialogue).Ids, answer.Ids);
            Assert.Equal(ChatFormat.Llama2.EncodePrompt(TinyChat.Tokenizer, prompt).Length, answer.AnswerStart);
        }
    }

    [Fact]
    public void An_unfinished_answer_has_no_end()
    {
        ChatMessage[] prompt = [new(ChatRole.User, "What does llama 7 do?")];
        SentencePieceTokenizer tokenizer = TinyChat.Tokenizer;
        EncodedAnswer finished = AnswerEncoder.Encode(tokenizer, ChatFormat.Llama2, prompt, new AnswerText("It returns the"));
        EncodedAnswer cut = AnswerEncoder.Encode(tokenizer, ChatFormat.Llama2, prompt, new AnswerText("It returns the", IsFinished: false));
        Assert.Equal(finished.Ids[..^2], cut.Ids);
        Assert.Equal(tokenizer.EosId, finished.Ids[^1]);
        Assert.Equal(" ", System.Text.Encoding.UTF8.GetString(tokenizer.PieceBytes(finished.Ids[^2]).Span));
        EncodedAnswer nothing = AnswerEncoder.Encode(tokenizer, ChatFormat.Llama2, prompt, new AnswerText("", IsFinished: false));
        Assert.Equal(0, nothing.AnswerLength);
        Assert.Equal(ChatFormat.Llama2.EncodePrompt(tokenizer, prompt), nothing.Ids);
    }

    [Fact]
    public void ChatMl_learns_each_answer_with_its_end_and_nothing_behind_the_last()
    {
        Tokenizer tokenizer = ModelLoader.LoadTokenizer(SharedData.Data("smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"));
        ChatMlFormat format = new("You help.");
        ChatMessage[] messages =
        [
            new(ChatRole.User, "Hello <|im_end|> you"), new(ChatRole.Assistant, "Hi."),
            new(ChatRole.User, "And?"), new(ChatRole.Assistant, "That is all."),
        ];
        int end = tokenizer.FindControl("<|im_end|>");
        EncodedDialogue encoded = DialogueEncoder.Encode(tokenizer, format, new Dialogue(messages));
        List<int[]> learned = LearnedParts(encoded);
        Assert.Equal([[.. tokenizer.Encode("Hi."), end], [.. tokenizer.Encode("That is all."), end]], learned);
        Assert.Equal(end, encoded.Ids[^1]);
        Assert.Equal(5, encoded.Ids.Count(id => id == end)); // system (default), two questions, two answers
        EncodedAnswer cut = AnswerEncoder.Encode(tokenizer, format, messages[..3], new AnswerText("That is", IsFinished: false));
        Assert.Equal(tokenizer.Encode("That is"), cut.Ids[cut.AnswerStart..]);
    }

    [Fact]
    public void A_dialogue_that_the_format_cannot_express_is_named()
    {
        Dialogue dialogue = new([new(ChatRole.User, "a [INST] b"), new(ChatRole.Assistant, "c")]) { Origin = "some.jsonl, line 12" };
        string message = Assert.Throws<AlignmentDataException>(
            () => DialogueEncoder.Encode(TinyChat.Tokenizer, ChatFormat.Llama2, dialogue)).Message;
        Assert.Contains("some.jsonl, line 12", message, StringComparison.Ordinal);
        Assert.Contains("[INST]", message, StringComparison.Ordinal);
    }

    internal static Dialogue RandomDialogue(Random random)
    {
        List<ChatMessage> messages = [];
        if (random.Next(2) == 0)
        {
            messages.Add(new ChatMessage(ChatRole.System, Text(random)));
        }

        for (int turn = random.Next(1, 4); turn > 0; turn--)
        {
            messages.Add(new ChatMessage(ChatRole.User, Text(random)));
            messages.Add(new ChatMessage(ChatRole.Assistant, Text(random)));
        }

        return new Dialogue(messages);
    }

    private static string Text(Random random)
    {
        while (true)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(
                _ => (random.Next(2) == 0 ? " " : "") + Words[random.Next(Words.Length)]));
            if (text.Trim().Length > 0 && !Tags.Any(text.Contains))
            {
                return text;
            }
        }
    }

    private static List<int[]> LearnedParts(EncodedDialogue encoded)
    {
        List<int[]> parts = [];
        for (int i = 0; i < encoded.Ids.Length;)
        {
            int start = i;
            while (i < encoded.Ids.Length && encoded.IsAssistant[i] == encoded.IsAssistant[start])
            {
                i++;
            }

            if (encoded.IsAssistant[start])
            {
                parts.Add(encoded.Ids[start..i]);
            }
        }

        return parts;
    }
}
