using Cria.Compute;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>Comparisons as networks read them, with what the start model thinks of them.</summary>
internal sealed class DpoPairs
{
    /// <summary>Encodes pairs that have been found fit for training.</summary>
    public DpoPairs(IEnumerable<Comparison> comparisons, LoadedModel start)
    {
        Tokenizer tokenizer = start.Tokenizer!;
        ChatFormat format = start.ChatFormat!;
        Answers =
        [
            .. comparisons.SelectMany(pair => new[]
            {
                AnswerEncoder.Encode(tokenizer, format, pair.Prompt, pair.Chosen),
                AnswerEncoder.Encode(tokenizer, format, pair.Prompt, pair.Rejected),
            }),
        ];
    }

    /// <summary>The chosen answer of pair i at 2i, the rejected one behind it.</summary>
    public EncodedAnswer[] Answers { get; }

    /// <summary>Number of pairs.</summary>
    public int Count => Answers.Length / 2;

    /// <summary>log π₀(chosen) − log π₀(rejected) of each pair, once <see cref="MeasureReference"/> has been called.</summary>
    public double[] ReferenceMargins { get; private set; } = [];

    /// <summary>The prompt of a pair, which goes through the network once.</summary>
    public SharedPrompt Prompt(int pair) =>
        new(2 * pair, 2, SharedPrompt.TokensOf(Answers[2 * pair], Answers[(2 * pair) + 1]));

    /// <summary>Tokens of a pair that go through the network.</summary>
    public int Tokens(int pair) => Answers[2 * pair].Ids.Length + Answers[(2 * pair) + 1].Ids.Length - 2 - Prompt(pair).Tokens;

    /// <summary>Finds the reference's log-probabilities, once for the whole training.</summary>
    public void MeasureReference(LlamaWeights reference, Device device)
    {
        using AnswerForward pass = new(reference, device);
        double[] sums = Sums(pass);
        ReferenceMargins = [.. Enumerable.Range(0, Count).Select(i => sums[2 * i] - sums[(2 * i) + 1])];
    }

    /// <summary>The log-probability of each answer, whole.</summary>
    public double[] Sums(AnswerForward pass)
    {
        double[] tokens = new double[Answers.Sum(answer => answer.AnswerLength)];
        pass.Run(Answers, tokens);
        double[] sums = new double[Answers.Length];
        int token = 0;
        for (int i = 0; i < sums.Length; i++)
        {
            for (int t = 0; t < Answers[i].AnswerLength; t++)
            {
                sums[i] += tokens[token++];
            }
        }

        return sums;
    }
}
