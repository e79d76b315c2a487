using System.Text.Json;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment.Tests.FineTuning;

public sealed class SupervisedFineTuningTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("cria-fine-tuning-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Learns_answers_and_saves_a_chat_model()
    {
        List<TrainingProgress> progress = [];
        FineTuningResult result = TinyFineTuning.Run(_root, progress: new Listener(progress.Add))!;
        Assert.Equal(result.Steps, progress.Count);
        Assert.Equal(60, result.Dialogues);
        Assert.True(result.LearnedTokens < result.Tokens);
        Assert.InRange(result.StartValidation!.Value.Loss, 5.2, 6.2); // ln 300 = 5.7
        Assert.True(result.Validation!.Value.Loss < 0.7 * result.StartValidation!.Value.Loss, $"{result}");
        Assert.Equal(result.Loss, progress[^1].Loss);
        Assert.InRange(progress[^1].LearningRate, 4.9e-4, 5.1e-4); // a tenth of the peak

        string folder = TinyFineTuning.Model(_root);
        using LoadedModel model = ModelLoader.Load(folder);
        Assert.Equal("llama2", model.ChatFormat!.Name);
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "tokenizer_config.json")));
        Assert.Contains("[INST]", config.RootElement.GetProperty("chat_template").GetString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder, "checkpoint")));

        progress.Clear();
        Assert.Equal(result, TinyFineTuning.Run(_root, progress: new Listener(progress.Add)));
        Assert.Empty(progress);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void An_adapter_is_saved_and_merged_where_that_is_wanted(bool merge)
    {
        FineTuningSettings settings =
            TinyFineTuning.Settings with { Lora = new LoraSettings(4, 8), MergeLora = merge, PeakLearningRate = 2e-2 };
        FineTuningResult result = TinyFineTuning.Run(_root, settings)!;
        Assert.True(result.Validation!.Value.Loss < result.StartValidation!.Value.Loss - 0.1, $"{result}");
        string folder = TinyFineTuning.Model(_root);
        using TinyChat chat = new(seed: 1);
        using LoraWeights adapter = PeftDirectory.Load(Path.Combine(folder, "adapter"), chat.Config);
        Assert.Equal(merge, HuggingFaceDirectory.IsModel(folder));
        if (merge)
        {
            using Compute.CpuDevice device = new(2);
            using LoadedModel model = ModelLoader.Load(folder);
            adapter.MergeInto(chat.Weights, device);
            Assert.Equal(chat.Weights.Flat.Span.ToArray(), model.Weights.Flat.Span.ToArray());
        }

        List<TrainingProgress> progress = [];
        Assert.Equal(result, TinyFineTuning.Run(_root, settings, new Listener(progress.Add)));
        Assert.Empty(progress);
    }

    [Theory, InlineData(TinyFineTuning.Verb), InlineData(TinyFineTuning.LoraVerb)]
    public void Killed_at_random_moments_it_ends_with_the_same_bytes(string verb)
    {
        bool isLora = verb == TinyFineTuning.LoraVerb;
        string expected = Folder("undisturbed");
        TinyFineTuning.Run(expected, isLora ? TinyFineTuning.AdapterSettings : null);
        string folder = Folder("killed");
        KilledProcess.TrainToTheEnd(verb, folder, TinyFineTuning.Stage, seed: 1);
        AssertSame(expected, folder);
        if (isLora)
        {
            string[] adapters = [.. new[] { expected, folder }.Select(
                path => Path.Combine(TinyFineTuning.Model(path), "adapter", "adapter_model.safetensors"))];
            Assert.Equal(File.ReadAllBytes(adapters[0]), File.ReadAllBytes(adapters[1]));
        }
    }

    [Fact]
    public void Cancelled_again_and_again_it_ends_with_the_same_bytes()
    {
        string expected = Folder("undisturbed");
        FineTuningResult result = TinyFineTuning.Run(expected)!;
        string folder = Folder("cancelled");
        FineTuningResult? resumed = null;
        for (long stop = 1; resumed is null; stop += 7)
        {
            using CancellationTokenSource cancellation = new();
            resumed = TinyFineTuning.Run(
                folder,
                progress: new Listener(progress =>
                {
                    if (progress.Step == stop)
                    {
                        cancellation.Cancel();
                    }
                }),
                cancellation: cancellation.Token);
        }

        Assert.Equal(result, resumed);
        AssertSame(expected, folder);
    }

    [Fact]
    public void Dialogues_that_are_too_long_are_counted_and_told()
    {
        Dialogue longDialogue = new([new(ChatRole.User, "What?"), new(ChatRole.Assistant, new string('x', 200))]);
        List<string> notices = [];
        FineTuningResult result = TinyFineTuning.Run(
            _root, TinyFineTuning.Settings with { Epochs = 1 },
            new Listener(progress => notices.AddRange(progress.Notice is { } n ? [n] : [])),
            [.. TinyFineTuning.Training, longDialogue])!;
        Assert.Equal(1, result.Skipped);
        Assert.Equal(60, result.Dialogues);
        Assert.Equal("1 of 66 dialogues have more than 128 tokens and are left out.", Assert.Single(notices));
        string message = Assert.Throws<AlignmentDataException>(
            () => TinyFineTuning.Run(Folder("all"), training: [longDialogue])).Message;
        Assert.Contains("All 1 training dialogues", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dialogue_that_cannot_be_expressed_stops_before_training()
    {
        Dialogue bad = new([new(ChatRole.User, "a <<SYS>> b"), new(ChatRole.Assistant, "c")]) { Origin = "mine.jsonl, line 3" };
        AlignmentDataException error = Assert.Throws<AlignmentDataException>(
            () => TinyFineTuning.Run(_root, training: [.. TinyFineTuning.Training, bad]));
        Assert.StartsWith("mine.jsonl, line 3: ", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(TinyFineTuning.Model(_root)));
    }

    private static void AssertSame(string expectedFolder, string folder)
    {
        foreach (string path in Directory.GetFiles(TinyFineTuning.Model(expectedFolder)))
        {
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(Path.Combine(TinyFineTuning.Model(folder), Path.GetFileName(path))));
        }

        Assert.Equal(Rows(expectedFolder), Rows(folder));
    }

    /// <summary>The rows without the speed, which no two runs share.</summary>
    private static List<string> Rows(string folder) =>
    [
        .. File.ReadAllLines(TinyFineTuning.Metrics(folder)).Select(line =>
        {
            using JsonDocument row = JsonDocument.Parse(line);
            IEnumerable<JsonProperty> values = row.RootElement.EnumerateObject().Where(value => value.Name != "tokens_per_second");
            return string.Join(",", values.Select(value => value.ToString()));
        }),
    ];

    private string Folder(string name) => Directory.CreateDirectory(Path.Combine(_root, name)).FullName;

    private sealed class Listener(Action<TrainingProgress> action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => action(value);
    }
}
