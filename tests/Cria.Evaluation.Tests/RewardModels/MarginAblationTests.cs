using Cria.Alignment;
using Cria.Compute;
using Cria.Models;

namespace Cria.Evaluation.Tests;

public sealed class MarginAblationTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("cria-margins-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Every_margin_is_trained_and_measured_on_the_same_pairs()
    {
        SentencePieceTokenizer tokenizer = new(SentencePieceTrainer.Train(
            Enumerable.Range(0, 40).Select(i => $"Which way {i}? Up the hill {i * 7}. Down the valley."),
            new SentencePieceTrainerOptions { VocabularySize = 300, Threads = 1 }));
        using LlamaWeights weights = new(new LlamaConfig
        {
            Dim = 16,
            Layers = 1,
            Heads = 2,
            KvHeads = 1,
            HeadDim = 8,
            HiddenDim = 32,
            VocabularySize = tokenizer.VocabularySize,
            ContextLength = 96,
            TiedEmbeddings = true,
        });
        weights.InitializeRandom(1);
        string chat = Path.Combine(_root, "chat");
        HuggingFaceDirectory.Save(chat, weights, tokenizer, new HuggingFaceSaveOptions { ChatFormat = ChatFormat.Llama2 });
        using LoadedModel start = HuggingFaceDirectory.Load(chat);
        using CpuDevice device = new(1);
        IReadOnlyList<(RewardMargin Margin, RewardAccuracy Accuracy)>? results = MarginAblation.Run(
            new RewardTrainingSettings { BatchPairs = 8, Epochs = 2, PeakLearningRate = 1e-2 }, start, Pairs(0, 100), Pairs(500, 20),
            Path.Combine(_root, "ablation"), Path.Combine(_root, "metrics.jsonl"), device);
        Assert.NotNull(results);
        Assert.Equal([RewardMargin.None, RewardMargin.Small, RewardMargin.Large], results.Select(result => result.Margin));
        Assert.All(results, result => Assert.Equal(20, result.Accuracy.Overall.Trials));
        Assert.Equal(3, results.Select(result => Gap(result.Accuracy)).Distinct().Count());
    }

    private static double Gap(RewardAccuracy accuracy) => accuracy.Chosen!.Mean - accuracy.Rejected!.Mean;

    private static Comparison[] Pairs(int first, int count) => [.. Enumerable.Range(first, count).Select(i => new Comparison(
        [new ChatMessage(ChatRole.User, $"Which way {i}?")], new ComparedAnswer($"Up the hill {i}."),
        new ComparedAnswer($"Down the valley {i}."),
        PreferenceRating.Significantly))];
}
