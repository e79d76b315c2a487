namespace Cria.Inference;

/// <summary>A token that may be drawn, and its unnormalised probability.</summary>
internal readonly record struct Candidate(float Weight, int Id)
{
    /// <summary>The order of the filters: higher weight first, of equals the lower id.</summary>
    public bool Precedes(Candidate other) => Weight > other.Weight || (Weight == other.Weight && Id < other.Id);

    /// <summary>
    /// The last candidate, in falling order, that those before it exceed the limit for no more: by number or by weight. A quickselect that
    /// looks only into the side where the limit falls, so that nothing is sorted: linear time on average.
    /// </summary>
    /// <param name="candidates">At least one; reordered.</param>
    /// <param name="limit">The most that candidates before a kept one may add up to; not negative.</param>
    /// <param name="byWeight">Add up weights; otherwise count.</param>
    public static Candidate LastWithin(Span<Candidate> candidates, double limit, bool byWeight)
    {
        Candidate last = default;
        int low = 0;
        int high = candidates.Length;
        double before = 0;
        while (low < high && before <= limit)
        {
            int pivot = Partition(candidates[low..high]) + low;
            double left = 0;
            for (int i = low; i < pivot; i++)
            {
                left += byWeight ? candidates[i].Weight : 1;
            }

            if (before + left <= limit)
            {
                last = candidates[pivot];
                before += left + (byWeight ? last.Weight : 1);
                low = pivot + 1;
            }
            else
            {
                high = pivot;
            }
        }

        return last;
    }

    /// <summary>Puts a pivot at its place: all that precede it in front, all others behind.</summary>
    private static int Partition(Span<Candidate> candidates)
    {
        int end = candidates.Length - 1;
        int middle = candidates.Length / 2;
        if (candidates[middle].Precedes(candidates[0]))
        {
            Swap(candidates, 0, middle);
        }

        if (candidates[end].Precedes(candidates[0]))
        {
            Swap(candidates, 0, end);
        }

        if (candidates[middle].Precedes(candidates[end]))
        {
            Swap(candidates, middle, end);
        }

        Candidate pivot = candidates[end];
        int place = 0;
        for (int i = 0; i < end; i++)
        {
            if (candidates[i].Precedes(pivot))
            {
                Swap(candidates, i, place++);
            }
        }

        Swap(candidates, place, end);
        return place;
    }

    private static void Swap(Span<Candidate> candidates, int a, int b) =>
        (candidates[a], candidates[b]) = (candidates[b], candidates[a]);
}
