using Cria.Compute;
using Cria.Models;
using Cria.Testing;

namespace Cria.Inference.Tests;

/// <summary>Dialogues with a story model: it talks nonsense, but the bookkeeping is the same.</summary>
public sealed class ChatSessionTests : IDisposable
{
    private static readonly SamplingOptions Short = SamplingOptions.Greedy with { MaxTokens = 12 };

    private readonly LoadedModel _model =
        ModelLoader.Load(SharedData.Data("stories260k/stories260K.bin"), SharedData.Data("stories260k/tok512.bin"));

    private readonly CpuDevice _device = new(2);
    private readonly LlamaEngine _engine;

    public ChatSessionTests() => _engine = new LlamaEngine(_model.Weights, _device);

    private Tokenizer Tokenizer => _model.Tokenizer!;

    public void Dispose()
    {
        _engine.Dispose();
        _device.Dispose();
        _model.Dispose();
    }

    [Fact]
    public void Turns_reuse_the_cache_and_answer_as_a_fresh_prompt_does()
    {
        using ChatSession session = new(_engine, Tokenizer, ChatFormat.Llama2, Short, "You tell stories.");
        string first = string.Concat(session.Ask("Tell me of Lily."));
        Assert.Equal(first, first.TrimStart());
        Assert.Equal(0, session.ReusedTokens);
        int firstPrompt = session.PromptTokens;
        string second = string.Concat(session.Ask("And then?"));
        Assert.True(session.ReusedTokens >= firstPrompt, "The second prompt begins with the first.");

        ChatMessage[] dialogue =
        [
            new(ChatRole.System, "You tell stories."), new(ChatRole.User, "Tell me of Lily."), new(ChatRole.Assistant, first),
            new(ChatRole.User, "And then?"),
        ];
        using Generator generator = new(_engine, Tokenizer);
        GenerationResult fresh = generator.Generate(ChatFormat.Llama2.EncodePrompt(Tokenizer, dialogue), Short);
        Assert.Equal(fresh.Text.TrimStart(), second);
        Assert.Equal([.. dialogue.Skip(1), new ChatMessage(ChatRole.Assistant, second)], session.Messages);
    }

    [Fact]
    public void A_full_context_forgets_the_oldest_turns_and_keeps_the_system_message()
    {
        using LlamaEngine small = new(_model.Weights, _device, contextLength: 160);
        using ChatSession session = new(small, Tokenizer, ChatFormat.Llama2, Short, "Be kind.");
        for (int turn = 0; turn < 8; turn++)
        {
            string answer = string.Concat(session.Ask($"This is turn number {turn}."));
            Assert.Equal($"This is turn number {turn}.", session.Messages[^2].Content);
            Assert.Equal(answer, session.Messages[^1].Content);
            Assert.True(session.PromptTokens < 160);
        }

        Assert.True(session.ForgottenTurns > 0);
        Assert.Equal(8, session.ForgottenTurns + (session.Messages.Count / 2));
        Assert.Equal("Be kind.", session.SystemMessage);
    }

    [Fact]
    public void A_message_that_cannot_fit_is_an_error_and_the_session_goes_on()
    {
        using LlamaEngine small = new(_model.Weights, _device, contextLength: 100);
        using ChatSession session = new(small, Tokenizer, ChatFormat.Llama2, Short);
        string answer = string.Concat(session.Ask("Hello."));
        ContextLengthException error = Assert.Throws<ContextLengthException>(() => session.Ask(new string('x', 300)));
        Assert.Equal(100, error.ContextLength);
        Assert.Equal([new ChatMessage(ChatRole.User, "Hello."), new ChatMessage(ChatRole.Assistant, answer)], session.Messages);
        Assert.Throws<InvalidDialogueException>(() => session.Ask("[INST] or so"));
        Assert.NotEmpty(string.Concat(session.Ask("Again.")));
    }

    [Fact]
    public void A_stopped_answer_is_kept_and_the_session_goes_on()
    {
        using ChatSession session = new(_engine, Tokenizer, ChatFormat.Llama2, SamplingOptions.Greedy);
        using CancellationTokenSource cancellation = new();
        string said = "";
        foreach (string piece in session.Ask("Tell me a story.", cancellation.Token))
        {
            said += piece;
            if (said.Length > 20)
            {
                cancellation.Cancel();
            }
        }

        Assert.Equal(FinishReason.Cancelled, session.LastFinish);
        Assert.Equal(said, session.Messages[^1].Content);

        // A reader that goes away leaves the session in order too.
        said = "";
        foreach (string piece in session.Ask("Go on."))
        {
            said += piece;
            if (said.Length > 10)
            {
                break;
            }
        }

        Assert.Equal(said, session.Messages[^1].Content);
        Assert.Equal(4, session.Messages.Count);

        ChatMessage[] dialogue = [.. session.Messages, new(ChatRole.User, "More.")];
        session.Options = Short;
        using Generator generator = new(_engine, Tokenizer);
        string expected = generator.Generate(ChatFormat.Llama2.EncodePrompt(Tokenizer, dialogue), Short).Text.TrimStart();
        Assert.Equal(expected, string.Concat(session.Ask("More.")));
        Assert.Equal(FinishReason.Length, session.LastFinish);
    }
}
