using Cria.Alignment;
using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Cli.Tests;

/// <summary>Chat models and reward models over the tiny run's tokenizer, so small that every verb takes a second.</summary>
internal static class TinyModels
{
    public const int ContextLength = 256;

    private const int TaughtSteps = 150;
    private const int TaughtBatch = 4;

    /// <summary>A chat model with random weights.</summary>
    public static string Chat(TinyRun tiny, string name, ulong seed = 1) => Make(tiny, name, weights => weights.InitializeRandom(seed));

    /// <summary>A chat model with random weights laid out as SmolLM2: a byte-level tokenizer.json and ChatML.</summary>
    public static string ByteLevelChat(TinyRun tiny, string name) =>
        Make(tiny, name, weights => weights.InitializeRandom(1), tokenizer: ByteLevel(), format: ChatFormat.ChatMl);

    /// <summary>A reward model with random weights.</summary>
    public static string Reward(TinyRun tiny, string name, ulong seed) =>
        Make(tiny, name, weights => weights.InitializeRandom(seed), scalarHead: true);

    /// <summary>A reward model that scores with no number.</summary>
    public static string BrokenReward(TinyRun tiny, string name) =>
        Make(tiny, name, weights => weights.ScalarHead.Span.Fill(float.NaN), scalarHead: true);

    /// <summary>A chat model that gives one answer to whatever it is asked.</summary>
    public static string Taught(TinyRun tiny, string name, string answer, params string[][] questions) => Make(tiny, name, weights =>
    {
        weights.InitializeRandom(1);
        using CpuDevice device = new(1);
        using Trainer trainer = new(weights, device, new AdamWSettings(), new LearningRateSchedule(1e-2, 10, TaughtSteps), 4096);
        TokenBatch batch = new(4096);
        EncodedDialogue[] dialogues = [.. questions.Select(turns => Encode(tiny, turns, answer))];
        for (int step = 0; step < TaughtSteps; step++)
        {
            batch.Clear();
            for (int i = 0; i < TaughtBatch; i++)
            {
                EncodedDialogue dialogue = dialogues[((step * TaughtBatch) + i) % dialogues.Length];
                batch.Add(
                    dialogue.Ids,
                    [
                        .. dialogue.Ids.Skip(1).Zip(dialogue.IsAssistant.Skip(1), (id, learned) => learned ? id : TokenBatch.NoTarget),
                        TokenBatch.NoTarget,
                    ]);
            }

            trainer.Step(batch);
        }
    });

    private static EncodedDialogue Encode(TinyRun tiny, string[] questions, string answer) => DialogueEncoder.Encode(
        Tokenizer(tiny), ChatFormat.Llama2,
        new Dialogue([.. questions.SelectMany(question =>
            new[] { new ChatMessage(ChatRole.User, question), new ChatMessage(ChatRole.Assistant, answer) })]));

    private static SentencePieceTokenizer Tokenizer(TinyRun tiny) =>
        SentencePieceTokenizer.Load(tiny.PathOf(TinyRun.Run, "tokenizer.model"));

    /// <summary>Printable ASCII, space and line break as byte-level BPE writes them, without merges.</summary>
    private static ByteLevelBpeTokenizer ByteLevel() => new(new ByteLevelVocabulary
    {
        Tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "Ġ", "Ċ", .. Enumerable.Range('!', 94).Select(c => $"{(char)c}")],
        Merges = [],
        ControlIds = [0, 1, 2],
        PreTokenizer = ByteLevelPreTokenizer.SmolLm,
        BosId = 1,
        EosId = 2,
        AddsBos = false,
    });

    private static string Make(
        TinyRun tiny, string name, Action<LlamaWeights> fill, bool scalarHead = false,
        Tokenizer? tokenizer = null, ChatFormat? format = null)
    {
        lock (tiny)
        {
            if (Directory.Exists(tiny.PathOf(name)))
            {
                return name;
            }

            tokenizer ??= Tokenizer(tiny);
            using LlamaWeights weights = new(new LlamaConfig
            {
                Dim = 16,
                Layers = 2,
                Heads = 2,
                KvHeads = 1,
                HeadDim = 8,
                HiddenDim = 32,
                VocabularySize = tokenizer.VocabularySize,
                ContextLength = ContextLength,
                TiedEmbeddings = !scalarHead,
                ScalarHead = scalarHead,
            });
            fill(weights);
            HuggingFaceDirectory.Save(
                tiny.PathOf(name), weights, tokenizer, new HuggingFaceSaveOptions { ChatFormat = format ?? ChatFormat.Llama2 });
            return name;
        }
    }
}
