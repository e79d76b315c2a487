using System.Diagnostics;
using System.Globalization;

namespace Cria.Alignment.Tests;

/// <summary>What the store promises, whatever the database.</summary>
public abstract class PreferenceStoreTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The address of a store that is not there yet.</summary>
    protected abstract string NewStore();

    [Fact]
    public async Task Everything_added_is_read_back_in_order()
    {
        string address = NewStore();
        Comparison[] expected =
        [
            .. new RandomComparisons(5).Take(700),
            StoreWorker.Numbered(1) with { Chosen = new ComparedAnswer("zero \0 escape \u001b0 \u001b\0") { Seed = ulong.MaxValue } },
        ];
        PreferenceStore store = await PreferenceStore.OpenAsync(address, Cancellation);
        Assert.Equal(new StoreAddition(expected.Length, 0), await store.AddAsync(expected, Cancellation));
        PreferenceStore again = await PreferenceStore.OpenAsync(address, Cancellation);
        Assert.Equal(ComparisonText.Of(expected), ComparisonText.Of(await again.ReadAsync(cancellation: Cancellation)));
        Assert.Equal(
            ComparisonText.Of(expected.Where(c => c is { Kind: PreferenceKind.Safety, Batch: 2, IsHeldOut: true })),
            ComparisonText.Of(await again.ReadAsync(PreferenceKind.Safety, 2, true, Cancellation)));
        Assert.Equal(new StoreAddition(0, 10), await again.AddAsync(expected[..10], Cancellation));
    }

    [Fact]
    public async Task A_comparison_that_cannot_be_used_keeps_all_out()
    {
        PreferenceStore store = await PreferenceStore.OpenAsync(NewStore(), Cancellation);
        Comparison bad = StoreWorker.Numbered(7) with { Rejected = new ComparedAnswer(" "), Origin = "pairs.jsonl, line 3" };
        AlignmentDataException error =
            await Assert.ThrowsAsync<AlignmentDataException>(() => store.AddAsync([StoreWorker.Numbered(1), bad], Cancellation));
        Assert.Equal("pairs.jsonl, line 3: 'rejected' must be an answer, but it is empty.", error.Message);
        Assert.Empty(await store.ReadAsync(cancellation: Cancellation));
        await Assert.ThrowsAsync<AlignmentDataException>(
            () => store.AddAsync([StoreWorker.Numbered(1) with { Rating = (PreferenceRating)9 }], Cancellation));
    }

    [Fact]
    public async Task A_batch_belongs_to_its_models_and_holds_prompts_out()
    {
        PreferenceStore store = await PreferenceStore.OpenAsync(NewStore(), Cancellation);
        PreferenceBatch batch = new(3, ["rlhf-v1@00", "rlhf-v2@01"], 4);
        await store.StartBatchAsync(batch, Cancellation);
        await store.StartBatchAsync(batch, Cancellation);
        AlignmentDataException error =
            await Assert.ThrowsAsync<AlignmentDataException>(() => store.StartBatchAsync(batch with { Models = ["sft@02"] }, Cancellation));
        Assert.Contains("Batch 3", error.Message, StringComparison.Ordinal);
        PreferenceBatch found = Assert.Single(await store.BatchesAsync(Cancellation));
        Assert.Equal((batch.Number, 4), (found.Number, found.HeldOutEvery));
        Assert.Equal(batch.Models, found.Models);

        Comparison[] comparisons = [.. Enumerable.Range(0, 100).Select(i => StoreWorker.Numbered(i) with { Batch = 3 })];
        await store.AddAsync(comparisons, Cancellation);
        IReadOnlyList<Comparison> held = await store.ReadAsync(heldOut: true, cancellation: Cancellation);
        Assert.InRange(held.Count, 10, 40);
        Assert.All(held, comparison => Assert.True(HoldOut.IsHeldOut(comparison.Prompt, 4)));
    }

    [Fact]
    public async Task Pairs_wait_are_claimed_and_judged_once()
    {
        PreferenceStore store = await PreferenceStore.OpenAsync(NewStore(), Cancellation);
        PendingPair[] pairs = Pairs(3);
        PendingPair turned = pairs[0] with { First = pairs[0].Second, Second = pairs[0].First };
        Assert.Equal(new StoreAddition(3, 1), await store.AddPairsAsync([.. pairs, turned], Cancellation));
        Assert.Equal(3, await store.CountPairsAsync(cancellation: Cancellation));
        Assert.Equal(0, await store.CountPairsAsync(PreferenceKind.Safety, cancellation: Cancellation));

        TimeSpan hour = TimeSpan.FromHours(1);
        PendingPair first = (await store.ClaimPairAsync("ann", hour, cancellation: Cancellation))!;
        PendingPair second = (await store.ClaimPairAsync("bob", TimeSpan.Zero, cancellation: Cancellation))!;
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(first.Id, (await store.ClaimPairAsync("ann", hour, cancellation: Cancellation))!.Id);
        Assert.Equal("reference 0", first.Prompt.Reference);

        // Bob's claim is over: another gets his pair, and the one who judges it first has judged it.
        Assert.Equal(second.Id, (await store.ClaimPairAsync("cat", hour, cancellation: Cancellation))!.Id);
        Comparison judged = second.Judge(chooseFirst: false, PreferenceRating.Significantly, "bob", firstIsSafe: false, secondIsSafe: true);
        Assert.Equal(1, await store.JudgeAsync([(second, judged)], Cancellation));
        Assert.Equal(0, await store.JudgeAsync([(second, second.Judge(true, PreferenceRating.Slightly, "cat"))], Cancellation));
        Assert.Equal(ComparisonText.Of([judged]), ComparisonText.Of(await store.ReadAsync(cancellation: Cancellation)));
        Assert.False(judged.ChosenWasFirst);
        Assert.True(judged.Chosen.IsSafe);

        // A judged pair does not come back, a released one does.
        Assert.Equal(new StoreAddition(0, 3), await store.AddPairsAsync(pairs, Cancellation));
        await store.ReleasePairAsync(first, "ann", Cancellation);
        Assert.Equal(first.Id, (await store.ClaimPairAsync("dan", hour, cancellation: Cancellation))!.Id);
        Assert.Equal(2, (await store.PairsAsync(cancellation: Cancellation)).Count);
    }

    [Fact]
    public async Task Annotators_in_two_processes_judge_every_pair_once()
    {
        string address = NewStore();
        PreferenceStore store = await PreferenceStore.OpenAsync(address, Cancellation);
        await store.AddPairsAsync(Pairs(12), Cancellation);
        using Process ann = KilledProcess.Start(StoreWorker.JudgeVerb, address, "ann");
        using Process bob = KilledProcess.Start(StoreWorker.JudgeVerb, address, "bob");
        string[] errors = [await ann.StandardOutput.ReadToEndAsync(Cancellation), await bob.StandardOutput.ReadToEndAsync(Cancellation)];
        await ann.WaitForExitAsync(Cancellation);
        await bob.WaitForExitAsync(Cancellation);
        Assert.True(ann.ExitCode == 0 && bob.ExitCode == 0, string.Concat(errors));
        IReadOnlyList<Comparison> comparisons = await store.ReadAsync(cancellation: Cancellation);
        Assert.Equal(12, comparisons.Count);
        Assert.Equal(12, comparisons.Select(comparison => comparison.PromptId).Distinct().Count());
        Assert.Equal(0, await store.CountPairsAsync(cancellation: Cancellation));
    }

    [Fact]
    public async Task Nothing_that_was_stored_is_lost_by_a_kill_nor_by_two_that_open_a_new_store()
    {
        string address = NewStore();
        using Process first = KilledProcess.Start(StoreWorker.AddVerb, address);
        using Process second = KilledProcess.Start(StoreWorker.AddVerb, address);
        int last = -1;
        foreach (Process process in new[] { first, second })
        {
            for (int lines = 0; lines < 6 && await process.StandardOutput.ReadLineAsync(Cancellation) is { } line; lines++)
            {
                Assert.True(int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out int number), line);
                last = Math.Max(last, number);
            }

            process.Kill();
            await process.WaitForExitAsync(Cancellation);
        }

        Assert.True(last >= 5, $"only {last + 1} were stored");
        PreferenceStore store = await PreferenceStore.OpenAsync(address, Cancellation);
        IReadOnlyList<Comparison> comparisons = await store.ReadAsync(cancellation: Cancellation);
        Assert.True(comparisons.Count > last, $"{comparisons.Count} of at least {last + 1} are there");
        Assert.Equal(
            ComparisonText.Of(Enumerable.Range(0, comparisons.Count).Select(StoreWorker.Numbered)).Order(StringComparer.Ordinal),
            ComparisonText.Of(comparisons).Order(StringComparer.Ordinal));
    }

    protected static PendingPair[] Pairs(int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => new PendingPair(
            TinyChat.Prompt($"What is {i}?") with { Id = $"p{i}", Reference = $"reference {i}", RiskCategory = "none" },
            new ComparedAnswer("A number.") { Model = "sft", Temperature = 0.5, Seed = 3 },
            new ComparedAnswer("A hill.", false))),
    ];
}

