using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment.Tests;

/// <summary>
/// Rollouts by the inference engine (cached keys and values, few rows at a time) give the log-probabilities that the trainer computes
/// from the whole sequence, so that PPO's first ratio is 1 without scoring the rollouts again.
/// </summary>
public sealed class RolloutLogProbabilityTests
{
    /// <summary>At the shape of the default recipe.</summary>
    [Fact]
    public void Rollouts_have_the_log_probabilities_of_the_trainer()
    {
        SentencePieceTokenizer tokenizer = Tokenizer(1024);
        LlamaConfig config = new()
        {
            Dim = 128,
            Layers = 6,
            Heads = 8,
            KvHeads = 4,
            HeadDim = 16,
            HiddenDim = 352,
            VocabularySize = tokenizer.VocabularySize,
            ContextLength = 1024,
            TiedEmbeddings = true,
        };
        using LlamaWeights weights = new(config);
        weights.InitializeRandom(3);
        foreach (ParameterTensor tensor in weights.Layout.Tensors.Where(tensor => tensor.IsMatrix))
        {
            // As decided as a trained model: the likeliest tokens have some tenths of the probability, most others next to nothing.
            float factor = tensor.Rows == config.VocabularySize ? 7 : 4;
            foreach (ref float value in weights[tensor].Span)
            {
                value *= factor;
            }
        }

        using CpuDevice device = new(2);
        using AnswerSampler sampler = new(weights, tokenizer, ChatFormat.Llama2, device, batch: 24);
        AlignmentPrompt[] prompts =
            [.. Enumerable.Range(0, 12)
                .Select(i => TinyChat.Prompt(string.Join(' ', Enumerable.Repeat($"What does llama {i} do?", 1 + i))))];
        SampledAnswer[] answers = [.. sampler.Sample(prompts, 4, 1, 60, seed: 7).SelectMany(all => all)];

        TokenBatch batch = new(answers.Sum(answer => answer.PromptIds.Length + answer.Ids.Length));
        foreach (SampledAnswer answer in answers)
        {
            batch.AddNextToken([.. answer.PromptIds, .. answer.Ids]);
        }

        using TrainingNetwork network = new(weights, null, device, batch.Tokens);
        Tensor hidden = network.Forward(batch);
        float[] logProbabilities = new float[batch.Tokens];
        device.LogProbabilities(hidden, weights.Head, batch.Targets, logProbabilities, default);
        double largest = 0;
        for (int s = 0; s < answers.Length; s++)
        {
            float[] ofAnswer = logProbabilities[(batch.SequenceStarts[s] + answers[s].PromptIds.Length - 1)..batch.SequenceStarts[s + 1]];
            Assert.Equal(ofAnswer.Length, answers[s].LogProbabilities.Length);
            largest = Math.Max(largest, ofAnswer.Zip(answers[s].LogProbabilities, (a, b) => Math.Abs((double)a - b)).Max());
        }

        double mean = answers.SelectMany(answer => answer.LogProbabilities).Average();
        Assert.InRange(mean, -6, -0.5);
        Assert.True(largest <= 1e-5, $"largest difference {largest}, mean log-probability {mean}");
    }

    /// <summary>A tokenizer of as many pieces, from words of random letters.</summary>
    private static SentencePieceTokenizer Tokenizer(int pieces)
    {
        DeterministicRandom random = new(5);
        string Word()
        {
            char[] letters = new char[3 + random.NextInt(6)];
            for (int i = 0; i < letters.Length; i++)
            {
                letters[i] = (char)('a' + random.NextInt(26));
            }

            return new string(letters);
        }

        string[] lines = [.. Enumerable.Range(0, 300).Select(_ => string.Join(' ', Enumerable.Range(0, 8).Select(_ => Word())))];
        return new SentencePieceTokenizer(
            SentencePieceTrainer.Train(lines, new SentencePieceTrainerOptions { VocabularySize = pieces, Threads = 1 }));
    }
}
