using Cria.Compute;
using Cria.Inference;
using Cria.Models;

namespace Cria.Alignment.Tests;

public sealed class AnswerSamplerTests
{
    private static readonly AlignmentPrompt[] Prompts =
        [.. Enumerable.Range(0, 5).Select(i => TinyChat.Prompt($"What does llama {i} do?"))];

    [Fact]
    public void An_answer_depends_on_its_prompt_and_place_and_not_on_the_batch()
    {
        using TinyChat chat = new();
        using CpuDevice device = new(2);
        using AnswerSampler many = new(chat.Weights, TinyChat.Tokenizer, ChatFormat.Llama2, device, batch: 64);
        using AnswerSampler few = new(chat.Weights, TinyChat.Tokenizer, ChatFormat.Llama2, device, batch: 3);
        SampledAnswer[][] first = many.Sample(Prompts, 4, 1, 12, seed: 7);
        SampledAnswer[][] second = few.Sample(Prompts, 4, 1, 12, seed: 7);
        Assert.Equal(
            first.SelectMany(answers => answers.Select(answer => answer.Text)),
            second.SelectMany(a => a.Select(answer => answer.Text)));
        Assert.True(first[0].Select(answer => answer.Text).Distinct().Count() > 1);
    }

    [Fact]
    public void Log_probabilities_are_those_of_the_model_at_temperature_one()
    {
        using TinyChat chat = new();
        using CpuDevice device = new(1);
        using AnswerSampler sampler = new(chat.Weights, TinyChat.Tokenizer, ChatFormat.Llama2, device);
        SampledAnswer answer = sampler.Sample(Prompts[..1], 1, 0.7f, 10, seed: 3)[0][0];
        using LlamaEngine engine = new(chat.Weights, device);
        float[] expected = new Scorer(engine).Score([.. answer.PromptIds, .. answer.Ids])[(answer.PromptIds.Length - 1)..];
        Assert.Equal(expected.Length, answer.LogProbabilities.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], answer.LogProbabilities[i], 1e-5f);
        }
    }

    [Fact]
    public void A_prompt_that_fills_the_context_is_named()
    {
        using TinyChat chat = new(contextLength: 16);
        using CpuDevice device = new(1);
        using AnswerSampler sampler = new(chat.Weights, TinyChat.Tokenizer, ChatFormat.Llama2, device);
        AlignmentPrompt longPrompt = TinyChat.Prompt(new string('x', 200));
        AlignmentDataException error = Assert.Throws<AlignmentDataException>(
            () => sampler.Sample([Prompts[0] with { Messages = longPrompt.Messages, Id = "p7" }], 1, 1, 4, 1));
        Assert.Contains("p7", error.Message, StringComparison.Ordinal);
    }
}
