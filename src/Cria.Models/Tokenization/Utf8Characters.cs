using System.Text;

namespace Cria.Models;

/// <summary>Enumerates the characters of valid UTF-8.</summary>
internal ref struct Utf8Characters
{
    private ReadOnlySpan<byte> _rest;

    public Utf8Characters(ReadOnlySpan<byte> text)
    {
        _rest = text;
        Current = default;
    }

    public Rune Current { get; private set; }

    public readonly Utf8Characters GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        if (_rest[0] < 128)
        {
            Current = new Rune((char)_rest[0]);
            _rest = _rest[1..];
        }
        else
        {
            Rune.DecodeFromUtf8(_rest, out Rune rune, out int consumed);
            Current = rune;
            _rest = _rest[consumed..];
        }

        return true;
    }
}
