using Cria.Compute;
using Cria.Models;

namespace Cria.Alignment.Tests;

public sealed class PairSamplerTests
{
    private static readonly AlignmentPrompt[] Prompts =
        [.. Enumerable.Range(0, 12).Select(i => TinyChat.Prompt($"What does llama {i} do?"))];
    private static readonly PairSamplingOptions Options =
        new() { MaximumTokens = 8, Seed = 5, PairsPerPrompt = 2, Batch = 3, Kind = PreferenceKind.Safety };

    [Fact]
    public void Every_answer_can_be_made_again_from_what_the_pair_says()
    {
        using TinyChat old = new(1);
        using TinyChat young = new(2);
        using CpuDevice device = new(2);
        using AnswerSampler oldSampler = Sampler(old, device, 64);
        using AnswerSampler youngSampler = Sampler(young, device, 64);
        PairSamplingResult result = PairSampler.Sample(
            new PairVariant("sft", "00", oldSampler), new PairVariant("rlhf-v1", "01", youngSampler), Prompts, Options);
        Assert.Equal(24, result.Pairs.Count + result.Identical + result.Empty);
        Assert.True(result.Pairs.Count > 12);
        foreach (PendingPair pair in result.Pairs)
        {
            Assert.Equal((3, PreferenceKind.Safety), (pair.Batch, pair.Kind));
            Assert.Equal(["rlhf-v1", "sft"], new[] { pair.First.Model, pair.Second.Model }.Order(StringComparer.Ordinal));
            foreach (ComparedAnswer answer in new[] { pair.First, pair.Second })
            {
                AnswerSampler sampler = answer.Model == "sft" ? oldSampler : youngSampler;
                SampledAnswer again = sampler.Sample([new AnswerRequest(pair.Prompt, answer.Temperature!.Value, answer.Seed!.Value)], 8)[0];
                Assert.Equal((answer.Text, answer.IsFinished), (again.Text, again.IsFinished));
                Assert.Contains(answer.Temperature.Value, Options.Temperatures);
            }
        }

        // Both orders occur, and more than one temperature.
        Assert.Equal(2, result.Pairs.Select(pair => pair.First.Model).Distinct().Count());
        Assert.True(result.Pairs.Select(pair => pair.First.Temperature).Distinct().Count() > 1);
    }

    [Fact]
    public void A_variant_may_be_asked_in_other_words()
    {
        using TinyChat chat = new(1);
        using CpuDevice device = new(2);
        using AnswerSampler sampler = Sampler(chat, device, 64);
        PairVariant plain = new("first", "", sampler);
        PairVariant reworded = new("second", "", sampler) { Wording = prompt => SafetyPreprompts.InFrontOf(prompt, 1) };
        AlignmentPrompt[] prompts = [.. Prompts.Select(prompt => prompt with { Messages = [new ChatMessage(ChatRole.User, "llama")] })];
        PairSamplingResult result = PairSampler.Sample(plain, reworded, prompts, Options);
        Assert.NotEmpty(result.Pairs);
        foreach (PendingPair pair in result.Pairs)
        {
            Assert.Equal("llama", Assert.Single(pair.Prompt.Messages).Content);
            foreach (ComparedAnswer answer in new[] { pair.First, pair.Second })
            {
                AlignmentPrompt asked = answer.Model == "first" ? pair.Prompt : SafetyPreprompts.InFrontOf(pair.Prompt, 1);
                SampledAnswer again = sampler.Sample([new AnswerRequest(asked, answer.Temperature!.Value, answer.Seed!.Value)], 8)[0];
                Assert.Equal(answer.Text, again.Text);
            }
        }
    }

    [Fact]
    public void A_pair_depends_on_seed_and_prompt_and_not_on_the_others()
    {
        using TinyChat chat = new(1);
        using CpuDevice device = new(1);
        using AnswerSampler many = Sampler(chat, device, 64);
        using AnswerSampler few = Sampler(chat, device, 3);
        PairVariant variant = new("sft", "", many);
        PairVariant same = new("sft", "", few);
        Assert.Equal("sft", variant.Label);
        string[] all = [.. Texts(PairSampler.Sample(variant, variant, Prompts, Options))];
        PairSamplingResult reversed = PairSampler.Sample(same, same, [.. Prompts.Reverse()], Options);
        Assert.Equal(all.Order(StringComparer.Ordinal), Texts(reversed).Order(StringComparer.Ordinal));
        Assert.NotEqual(all, Texts(PairSampler.Sample(variant, variant, Prompts, Options with { Seed = 6 })));
    }

    [Fact]
    public void Equal_answers_are_dropped_and_counted()
    {
        using TinyChat chat = new(1);
        using CpuDevice device = new(1);
        using AnswerSampler sampler = Sampler(chat, device, 64);
        PairVariant variant = new("sft", "", sampler);
        PairSamplingResult result = PairSampler.Sample(variant, variant, Prompts, Options with { Temperatures = [0] });
        Assert.Empty(result.Pairs);
        Assert.Equal(24, result.Identical + result.Empty);
        Assert.True(result.Identical > 0);
    }

    private static AnswerSampler Sampler(TinyChat chat, CpuDevice device, int batch) =>
        new(chat.Weights, TinyChat.Tokenizer, ChatFormat.Llama2, device, batch);

    private static IEnumerable<string> Texts(PairSamplingResult result) =>
        result.Pairs.Select(pair => $"{pair.Prompt.Id}|{pair.First}|{pair.Second}");
}
