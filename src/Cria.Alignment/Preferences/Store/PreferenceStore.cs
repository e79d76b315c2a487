using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Cria.Alignment;

/// <summary>How much of what was to be added is new.</summary>
/// <param name="Added">Rows added.</param>
/// <param name="Repeated">Rows that the store held already, or that came twice.</param>
public sealed record StoreAddition(int Added, int Repeated);

/// <summary>
/// Comparisons and the pairs that wait for one, in SQLite (a file) or PostgreSQL (a connection string). Any number of processes may use one
/// store at a time. What a call has finished is on the disk; what it has not finished is not there at all. Serves any number of threads.
/// </summary>
/// <remarks>
/// Every call throws <see cref="AlignmentDataException"/> where the database cannot be reached, is full or is damaged.
/// </remarks>
public sealed class PreferenceStore
{
    private const int RowsAtOnce = 500;
    private const int Attempts = 5;

    private readonly StoreAddress _address;

    private PreferenceStore(StoreAddress address) => _address = address;

    /// <summary>Opens a store; makes it where there is none.</summary>
    /// <param name="store">The path of a SQLite file, or a PostgreSQL connection string (<c>Host=…;Database=…;Username=…</c>).</param>
    /// <param name="cancellation">Interrupts.</param>
    /// <exception cref="AlignmentDataException">It cannot be opened, or another version of the program made its tables.</exception>
    public static async Task<PreferenceStore> OpenAsync(string store, CancellationToken cancellation = default)
    {
        PreferenceStore opened = new(StoreAddress.Parse(store));
        await opened.RunAsync(context => StoreSchema.PrepareAsync(context, opened._address, cancellation)).ConfigureAwait(false);
        return opened;
    }

    /// <summary>Registers a batch, or finds the one that was registered with the same models and hold-out.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="cancellation">Interrupts.</param>
    /// <exception cref="AlignmentDataException">The number is taken by a batch of other models or another hold-out.</exception>
    public Task StartBatchAsync(PreferenceBatch batch, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentOutOfRangeException.ThrowIfNegative(batch.HeldOutEvery);
        BatchRow wanted =
            new() { Number = batch.Number, Models = StoredMessages.WriteNames(batch.Models), HeldOutEvery = batch.HeldOutEvery };
        return WriteAsync(
            async context =>
            {
                BatchRow? there = await context.Batches.FindAsync([batch.Number], cancellation).ConfigureAwait(false);
                if (there is null)
                {
                    context.Batches.Add(wanted);
                    await context.SaveChangesAsync(cancellation).ConfigureAwait(false);
                }
                else if (there.Models != wanted.Models || there.HeldOutEvery != wanted.HeldOutEvery)
                {
                    throw new AlignmentDataException(
                        $"Batch {batch.Number} of the preference store {_address.Name} belongs to {Describe(there)}, "
                        + $"not to {Describe(wanted)}; take another number.");
                }

                return true;
            },
            cancellation);
    }

    /// <summary>The registered batches, by number.</summary>
    /// <param name="cancellation">Interrupts.</param>
    public Task<IReadOnlyList<PreferenceBatch>> BatchesAsync(CancellationToken cancellation = default) => RunAsync(async context =>
    {
        List<BatchRow> rows =
            await context.Batches.AsNoTracking().OrderBy(row => row.Number).ToListAsync(cancellation).ConfigureAwait(false);
        return (IReadOnlyList<PreferenceBatch>)
            [.. rows.Select(row => new PreferenceBatch(row.Number, StoredMessages.ReadNames(row.Models), row.HeldOutEvery))];
    });

