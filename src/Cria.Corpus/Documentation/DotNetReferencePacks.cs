using System.Runtime.InteropServices;

namespace Cria.Corpus;

/// <summary>
/// Finds the .NET reference documentation that every SDK carries: <c>packs/Microsoft.*.App.Ref/&lt;version&gt;/ref/net*/*.xml</c> beside
/// the
/// <c>dotnet</c> host.
/// </summary>
public static class DotNetReferencePacks
{
    private const string BasePack = "Microsoft.NETCore.App.Ref";

    /// <summary>
    /// The documentation files of the newest version of every reference pack: the base pack first, then the others by name, files by
    /// name, so that the same installation always gives the same order.
    /// </summary>
    /// <param name="folder">
    /// An installation folder, its <c>packs</c> folder, or any folder with XML documentation below it; null searches where .NET is usually
    /// installed (<c>DOTNET_ROOT</c>, the running host, <c>dotnet</c> on the path, the usual folders).
    /// </param>
    /// <exception cref="InvalidCorpusException">None was found; the message says where it was sought and what to pass.</exception>
    public static IReadOnlyList<string> FindFiles(string? folder = null)
    {
        if (folder is not null)
        {
            return FilesIn(folder) is { Count: > 0 } given ? given : throw new InvalidCorpusException(
                $"{folder}: no XML documentation there; expected an installation of the .NET SDK "
                + $"(with packs/{BasePack}/<version>/ref/net*/*.xml) "
                + "or a folder of XML documentation files.");
        }

        List<string> candidates = [.. CandidateFolders().Distinct()];
        return candidates.Select(PackFiles).FirstOrDefault(files => files.Count > 0) ?? throw new InvalidCorpusException(
            $"No .NET reference documentation was found. Pass the folder of an installed .NET SDK, the one that holds packs/{BasePack} "
            + $"(`dotnet --info` shows it as base path), or a folder of XML documentation files. "
            + $"Sought in: {string.Join(", ", candidates)}.");
    }

    internal static List<string> FilesIn(string folder)
    {
        SourceFiles.RequireFolder(folder);
        List<string> packs = PackFiles(folder);
        return packs.Count > 0 ? packs : SourceFiles.List(folder, ".xml");
    }

    /// <summary>The documentation of the packs below an installation folder or a <c>packs</c> folder; empty when there is none.</summary>
    internal static List<string> PackFiles(string folder)
    {
        string inside = Path.Combine(folder, "packs");
        string packs = Directory.Exists(inside) ? inside : folder;
        if (!Directory.Exists(packs))
        {
            return [];
        }

        return
        [
            .. Directory.EnumerateDirectories(packs, "Microsoft.*.App.Ref")
                .OrderBy(pack => Path.GetFileName(pack) == BasePack ? 0 : 1)
                .ThenBy(Path.GetFileName, StringComparer.Ordinal)
                .SelectMany(NewestDocumentation),
        ];
    }

    private static List<string> NewestDocumentation(string pack) =>
        Directory.EnumerateDirectories(pack)
            .OrderByDescending(version => VersionOf(Path.GetFileName(version)))
            .Select(version => Path.Combine(version, "ref"))
            .Where(Directory.Exists)
            .SelectMany(reference => Directory.EnumerateDirectories(reference, "net*").OrderByDescending(FrameworkVersion))
            .Select(framework => SourceFiles.List(framework, ".xml"))
            .FirstOrDefault(files => files.Count > 0) ?? [];

    private static Version FrameworkVersion(string folder) => VersionOf(Path.GetFileName(folder).TrimStart('n', 'e', 't'));

    private static Version VersionOf(string name)
    {
        int preview = name.IndexOf('-');
        return Version.TryParse(preview < 0 ? name : name[..preview], out Version? version) ? version : new Version(0, 0);
    }

    private static IEnumerable<string> CandidateFolders()
    {
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root)
        {
            yield return root;
        }

        // The shared framework lies in <installation>/shared/Microsoft.NETCore.App/<version>.
        foreach (string? start in new[] { Path.GetDirectoryName(Environment.ProcessPath), RuntimeEnvironment.GetRuntimeDirectory() })
        {
            for (DirectoryInfo? folder = start is null ? null : new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (Directory.Exists(Path.Combine(folder.FullName, "packs")))
                {
                    yield return folder.FullName;
                }
            }
        }

        string host = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        string path = Environment.GetEnvironmentVariable("PATH") ?? "";
        foreach (string folder in path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            FileInfo file = new(Path.Combine(folder, host));
            if (file.Exists)
            {
                yield return (file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file).DirectoryName!;
            }
        }

        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        yield return Path.Combine(home, ".dotnet");
        if (OperatingSystem.IsWindows())
        {
            yield return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "dotnet");
        }
        else
        {
            yield return "/usr/share/dotnet";
            yield return "/usr/lib/dotnet";
            yield return "/usr/lib64/dotnet";
            yield return "/usr/local/share/dotnet";
        }
    }
}
