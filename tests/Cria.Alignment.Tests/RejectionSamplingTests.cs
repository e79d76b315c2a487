using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment.Tests;

public sealed class RejectionSamplingTests : IDisposable
{
    private static readonly AlignmentPrompt[] Prompts =
        [.. Enumerable.Range(0, 7).Select(i => TinyChat.Prompt($"What does llama {i} do?"))];

    private static readonly RejectionSamplingSettings Settings = new() { Samples = 4, MaximumTokens = 8, PromptsPerPart = 2, Seed = 5 };

    private readonly string _folder = Directory.CreateTempSubdirectory("cria-rejection").FullName;
    private readonly TinyChat _chat = new();
    private readonly CpuDevice _device = new(1);

    private string Path => System.IO.Path.Combine(_folder, "round", "samples.jsonl");

    public void Dispose()
    {
        _chat.Dispose();
        _device.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void The_best_answer_has_the_highest_reward()
    {
        IReadOnlyList<PromptSamples> samples = Run(new Length());
        Assert.Equal(Prompts.Select(prompt => prompt.Id), samples.Select(sample => sample.Prompt.Id));
        Assert.All(samples, sample =>
        {
            Assert.Equal(4, sample.Answers.Count);
            Assert.Equal(sample.Answers.Max(answer => answer.Text.Length), sample.Best.Text.Length);
            Assert.Equal(sample.Best.Text, sample.ToDialogue().Messages[^1].Content);
        });
    }

    [Fact]
    public void A_round_cut_off_anywhere_goes_on_to_the_same_bytes()
    {
        Run(new Length());
        byte[] whole = File.ReadAllBytes(Path);
        for (int cut = 0; cut < whole.Length; cut += 97)
        {
            File.WriteAllBytes(Path, whole[..cut]);
            Run(new Length());
            Assert.Equal(whole, File.ReadAllBytes(Path));
        }
    }

    [Fact]
    public void A_failing_reward_costs_only_its_own_part()
    {
        Assert.Throws<AlignmentDataException>(() => Run(new Length { FailsAfter = 8 }));
        int kept = File.ReadAllLines(Path).Length;
        Assert.Equal(3, kept);
        int calls = 0;
        Run(new Length { Called = () => calls++ });
        Assert.Equal(3, calls);
    }

    [Fact]
    public void A_reward_that_is_no_number_is_named_with_its_prompt()
    {
        AlignmentDataException error = Assert.Throws<AlignmentDataException>(() => Run(new Length { Value = double.NaN }));
        Assert.Contains("length", error.Message, StringComparison.Ordinal);
        Assert.Contains(Prompts[0].Id, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_other_settings_is_refused_and_kept()
    {
        Run(new Length());
        byte[] whole = File.ReadAllBytes(Path);
        TrainingCheckpointException error = Assert.Throws<TrainingCheckpointException>(() => Run(new Length(), Settings with { Seed = 6 }));
        Assert.Contains("seed is 5 there and 6 here", error.Message, StringComparison.Ordinal);
        Assert.Equal(whole, File.ReadAllBytes(Path));
    }

    [Fact]
    public void A_sweep_gives_every_temperature_all_its_answers()
    {
        using AnswerSampler sampler = new(_chat.Weights, TinyChat.Tokenizer, ChatFormat.Llama2, _device);
        IReadOnlyList<IReadOnlyList<PromptSamples>> sweep =
            RejectionSampling.Sweep(sampler, Prompts, CombinedRewards.Single(new Length()), Settings, [0f, 1f]);
        Assert.All(sweep[0], sample => Assert.Single(sample.Answers.Select(answer => answer.Text).Distinct()));
        Assert.Contains(sweep[1], sample => sample.Answers.Select(answer => answer.Text).Distinct().Count() > 1);
    }

    private IReadOnlyList<PromptSamples> Run(IRewardFunction reward, RejectionSamplingSettings? settings = null)
    {
        using AnswerSampler sampler = new(_chat.Weights, TinyChat.Tokenizer, ChatFormat.Llama2, _device);
        return RejectionSampling.Run(sampler, Prompts, CombinedRewards.Single(reward), settings ?? Settings, Path, "tiny");
    }

    private sealed class Length : IRewardFunction
    {
        private int _scored;

        public string Name => "length";

        public int FailsAfter { get; init; } = int.MaxValue;

        public double? Value { get; init; }

        public Action? Called { get; init; }

        public double[] Score(IReadOnlyList<AnsweredPrompt> answers)
        {
            Called?.Invoke();
            _scored += answers.Count;
            return _scored > FailsAfter
                ? throw new InvalidOperationException("out of paper")
                : [.. answers.Select(answer => Value ?? answer.Answer.Text.Length)];
        }
    }
}