    /// <summary>
    /// Adds comparisons, all of them or none. In a registered batch those of 1 prompt in N are marked as held out, beside those that
    /// already are. The same judgement (prompt, answers, choice) of the same annotator in the same batch is held once.
    /// </summary>
    /// <param name="comparisons">The comparisons.</param>
    /// <param name="cancellation">Interrupts; nothing is added then.</param>
    /// <exception cref="AlignmentDataException">One of them cannot be used; its origin and field are named, nothing is added.</exception>
    public Task<StoreAddition> AddAsync(IReadOnlyCollection<Comparison> comparisons, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(comparisons);
        foreach (Comparison comparison in comparisons)
        {
            ComparisonCheck.Require(comparison);
        }

        return WriteAsync(context => AddAsync(context, comparisons, cancellation), cancellation);
    }

    /// <summary>
    /// Registers a batch anew and puts comparisons of simulated annotators in the place of those that it held, all of them or none: a run
    /// whose models have changed judges their answers again. What people judged stays.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="comparisons">Its comparisons.</param>
    /// <param name="cancellation">Interrupts; nothing is changed then.</param>
    /// <exception cref="AlignmentDataException">A comparison cannot be used, or its annotator is not a simulated one.</exception>
    public Task<StoreAddition> ReplaceSimulatedAsync(
        PreferenceBatch batch, IReadOnlyCollection<Comparison> comparisons, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(comparisons);
        foreach (Comparison comparison in comparisons)
        {
            ComparisonCheck.Require(comparison);
            if (!comparison.Annotator.StartsWith(SimulatedAnnotator.NamePrefix, StringComparison.Ordinal))
            {
                throw new AlignmentDataException(
                    $"The annotator '{comparison.Annotator}' is not a simulated one; what people judge is added, never replaced.");
            }
        }

        return WriteAsync(
            async context =>
            {
                await context.Comparisons.Where(row => row.Batch == batch.Number && row.Annotator.StartsWith(SimulatedAnnotator.NamePrefix))
                    .ExecuteDeleteAsync(cancellation).ConfigureAwait(false);
                await context.Batches.Where(row => row.Number == batch.Number).ExecuteDeleteAsync(cancellation).ConfigureAwait(false);
                context.Batches.Add(new BatchRow
                {
                    Number = batch.Number,
                    Models = StoredMessages.WriteNames(batch.Models),
                    HeldOutEvery = batch.HeldOutEvery,
                });
                await context.SaveChangesAsync(cancellation).ConfigureAwait(false);
                return await AddAsync(context, comparisons, cancellation).ConfigureAwait(false);
            },
            cancellation);
    }

    /// <summary>Reads comparisons in the order in which they were added.</summary>
    /// <param name="kind">Only of this kind.</param>
    /// <param name="batch">Only of this batch.</param>
    /// <param name="heldOut">Only held out or only not.</param>
    /// <param name="cancellation">Interrupts.</param>
    public Task<IReadOnlyList<Comparison>> ReadAsync(
        PreferenceKind? kind = null, int? batch = null, bool? heldOut = null, CancellationToken cancellation = default) =>
        RunAsync(async context =>
        {
            IQueryable<ComparisonRow> rows = context.Comparisons.AsNoTracking();
            rows = kind is { } k ? rows.Where(row => row.Kind == (int)k) : rows;
            rows = batch is { } b ? rows.Where(row => row.Batch == b) : rows;
            rows = heldOut is { } h ? rows.Where(row => row.IsHeldOut == h) : rows;
            List<ComparisonRow> found = await rows.OrderBy(row => row.Id).ToListAsync(cancellation).ConfigureAwait(false);
            return (IReadOnlyList<Comparison>)[.. found.Select(row => row.Comparison())];
        });

