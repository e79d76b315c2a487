using System.Diagnostics;

namespace Cria.Alignment.Tests;

/// <summary>
/// A private PostgreSQL server in a temporary folder, reached by a socket in it. Where the server is not installed the tests are skipped,
/// unless <c>CRIA_REQUIRE_POSTGRES=1</c> makes that an error.
/// </summary>
public sealed class PostgresCluster : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cria-postgres-").FullName;
    private readonly string? _binaries = FindBinaries();
    private readonly string? _user;
    private int _databases;

    public PostgresCluster()
    {
        if (_binaries is null)
        {
            return;
        }

        // The server refuses to run as root.
        if (Environment.UserName == "root")
        {
            bool hasUser = File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal));
            _user = hasUser ? "postgres" : "nobody";
            Run("chown", "-R", _user, _folder);
        }

        Server("initdb", "-D", Data, "-U", "cria", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync");
        string settings = $"-c listen_addresses= -c unix_socket_directories={_folder} -c fsync=off";
        Server("pg_ctl", "-D", Data, "-w", "-l", Path.Combine(_folder, "log"), "-o", settings, "start");
    }

    private string Data => Path.Combine(_folder, "data");

    /// <summary>The connection string of a new database, which the store creates.</summary>
    public string NewDatabase()
    {
        if (_binaries is null)
        {
            Assert.SkipUnless(
                Environment.GetEnvironmentVariable("CRIA_REQUIRE_POSTGRES") == "1",
                "Needs a PostgreSQL server: initdb and pg_ctl were not found.");
            Assert.Fail("CRIA_REQUIRE_POSTGRES=1, but initdb and pg_ctl were not found.");
        }

        return $"Host={_folder};Username=cria;Database=preferences{Interlocked.Increment(ref _databases)};Pooling=false";
    }

    public void Dispose()
    {
        if (_binaries is not null)
        {
            Server("pg_ctl", "-D", Data, "-m", "immediate", "stop");
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static string? FindBinaries()
    {
        IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (Directory.Exists("/usr/lib/postgresql"))
        {
            IEnumerable<string> versions = Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal);
            folders = folders.Concat(versions.Select(version => Path.Combine(version, "bin")));
        }

        return folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl")));
    }

    private void Server(string program, params string[] arguments)
    {
        string path = Path.Combine(_binaries!, program);
        if (_user is null)
        {
            Run(path, arguments);
        }
        else
        {
            Run("runuser", ["-u", _user, "--", path, .. arguments]);
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        // Nothing is redirected: the server would keep a pipe open and the wait for its end would never end.
        using Process process =
            Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "cd / && exec \"$@\" >/dev/null 2>&1", "sh", program, .. arguments]))!;
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }
}
