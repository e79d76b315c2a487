using Xunit;

namespace Cria.Testing;

/// <summary>
/// Finds the folder of real data and golden values that lies beside the repository (<c>../shared</c>, or <c>CRIA_SHARED</c>).
/// A test that needs it is skipped where it is absent, unless <c>CRIA_REQUIRE_SHARED=1</c> makes its absence an error.
/// </summary>
public static class SharedData
{
    /// <summary>The root of the repository: the nearest folder above the test binaries that holds <c>Cria.slnx</c>.</summary>
    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    private static readonly string Root =
        Environment.GetEnvironmentVariable("CRIA_SHARED") ?? Path.Combine(Path.GetDirectoryName(RepositoryRoot)!, "shared");

    /// <summary>
    /// The full path of a golden file or folder, e.g. <c>Golden("spm/slice_1mb.txt")</c>; skips the test where it is absent.
    /// </summary>
    public static string Golden(string relative) => Require(Path.Combine("golden", relative));

    /// <summary>
    /// The full path of a data file or folder, e.g. <c>Data("stories260k/stories260K.bin")</c>; skips the test where it is absent.
    /// </summary>
    public static string Data(string relative) => Require(Path.Combine("data", relative));

    private static string Require(string relative)
    {
        string path = Path.Combine(Root, relative);
        if (File.Exists(path) || Directory.Exists(path))
        {
            return path;
        }

        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("CRIA_REQUIRE_SHARED") == "1",
            $"Needs the shared data: {relative} was not found beside the repository.");
        throw new FileNotFoundException($"CRIA_REQUIRE_SHARED=1, but the shared data lack {relative}.", path);
    }

    private static string FindRepositoryRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Cria.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No Cria.slnx above {AppContext.BaseDirectory}.");
    }
}
