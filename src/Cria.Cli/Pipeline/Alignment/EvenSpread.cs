using Cria.Alignment;

namespace Cria.Cli.Pipeline;

/// <summary>Selections that hold something of every part of a whole.</summary>
internal static class EvenSpread
{
    /// <summary>Some items at even distances, in their order; all where there are no more.</summary>
    public static IEnumerable<T> Of<T>(IReadOnlyList<T> items, int count) => count >= items.Count
        ? items
        : Enumerable.Range(0, count).Select(i => items[(int)((long)i * items.Count / count)]);

    /// <summary>The dialogues of a file that a stage wrote, which may have found none worth keeping.</summary>
    public static IReadOnlyList<Dialogue> Kept(string path) => new FileInfo(path).Length == 0 ? [] : DialogueFile.Read(path);
}
