using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Cria.Alignment;

/// <summary>Where a preference store lies: a SQLite file, or a PostgreSQL database by connection string.</summary>
internal sealed class StoreAddress
{
    /// <summary>How long a process waits for the others that write, in seconds.</summary>
    private const int WriteTimeout = 60;

    private StoreAddress(bool isPostgres, string connection, string name)
    {
        IsPostgres = isPostgres;
        Name = name;
        DbContextOptionsBuilder<PreferenceContext> builder = new();
        Options = (isPostgres
            ? builder.UseNpgsql(connection)
            : builder.UseSqlite(connection, sqlite => sqlite.CommandTimeout(WriteTimeout))).Options;
    }

    public bool IsPostgres { get; }

    /// <summary>For messages, without a password.</summary>
    public string Name { get; }

    public DbContextOptions<PreferenceContext> Options { get; }

    /// <exception cref="AlignmentDataException">It is neither a path nor a connection string that can be understood.</exception>
    public static StoreAddress Parse(string store)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(store);
        if (store.StartsWith("postgres://", StringComparison.Ordinal) || store.StartsWith("postgresql://", StringComparison.Ordinal))
        {
            throw new AlignmentDataException(
                "A PostgreSQL store is named by keywords: \"Host=…;Port=…;Database=…;Username=…;Password=…\".");
        }

        return store.Contains("Host=", StringComparison.OrdinalIgnoreCase) ? Postgres(store) : Sqlite(store);
    }

    private static StoreAddress Postgres(string connection)
    {
        try
        {
            Npgsql.NpgsqlConnectionStringBuilder builder = new(connection);
            return new StoreAddress(true, connection, $"the database {builder.Database} on {builder.Host}");
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw new AlignmentDataException($"The connection string of the preference store is wrong: {e.Message}", e);
        }
    }

    private static StoreAddress Sqlite(string path)
    {
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full))
        {
            throw new AlignmentDataException($"The preference store {path} is a folder; name a file in it.");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(full)!);

        // Without a pool no handle outlives its context: the file can be moved or deleted when the store was used.
        SqliteConnectionStringBuilder builder = new() { DataSource = full, Pooling = false, DefaultTimeout = WriteTimeout };
        return new StoreAddress(false, builder.ConnectionString, path);
    }
}
