namespace Cria.Models;

/// <summary>Finds the longest of some byte strings that a text starts with (for symbols that are never split).</summary>
internal sealed class PieceMatcher
{
    private readonly (byte[] Text, int Id)[]?[] _byFirstByte = new (byte[] Text, int Id)[]?[256];

    public PieceMatcher(IEnumerable<(byte[] Text, int Id)> pieces)
    {
        foreach (IGrouping<byte, (byte[] Text, int Id)> group in pieces.GroupBy(piece => piece.Text[0]))
        {
            _byFirstByte[group.Key] = [.. group.OrderByDescending(piece => piece.Text.Length)];
            IsEmpty = false;
        }
    }

    public bool IsEmpty { get; } = true;

    /// <summary>The length in bytes of the longest match at the start of the text and its id, or (0, -1).</summary>
    public (int Length, int Id) Match(ReadOnlySpan<byte> text)
    {
        if (_byFirstByte[text[0]] is { } candidates)
        {
            foreach ((byte[] candidate, int id) in candidates)
            {
                if (text.StartsWith(candidate))
                {
                    return (candidate.Length, id);
                }
            }
        }

        return (0, -1);
    }
}
