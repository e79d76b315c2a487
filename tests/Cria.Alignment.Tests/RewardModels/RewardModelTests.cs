using System.Text.Json;
using Cria.Compute;
using Cria.Inference;
using Cria.Models;
using Cria.Testing;

namespace Cria.Alignment.Tests;

public sealed class RewardModelTests
{
    [Fact]
    public void The_score_of_a_model_that_transformers_saved_is_the_recorded_one()
    {
        using CpuDevice device = new(2);
        using RewardModel model = RewardModel.Load(SharedData.Golden("hf/reward"), device);
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(SharedData.Golden("hf/reward/expected.json")));
        int[] ids = [.. expected.RootElement.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
        Assert.Equal("reward", model.Name);
        double score = expected.RootElement.GetProperty("logits")[0][0].GetDouble();
        Assert.Equal(score, model.ScoreEncoded([new EncodedAnswer(ids, 0)])[0], 1e-4);
    }

    [Fact]
    public void A_score_does_not_depend_on_the_batch_it_is_in()
    {
        using CpuDevice device = new(2);
        using TinyReward tiny = new();
        using ScalarHeadRewardModel model = new("tiny", tiny.Model, device);
        AnsweredPrompt[] answers = [.. Enumerable.Range(0, 60).Select(
            i => TinyReward.Answer($"What does llama {i} do?", new string('x', i) + "."))];
        double[] together = model.Score(answers);
        double[] alone = [.. answers.Select(answer => model.Score([answer])[0])];
        double[] reversed = model.Score([.. answers.Reverse()]);
        Assert.Equal(together, reversed.Reverse());
        for (int i = 0; i < answers.Length; i++)
        {
            Assert.Equal(alone[i], together[i], 1e-6);
        }

        Assert.True(together.Distinct().Count() > 50);
    }

    [Fact]
    public void Answers_to_one_prompt_score_as_each_does_alone()
    {
        using CpuDevice device = new(2);
        using TinyReward tiny = new();
        using ScalarHeadRewardModel model = new("tiny", tiny.Model, device);
        AnsweredPrompt[] answers =
        [
            .. Enumerable.Range(0, 300).Select(i => TinyReward.Answer($"What does llama {i / 7} do?", new string('x', i * 5 % 60) + ".")),
            TinyReward.Answer("Who?", ""), TinyReward.Answer("Who?", "One."),
            TinyReward.Answer("Who?", ""), TinyReward.Answer("Who?", "Two."),
        ];
        double[] together = model.Score(answers);
        Assert.Equal(together, model.Score(answers));
        for (int i = 0; i < answers.Length; i++)
        {
            Assert.Equal(model.Score([answers[i]])[0], together[i], 1e-6);
        }
    }

    [Fact]
    public void The_whole_dialogue_before_the_answer_counts()
    {
        using CpuDevice device = new(1);
        using TinyReward tiny = new();
        using ScalarHeadRewardModel model = new("tiny", tiny.Model, device);
        ChatMessage last = new(ChatRole.User, "And the hill?");
        AlignmentPrompt shorter = new("p", [last]);
        AlignmentPrompt longer = new("p", [new(ChatRole.User, "Hello"), new(ChatRole.Assistant, "Yes."), last]);
        double[] scores = model.Score([new(shorter, new("It is high.")), new(longer, new("It is high."))]);
        Assert.NotEqual(scores[0], scores[1]);
    }

    [Fact]
    public void An_answer_longer_than_the_context_is_named()
    {
        using CpuDevice device = new(1);
        using TinyReward tiny = new();
        using ScalarHeadRewardModel model = new("tiny", tiny.Model, device);
        AlignmentDataException error = Assert.Throws<AlignmentDataException>(
            () => model.Score([TinyReward.Answer("p12", new string('x', 600))]));
        Assert.Contains("'p12'", error.Message, StringComparison.Ordinal);
        Assert.Contains("128", error.Message, StringComparison.Ordinal);
        Assert.Throws<ContextLengthException>(() => model.ScoreEncoded([new EncodedAnswer([1, 5], 1), new EncodedAnswer(new int[5000], 2)]));
        using AnswerForward forward = new(tiny.Model.Weights, device);
        Assert.Throws<ContextLengthException>(() => forward.Run([new EncodedAnswer(new int[5000], 2)], new double[4998]));
    }

    [Fact]
    public void A_language_model_is_no_reward_model()
    {
        using CpuDevice device = new(1);
        InvalidModelFileException error = Assert.Throws<InvalidModelFileException>(
            () => RewardModel.Load(SharedData.Golden("hf/gqa-untied"), device));
        Assert.Contains("scalar head", error.Message, StringComparison.Ordinal);
    }
}
