using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Cria.Alignment;

/// <summary>The tables of the preference store. Their names begin with <c>cria_</c>: the database may hold other tables.</summary>
internal sealed class PreferenceContext(DbContextOptions<PreferenceContext> options) : DbContext(options)
{
    /// <summary>Counts up with every change of the tables.</summary>
    public const int SchemaVersion = 1;

    public const string SchemaTable = "cria_preference_schema";

    public DbSet<SchemaRow> Schema => Set<SchemaRow>();

    public DbSet<BatchRow> Batches => Set<BatchRow>();

    public DbSet<ComparisonRow> Comparisons => Set<ComparisonRow>();

    public DbSet<PairRow> Pairs => Set<PairRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<SchemaRow>(schema =>
        {
            schema.ToTable(SchemaTable);
            schema.Property(row => row.Id).ValueGeneratedNever();
            schema.HasData(new SchemaRow { Id = 1, Version = SchemaVersion });
        });
        modelBuilder.Entity<BatchRow>(batch =>
        {
            batch.ToTable("cria_preference_batch");
            batch.HasKey(row => row.Number);
            batch.Property(row => row.Number).ValueGeneratedNever();
        });
        modelBuilder.Entity<ComparisonRow>(comparison =>
        {
            comparison.ToTable("cria_comparison");
            comparison.HasIndex(row => new { row.Kind, row.Batch, row.PairKey, row.Annotator }).IsUnique();
            comparison.OwnsOne(row => row.Chosen, Answer);
            comparison.Navigation(row => row.Chosen).IsRequired();
            comparison.OwnsOne(row => row.Rejected, Answer);
            comparison.Navigation(row => row.Rejected).IsRequired();
        });
        modelBuilder.Entity<PairRow>(pair =>
        {
            pair.ToTable("cria_pending_pair");
            pair.HasIndex(row => new { row.Kind, row.Batch, row.PairKey }).IsUnique();
            pair.OwnsOne(row => row.First, Answer);
            pair.Navigation(row => row.First).IsRequired();
            pair.OwnsOne(row => row.Second, Answer);
            pair.Navigation(row => row.Second).IsRequired();
        });
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<string>().HaveConversion<StoredTextConverter>();

    private static void Answer<T>(OwnedNavigationBuilder<T, AnswerColumns> answer)
        where T : class => answer.Property(columns => columns.Text).IsRequired();

    private sealed class StoredTextConverter()
        : ValueConverter<string, string>(text => StoredMessages.WriteText(text), stored => StoredMessages.ReadText(stored));
}
