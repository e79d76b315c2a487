namespace Cria.Alignment;

/// <summary>Cuts a list of sequences into passes of about equal numbers of tokens.</summary>
internal static class SequencePasses
{
    /// <summary>
    /// Ranges of neighbouring items with at most <paramref name="tokens"/> tokens together; a longer item is a pass of its own.
    /// </summary>
    /// <param name="lengths">Tokens of each item.</param>
    /// <param name="tokens">The budget of a pass.</param>
    public static IEnumerable<Range> Split(IReadOnlyList<int> lengths, int tokens)
    {
        for (int first = 0; first < lengths.Count;)
        {
            int end = first;
            long sum = 0;
            do
            {
                sum += lengths[end++];
            }
            while (end < lengths.Count && sum + lengths[end] <= tokens);

            yield return first..end;
            first = end;
        }
    }
}