/// <summary>The store in a SQLite file.</summary>
public sealed class SqlitePreferenceStoreTests : PreferenceStoreTests, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cria-store-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    protected override string NewStore() => Path.Combine(_folder, "runs", "preferences.db");

    [Fact]
    public async Task Tables_of_another_version_are_refused()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        string path = NewStore();
        await PreferenceStore.OpenAsync(path, cancellation);
        using (Microsoft.Data.Sqlite.SqliteConnection connection = new($"Data Source={path};Pooling=false"))
        {
            connection.Open();
            using Microsoft.Data.Sqlite.SqliteCommand command = connection.CreateCommand();
            command.CommandText = "UPDATE cria_preference_schema SET Version = 0";
            Assert.Equal(1, command.ExecuteNonQuery());
        }

        AlignmentDataException error =
            await Assert.ThrowsAsync<AlignmentDataException>(() => PreferenceStore.OpenAsync(path, cancellation));
        Assert.Contains("tables of version 0", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://cria@localhost/preferences")]
    [InlineData("Host=localhost;Colour=red")]
    public async Task A_wrong_address_is_explained(string address) =>
        await Assert.ThrowsAsync<AlignmentDataException>(() => PreferenceStore.OpenAsync(address, TestContext.Current.CancellationToken));

    [Fact]
    public async Task What_is_no_database_is_refused_and_kept()
    {
        string path = Path.Combine(_folder, "notes.txt");
        await File.WriteAllTextAsync(path, string.Concat(Enumerable.Repeat("not a database ", 100)), TestContext.Current.CancellationToken);
        AlignmentDataException error =
            await Assert.ThrowsAsync<AlignmentDataException>(() => PreferenceStore.OpenAsync(path, TestContext.Current.CancellationToken));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "not a database", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await Assert.ThrowsAsync<AlignmentDataException>(() => PreferenceStore.OpenAsync(_folder, TestContext.Current.CancellationToken));
    }
}

/// <summary>The store in PostgreSQL.</summary>
public sealed class PostgresPreferenceStoreTests(PostgresCluster cluster) : PreferenceStoreTests, IClassFixture<PostgresCluster>
{
    protected override string NewStore() => cluster.NewDatabase();

    [Fact]
    public async Task A_server_that_is_not_there_is_an_error_of_the_store()
    {
        string address = cluster.NewDatabase().Replace("Host=", "Host=/nowhere", StringComparison.Ordinal);
        await Assert.ThrowsAsync<AlignmentDataException>(() => PreferenceStore.OpenAsync(address, TestContext.Current.CancellationToken));
    }
}
