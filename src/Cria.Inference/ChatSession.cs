using System.Text;
using Cria.Models;

namespace Cria.Inference;

/// <summary>
/// A dialogue with a model, turn by turn. Keys and values of what was said stay in the cache: a turn costs its own tokens only. When the
/// dialogue no longer fits the context, its oldest turns are forgotten (never the system message), and
/// <see cref="ForgottenTurns"/> says how many.
/// </summary>
public sealed class ChatSession : IDisposable
{
    private const int SmallestAnswer = 256;

    private readonly LlamaEngine _engine;
    private readonly Tokenizer _tokenizer;
    private readonly ChatFormat _format;
    private readonly Generator _generator;
    private readonly KvCache _cache;
    private readonly List<ChatMessage> _messages = [];
    private int[] _cachedIds = [];
    private ulong _turns;

    /// <summary>Starts a dialogue.</summary>
    /// <param name="engine">The model; the caller owns it.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="format">How it expects dialogues.</param>
    /// <param name="options">How answers are sampled; the format's stop ids and strings are added.</param>
    /// <param name="systemMessage">Sets the assistant's behaviour, or null for the format's own.</param>
    public ChatSession(
        LlamaEngine engine, Tokenizer tokenizer, ChatFormat format, SamplingOptions options, string? systemMessage = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(options);
        _engine = engine;
        _tokenizer = tokenizer;
        _format = format;
        _generator = new Generator(engine, tokenizer, maximumBatch: 1);
        _cache = engine.CreateCache(SmallestAnswer);
        Options = options;
        SystemMessage = systemMessage;
    }

    /// <summary>How the next answers are sampled.</summary>
    public SamplingOptions Options { get; set; }

    /// <summary>The system message of the next prompts, or null.</summary>
    public string? SystemMessage { get; set; }

    /// <summary>What was said and is remembered: user and assistant in turn.</summary>
    public IReadOnlyList<ChatMessage> Messages => _messages;

    /// <summary>Turns forgotten so far to make room.</summary>
    public int ForgottenTurns { get; private set; }

    /// <summary>Tokens of the last prompt.</summary>
    public int PromptTokens { get; private set; }

    /// <summary>Tokens of the last prompt that were still in the cache.</summary>
    public int ReusedTokens { get; private set; }

    /// <summary>How the last answer ended, or null before the first.</summary>
    public FinishReason? LastFinish { get; private set; }

    /// <summary>
    /// Says something and streams the answer. Message and answer are remembered when the answer ends: also when it is cancelled or the
    /// caller stops reading, with what was said by then; nothing is remembered of a turn without an answer.
    /// </summary>
    /// <param name="message">What the user says.</param>
    /// <param name="cancellation">Ends the answer early; the session goes on.</param>
    /// <returns>Pieces of text, whole characters, without white space at the start.</returns>
    /// <exception cref="ContextLengthException">The message alone does not fit the context.</exception>
    /// <exception cref="InvalidDialogueException">The format cannot express the message.</exception>
    public IEnumerable<string> Ask(string message, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        int[] promptIds = FitPrompt(new ChatMessage(ChatRole.User, message), out int forgotten);
        _messages.RemoveRange(0, 2 * forgotten);
        ForgottenTurns += forgotten;
        return Answer(message, promptIds, cancellation);
    }

    /// <summary>Forgets the dialogue.</summary>
    public void Clear()
    {
        _messages.Clear();
        ForgottenTurns = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _generator.Dispose();
        _cache.Dispose();
    }

    private IEnumerable<string> Answer(string message, int[] promptIds, CancellationToken cancellation)
    {
        // The last token always goes through the model: its logits are where the answer starts.
        PromptTokens = promptIds.Length;
        ReusedTokens = Math.Min(promptIds.AsSpan().CommonPrefixLength(_cachedIds), promptIds.Length - 1);
        _cache.Truncate(ReusedTokens);
        LastFinish = FinishReason.Cancelled;
        StringBuilder answer = new();
        List<int> ids = [.. promptIds];
        GenerationRequest request = new(promptIds, AnswerOptions()) { Cache = _cache, Stream = _turns++ };
        try
        {
            foreach (GenerationPiece piece in _generator.Stream([request], cancellation))
            {
                LastFinish = piece.Result?.FinishReason ?? FinishReason.Cancelled;
                if (piece.Id >= 0)
                {
                    ids.Add(piece.Id);
                }

                string text = answer.Length == 0 ? piece.Text.TrimStart() : piece.Text;
                if (text.Length > 0)
                {
                    answer.Append(text);
                    yield return text;
                }
            }
        }
        finally
        {
            _cachedIds = [.. ids.Take(_cache.Length)];
            if (answer.Length > 0)
            {
                _messages.Add(new ChatMessage(ChatRole.User, message));
                _messages.Add(new ChatMessage(ChatRole.Assistant, answer.ToString()));
            }
        }
    }

    private SamplingOptions AnswerOptions() => Options with
    {
        StopIds = [.. Options.StopIds, .. _format.StopIds(_tokenizer)],
        StopStrings = [.. Options.StopStrings, .. _format.StopStrings],
    };

    /// <summary>The prompt with as many of the last turns as leave room for an answer.</summary>
    private int[] FitPrompt(ChatMessage message, out int forgotten)
    {
        int room = Math.Min(Math.Min(Options.MaxTokens ?? SmallestAnswer, SmallestAnswer), _engine.ContextLength / 4);
        ChatMessage[] system = SystemMessage is null ? [] : [new ChatMessage(ChatRole.System, SystemMessage)];
        for (forgotten = 0; ; forgotten++)
        {
            int[] ids = _format.EncodePrompt(_tokenizer, [.. system, .. _messages.Skip(2 * forgotten), message]);
            if (ids.Length + room <= _engine.ContextLength)
            {
                return ids;
            }

            if (2 * forgotten == _messages.Count)
            {
                // Nothing is left to forget: a long message may use the answer's room, but not all of the context.
                return ids.Length < _engine.ContextLength ? ids : throw new ContextLengthException(ids.Length, _engine.ContextLength);
            }
        }
    }
}
