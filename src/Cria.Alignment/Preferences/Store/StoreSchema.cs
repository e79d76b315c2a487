using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace Cria.Alignment;

/// <summary>
/// Makes the tables of a new store and checks those of an old one. There are no migrations: the JSONL export keeps everything, so an old
/// store is exported by the program that made it and imported into a new one.
/// </summary>
internal static class StoreSchema
{
    private const int Attempts = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <exception cref="AlignmentDataException">Another version of the program made the tables.</exception>
    public static async Task<int> PrepareAsync(PreferenceContext context, StoreAddress address, CancellationToken cancellation)
    {
        IRelationalDatabaseCreator creator = context.GetService<IRelationalDatabaseCreator>();

        // Two processes may open a new store at once: the one that comes second fails to create what is there now, and looks again.
        int attempt = 1;
        while (!await TryCreateAsync(context, creator, address, attempt == Attempts, cancellation).ConfigureAwait(false))
        {
            await Task.Delay(Pause, cancellation).ConfigureAwait(false);
            attempt++;
        }

        int version = await context.Schema.AsNoTracking().Select(row => row.Version).SingleAsync(cancellation).ConfigureAwait(false);
        return version == PreferenceContext.SchemaVersion
            ? version
            : throw new AlignmentDataException(
                $"The preference store {address.Name} has tables of version {version}, "
                + $"this program those of version {PreferenceContext.SchemaVersion}. "
                + "Export it with the program that made it (cria preferences export) and import the file into a new store.");
    }

    private static async Task<bool> TryCreateAsync(
        PreferenceContext context, IRelationalDatabaseCreator creator, StoreAddress address, bool isLast, CancellationToken cancellation)
    {
        try
        {
            if (!await creator.ExistsAsync(cancellation).ConfigureAwait(false))
            {
                await creator.CreateAsync(cancellation).ConfigureAwait(false);
            }

            if (!await HasTablesAsync(context, address, cancellation).ConfigureAwait(false))
            {
                await creator.CreateTablesAsync(cancellation).ConfigureAwait(false);
            }

            return true;
        }
        catch (DbException e) when (!isLast && IsRace(e))
        {
            return false;
        }
    }

    /// <summary>Something that is there already, or that another process holds now.</summary>
    private static bool IsRace(DbException error) => error switch
    {
        Npgsql.PostgresException
        {
            SqlState: Npgsql.PostgresErrorCodes.DuplicateDatabase or Npgsql.PostgresErrorCodes.DuplicateTable
            or Npgsql.PostgresErrorCodes.UniqueViolation or Npgsql.PostgresErrorCodes.ObjectInUse
        } => true,
        Microsoft.Data.Sqlite.SqliteException { SqliteErrorCode: 1 or 5 or 6 } => true,
        _ => false,
    };

    private static async Task<bool> HasTablesAsync(PreferenceContext context, StoreAddress address, CancellationToken cancellation)
    {
        FormattableString count = address.IsPostgres
            ? (FormattableString)$"""
                SELECT COUNT(*)::int AS "Value" FROM pg_tables
                WHERE schemaname = ANY (current_schemas(false)) AND tablename = {PreferenceContext.SchemaTable}
                """
            : $"""
                SELECT COUNT(*) AS "Value" FROM sqlite_master WHERE type = 'table' AND name = {PreferenceContext.SchemaTable}
                """;
        return await context.Database.SqlQuery<int>(count).SingleAsync(cancellation).ConfigureAwait(false) > 0;
    }
}
