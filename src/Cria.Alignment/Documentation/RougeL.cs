using System.Text;

namespace Cria.Alignment;

/// <summary>How much of a reference an answer repeats in order.</summary>
/// <param name="Precision">Longest common subsequence over the words of the answer.</param>
/// <param name="Recall">Longest common subsequence over the words of the reference.</param>
public readonly record struct RougeL(double Precision, double Recall)
{
    /// <summary>The harmonic mean of precision and recall.</summary>
    public double F1 => Precision + Recall > 0 ? 2 * Precision * Recall / (Precision + Recall) : 0;

    /// <summary>
    /// ROUGE-L (Lin, 2004) as the <c>rouge_score</c> library computes it without stemming: words are runs of <c>a-z0-9</c> in lower case.
    /// </summary>
    /// <param name="reference">The text to come close to.</param>
    /// <param name="answer">The text that is measured.</param>
    public static RougeL Of(string reference, string answer)
    {
        List<string> target = Words(reference);
        List<string> found = Words(answer);
        if (target.Count == 0 || found.Count == 0)
        {
            return default;
        }

        double common = LongestCommonSubsequence(target, found);
        return new RougeL(common / found.Count, common / target.Count);
    }

    /// <summary>The words of a text: runs of <c>a-z0-9</c> in lower case.</summary>
    internal static List<string> Words(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<string> words = [];
        StringBuilder word = new();
        foreach (char c in text)
        {
            char lower = char.ToLowerInvariant(c);
            if (char.IsAsciiLetterOrDigit(lower))
            {
                word.Append(lower);
            }
            else
            {
                End();
            }
        }

        End();
        return words;

        void End()
        {
            if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }
    }

    private static int LongestCommonSubsequence(List<string> first, List<string> second)
    {
        int[] above = new int[second.Count + 1];
        int[] row = new int[second.Count + 1];
        foreach (string word in first)
        {
            for (int j = 0; j < second.Count; j++)
            {
                row[j + 1] = word == second[j] ? above[j] + 1 : Math.Max(above[j + 1], row[j]);
            }

            (above, row) = (row, above);
        }

        return above[^1];
    }
}