    /// <summary>
    /// Adds pairs that wait for judgement, all of them or none; pairs that wait or were judged in the same batch are counted as
    /// repeated.
    /// </summary>
    /// <param name="pairs">The pairs.</param>
    /// <param name="cancellation">Interrupts; nothing is added then.</param>
    /// <exception cref="AlignmentDataException">One of them is no pair to judge; nothing is added.</exception>
    public Task<StoreAddition> AddPairsAsync(IReadOnlyCollection<PendingPair> pairs, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        foreach (PendingPair pair in pairs)
        {
            string? problem = PromptCheck.Problem(pair.Prompt.Messages, "prompt")
                ?? ComparisonCheck.TextProblem(pair.Prompt.Messages, "prompt")
                ?? ComparisonCheck.PairProblem(pair.First.Text, "first", pair.Second.Text, "second");
            if (problem is not null)
            {
                throw new AlignmentDataException($"A pair of the {pair.Prompt.Label}: {problem}");
            }
        }

        return WriteAsync(context => PendingPairs.AddAsync(context, pairs, RowsAtOnce, cancellation), cancellation);
    }

    /// <summary>How many pairs wait for judgement.</summary>
    /// <param name="kind">Only of this kind.</param>
    /// <param name="batch">Only of this batch.</param>
    /// <param name="cancellation">Interrupts.</param>
    public Task<int> CountPairsAsync(PreferenceKind? kind = null, int? batch = null, CancellationToken cancellation = default) =>
        RunAsync(context => PendingPairs.Select(context, kind, batch).CountAsync(cancellation));

    /// <summary>
    /// Gives an annotator a pair that nobody else judges now. A claim that is not judged in time is free for others again; the annotator's
    /// own claim is given again first, so that one who comes back goes on where the work was left.
    /// </summary>
    /// <param name="annotator">Who judges.</param>
    /// <param name="duration">How long the pair stays with the annotator.</param>
    /// <param name="kind">Only of this kind.</param>
    /// <param name="batch">Only of this batch.</param>
    /// <param name="cancellation">Interrupts.</param>
    /// <returns>The pair, or null where none is free.</returns>
    public Task<PendingPair?> ClaimPairAsync(
        string annotator, TimeSpan duration, PreferenceKind? kind = null, int? batch = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(annotator);
        return RunAsync(
            context => PendingPairs.ClaimAsync(context, annotator, duration, PendingPairs.Select(context, kind, batch), cancellation));
    }

    /// <summary>Gives a claimed pair back unjudged.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="annotator">Who claimed it.</param>
    /// <param name="cancellation">Interrupts.</param>
    public Task ReleasePairAsync(PendingPair pair, string annotator, CancellationToken cancellation = default) => RunAsync(context =>
        context.Pairs.Where(row => row.Id == pair.Id && row.ClaimedBy == annotator)
            .ExecuteUpdateAsync(row => row.SetProperty(r => r.ClaimedBy, "").SetProperty(r => r.ClaimedUntil, 0L), cancellation));

    /// <summary>Replaces pairs by the comparisons that judgements made of them, all of them or none.</summary>
    /// <param name="judged">The pairs as they were claimed or read, and their comparisons, as <c>PendingPair.Judge</c> makes them.</param>
    /// <param name="cancellation">Interrupts; nothing is changed then.</param>
    /// <returns>The number judged; those that somebody else judged in the meantime are left out.</returns>
    /// <exception cref="AlignmentDataException">A comparison cannot be used.</exception>
    public Task<int> JudgeAsync(
        IReadOnlyCollection<(PendingPair Pair, Comparison Comparison)> judged, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(judged);
        foreach ((_, Comparison comparison) in judged)
        {
            ComparisonCheck.Require(comparison);
        }

        return WriteAsync(
            async context =>
            {
                List<Comparison> comparisons = [];
                foreach ((PendingPair pair, Comparison comparison) in judged)
                {
                    if (await context.Pairs.Where(row => row.Id == pair.Id).ExecuteDeleteAsync(cancellation).ConfigureAwait(false) > 0)
                    {
                        comparisons.Add(comparison);
                    }
                }

                await AddAsync(context, comparisons, cancellation).ConfigureAwait(false);
                return comparisons.Count;
            },
            cancellation);
    }

