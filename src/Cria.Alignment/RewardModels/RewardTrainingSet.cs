using System.Runtime.InteropServices;
using Cria.Corpus;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>What became of the comparisons that were given to a training.</summary>
/// <param name="Used">Trained on.</param>
/// <param name="HeldOut">Left out: the test set of their batch.</param>
/// <param name="UnsafePreferred">Left out: an unsafe answer was preferred to a safe one (Touvron et al. 2023, §3.2.1).</param>
/// <param name="TooLong">Left out: prompt and answer have more tokens than the limit.</param>
/// <param name="Identical">Left out: both answers are the same, so there is nothing to rank.</param>
public sealed record RewardDataCounts(int Used, int HeldOut, int UnsafePreferred, int TooLong, int Identical)
{
    /// <summary>A sentence for logs: what is used and what is left out, and why.</summary>
    public override string ToString()
    {
        (int Count, string Reason)[] all =
        [
            (HeldOut, "held out"), (UnsafePreferred, "with an unsafe answer preferred to a safe one"), (TooLong, "too long"),
            (Identical, "with two equal answers"),
        ];
        string[] found = [.. all.Where(item => item.Count > 0).Select(item => $"{item.Count} {item.Reason}")];
        return $"{Used} pairs{(found.Length > 0 ? "; left out: " + string.Join(", ", found) : "")}";
    }
}

/// <summary>A pair as a reward model reads it.</summary>
/// <param name="Chosen">The tokens of the prompt and the better answer.</param>
/// <param name="Rejected">The tokens of the prompt and the worse one.</param>
/// <param name="Source">The comparison.</param>
internal sealed record RewardPair(EncodedAnswer Chosen, EncodedAnswer Rejected, Comparison Source)
{
    /// <summary>Tokens that go through the network: of a prompt that both answers have, once.</summary>
    public int Tokens { get; } = Chosen.Ids.Length + Rejected.Ids.Length - SharedPrompt.TokensOf(Chosen, Rejected);
}

/// <summary>The pairs of comparisons that a reward model may be trained on.</summary>
internal sealed class RewardTrainingSet
{
    private RewardTrainingSet(RewardPair[] pairs, RewardDataCounts counts)
    {
        Pairs = pairs;
        Counts = counts;
    }

    public RewardPair[] Pairs { get; }

    public RewardDataCounts Counts { get; }

    /// <summary>Decided by the tokens, ratings and labels of all pairs, in their order.</summary>
    public ulong Hash
    {
        get
        {
            StableHash.Accumulator hash = StableHash.Begin();
            foreach (RewardPair pair in Pairs)
            {
                hash.Add(pair.Chosen.Ids.Length);
                hash.Add(MemoryMarshal.AsBytes<int>(pair.Chosen.Ids));
                hash.Add(pair.Rejected.Ids.Length);
                hash.Add(MemoryMarshal.AsBytes<int>(pair.Rejected.Ids));
                hash.Add((long)pair.Source.Rating);
                hash.Add(Label(pair.Source.Chosen) + (3 * Label(pair.Source.Rejected)));
            }

            return hash.Finish();
        }
    }

    /// <summary>Encodes comparisons, and leaves out what must not or cannot be trained on.</summary>
    /// <param name="comparisons">All there are.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="format">The model's.</param>
    /// <param name="maximumTokens">The most tokens of prompt and answer.</param>
    /// <exception cref="AlignmentDataException">A dialogue cannot be expressed in the format (named), or no pair is left.</exception>
    public static RewardTrainingSet From(
        IReadOnlyList<Comparison> comparisons, Tokenizer tokenizer, ChatFormat format, int maximumTokens)
    {
        List<RewardPair> pairs = [];
        int heldOut = 0;
        int unsafePreferred = 0;
        int tooLong = 0;
        int identical = 0;
        foreach (Comparison comparison in comparisons)
        {
            if (comparison.IsHeldOut)
            {
                heldOut++;
            }
            else if (TrainingPreferences.PrefersUnsafe(comparison))
            {
                unsafePreferred++;
            }
            else
            {
                RewardPair pair = Encode(comparison, tokenizer, format);
                bool fits = Math.Max(pair.Chosen.Ids.Length, pair.Rejected.Ids.Length) <= maximumTokens;
                bool differs = !pair.Chosen.Ids.AsSpan().SequenceEqual(pair.Rejected.Ids);
                tooLong += fits ? 0 : 1;
                identical += fits && !differs ? 1 : 0;
                if (fits && differs)
                {
                    pairs.Add(pair);
                }
            }
        }

        RewardDataCounts counts = new(pairs.Count, heldOut, unsafePreferred, tooLong, identical);
        return pairs.Count > 0
            ? new RewardTrainingSet([.. pairs], counts)
            : throw new AlignmentDataException($"No comparison to train on: {counts}.");
    }

    /// <summary>The tokens of a comparison's two dialogues.</summary>
    /// <exception cref="AlignmentDataException">The format cannot express the dialogue; the comparison is named.</exception>
    public static RewardPair Encode(Comparison comparison, Tokenizer tokenizer, ChatFormat format)
    {
        try
        {
            return new RewardPair(
                AnswerEncoder.Encode(tokenizer, format, comparison.Prompt, comparison.Chosen),
                AnswerEncoder.Encode(tokenizer, format, comparison.Prompt, comparison.Rejected),
                comparison);
        }
        catch (InvalidDialogueException e)
        {
            string where = comparison.Origin.Length > 0 ? comparison.Origin : $"Prompt '{comparison.PromptId}'";
            throw new AlignmentDataException($"{where}: {e.Message}", e);
        }
    }

    private static long Label(ComparedAnswer answer) => answer.IsSafe switch { null => 0, false => 1, true => 2 };
}
