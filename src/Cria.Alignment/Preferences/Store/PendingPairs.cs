using Microsoft.EntityFrameworkCore;

namespace Cria.Alignment;

/// <summary>The part of the store that holds pairs without a judgement.</summary>
internal static class PendingPairs
{
    public static IQueryable<PairRow> Select(PreferenceContext context, PreferenceKind? kind, int? batch)
    {
        IQueryable<PairRow> rows = context.Pairs;
        rows = kind is { } k ? rows.Where(row => row.Kind == (int)k) : rows;
        return batch is { } b ? rows.Where(row => row.Batch == b) : rows;
    }

    public static async Task<StoreAddition> AddAsync(
        PreferenceContext context, IEnumerable<PendingPair> pairs, int rowsAtOnce, CancellationToken cancellation)
    {
        int added = 0;
        int repeated = 0;
        foreach (PendingPair[] chunk in pairs.Chunk(rowsAtOnce))
        {
            string[] keys = [.. chunk.Select(PairRow.KeyOf)];
            string[] judgedKeys = [.. chunk.SelectMany(JudgedKeys)];
            var waiting = await context.Pairs.Where(row => keys.Contains(row.PairKey))
                .Select(row => new { row.Kind, row.Batch, row.PairKey }).ToListAsync(cancellation).ConfigureAwait(false);
            var judged = await context.Comparisons.Where(row => judgedKeys.Contains(row.PairKey))
                .Select(row => new { row.Kind, row.Batch, row.PairKey }).ToListAsync(cancellation).ConfigureAwait(false);
            HashSet<(int, int, string)> known = [.. waiting.Concat(judged).Select(row => (row.Kind, row.Batch, row.PairKey))];
            PairRow[] fresh =
            [
                .. chunk.Where(pair => !JudgedKeys(pair).Any(key => known.Contains(((int)pair.Kind, pair.Batch, key))))
                    .Select(PairRow.Of)
                    .Where(row => known.Add((row.Kind, row.Batch, row.PairKey))),
            ];
            context.AddRange(fresh);
            await context.SaveChangesAsync(cancellation).ConfigureAwait(false);
            context.ChangeTracker.Clear();
            added += fresh.Length;
            repeated += chunk.Length - fresh.Length;
        }

        return new StoreAddition(added, repeated);
    }

    public static async Task<PendingPair?> ClaimAsync(
        PreferenceContext context, string annotator, TimeSpan duration, IQueryable<PairRow> pairs, CancellationToken cancellation)
    {
        while (true)
        {
            long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            PairRow? row = await pairs.AsNoTracking().Where(pair => pair.ClaimedBy == annotator || pair.ClaimedUntil <= now)
                .OrderBy(pair => pair.ClaimedBy == annotator ? 0 : 1).ThenBy(pair => pair.Id)
                .FirstOrDefaultAsync(cancellation).ConfigureAwait(false);
            if (row is null)
            {
                return null;
            }

            // The condition is judged again where the row is written: of two who found it free one claims it, the other looks on.
            long until = now + (long)duration.TotalMilliseconds;
            int claimed = await context.Pairs
                .Where(pair => pair.Id == row.Id && (pair.ClaimedBy == annotator || pair.ClaimedUntil <= now))
                .ExecuteUpdateAsync(
                    pair => pair.SetProperty(p => p.ClaimedBy, annotator).SetProperty(p => p.ClaimedUntil, until), cancellation)
                .ConfigureAwait(false);
            if (claimed > 0)
            {
                return row.Pair();
            }
        }
    }

    /// <summary>The keys that comparisons of a pair have, whichever answer was chosen.</summary>
    private static string[] JudgedKeys(PendingPair pair) =>
    [
        HoldOut.Key(pair.Prompt.Messages, pair.First.Text, pair.Second.Text),
        HoldOut.Key(pair.Prompt.Messages, pair.Second.Text, pair.First.Text),
    ];
}