    /// <summary>The pairs that wait for judgement, in the order in which they were added, claimed or not.</summary>
    /// <param name="kind">Only of this kind.</param>
    /// <param name="batch">Only of this batch.</param>
    /// <param name="cancellation">Interrupts.</param>
    public Task<IReadOnlyList<PendingPair>> PairsAsync(
        PreferenceKind? kind = null, int? batch = null, CancellationToken cancellation = default) =>
        RunAsync(async context =>
        {
            List<PairRow> rows = await PendingPairs.Select(context, kind, batch).AsNoTracking().OrderBy(row => row.Id)
                .ToListAsync(cancellation).ConfigureAwait(false);
            return (IReadOnlyList<PendingPair>)[.. rows.Select(row => row.Pair())];
        });

    private static async Task<StoreAddition> AddAsync(
        PreferenceContext context, IEnumerable<Comparison> comparisons, CancellationToken cancellation)
    {
        Dictionary<int, int> heldOutEvery =
            await context.Batches.ToDictionaryAsync(row => row.Number, row => row.HeldOutEvery, cancellation).ConfigureAwait(false);
        IEnumerable<ComparisonRow> rows = comparisons
            .SelectMany(c => HoldOut.Mark([c], heldOutEvery.GetValueOrDefault(c.Batch)))
            .Select(ComparisonRow.Of);
        int added = 0;
        int repeated = 0;
        foreach (ComparisonRow[] chunk in rows.Chunk(RowsAtOnce))
        {
            string[] keys = [.. chunk.Select(row => row.PairKey)];
            var there = await context.Comparisons.Where(row => keys.Contains(row.PairKey))
                .Select(row => new { row.Kind, row.Batch, row.PairKey, row.Annotator }).ToListAsync(cancellation).ConfigureAwait(false);
            HashSet<(int, int, string, string)> known = [.. there.Select(row => (row.Kind, row.Batch, row.PairKey, row.Annotator))];
            ComparisonRow[] fresh = [.. chunk.Where(row => known.Add((row.Kind, row.Batch, row.PairKey, row.Annotator)))];
            context.AddRange(fresh);
            await context.SaveChangesAsync(cancellation).ConfigureAwait(false);
            context.ChangeTracker.Clear();
            added += fresh.Length;
            repeated += chunk.Length - fresh.Length;
        }

        return new StoreAddition(added, repeated);
    }

    /// <summary>
    /// Runs one transaction. SQLite lets one writer in after the other; in PostgreSQL two may add the same row, and the later one starts
    /// again and finds it there.
    /// </summary>
    private async Task<T> WriteAsync<T>(Func<PreferenceContext, Task<T>> write, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await RunAsync(async context =>
                {
                    IDbContextTransaction transaction = await context.Database.BeginTransactionAsync(cancellation).ConfigureAwait(false);
                    await using (transaction.ConfigureAwait(false))
                    {
                        T result = await write(context).ConfigureAwait(false);
                        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
                        return result;
                    }
                }).ConfigureAwait(false);
            }
            catch (AlignmentDataException e) when (e.InnerException is DbUpdateException && _address.IsPostgres && attempt < Attempts)
            {
            }
        }
    }

    private async Task<T> RunAsync<T>(Func<PreferenceContext, Task<T>> run)
    {
        PreferenceContext context = new(_address.Options);
        await using (context.ConfigureAwait(false))
        {
            try
            {
                return await run(context).ConfigureAwait(false);
            }
            catch (Exception e) when (e is DbException or DbUpdateException or InvalidOperationException { InnerException: DbException })
            {
                throw new AlignmentDataException(
                    $"The preference store {_address.Name}: {(e is DbException ? e : e.InnerException ?? e).Message}", e);
            }
        }
    }

    private static string Describe(BatchRow row) =>
        $"{string.Join(" and ", StoredMessages.ReadNames(row.Models))} (1 in {row.HeldOutEvery} held out)";
}
