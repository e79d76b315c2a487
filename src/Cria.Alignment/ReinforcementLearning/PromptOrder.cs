using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// Which prompts an iteration takes: one shuffle of all after another, so that each prompt comes once before any comes twice. A function of
/// the seed and the iteration alone.
/// </summary>
internal sealed class PromptOrder(IReadOnlyList<AlignmentPrompt> prompts, ulong seed)
{
    private const ulong FirstStream = 1UL << 40;

    private readonly int[] _order = new int[prompts.Count];
    private long _pass = -1;

    /// <summary>The prompts of an iteration; the first is 1.</summary>
    public AlignmentPrompt[] Take(long iteration, int count)
    {
        AlignmentPrompt[] taken = new AlignmentPrompt[count];
        for (int i = 0; i < count; i++)
        {
            long place = ((iteration - 1) * count) + i;
            Shuffle(place / prompts.Count);
            taken[i] = prompts[_order[place % prompts.Count]];
        }

        return taken;
    }

    private void Shuffle(long pass)
    {
        if (pass == _pass)
        {
            return;
        }

        _pass = pass;
        for (int i = 0; i < _order.Length; i++)
        {
            _order[i] = i;
        }

        new DeterministicRandom(seed, FirstStream + (ulong)pass).Shuffle<int>(_order);
    }
}
