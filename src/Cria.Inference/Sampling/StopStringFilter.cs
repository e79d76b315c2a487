namespace Cria.Inference;

/// <summary>
/// Watches streamed text for stop strings, which may span pieces: text that could be the beginning of one is held back until the next
/// piece decides. What it returns never holds any part of a stop string that came.
/// </summary>
internal sealed class StopStringFilter(IReadOnlyList<string> stopStrings)
{
    private string _held = "";

    /// <summary>Whether a stop string has come; nothing follows it.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Takes the next piece and returns the text that is surely not part of a stop string.</summary>
    public string Append(string piece)
    {
        if (Stopped || stopStrings.Count == 0)
        {
            return Stopped ? "" : piece;
        }

        string text = _held + piece;
        int end = text.Length;
        foreach (string stop in stopStrings)
        {
            int found = text.AsSpan(0, Math.Min(text.Length, end + stop.Length - 1)).IndexOf(stop, StringComparison.Ordinal);
            if (found >= 0 && found < end)
            {
                end = found;
                Stopped = true;
            }
        }

        if (Stopped)
        {
            _held = "";
            return text[..end];
        }

        int safe = text.Length - stopStrings.Max(stop => HeldLength(text, stop));
        _held = text[safe..];
        return text[..safe];
    }

    /// <summary>The end of the text: what was held back is text after all.</summary>
    public string Flush()
    {
        string held = _held;
        _held = "";
        return held;
    }

    /// <summary>Length of the longest end of the text that begins the stop string.</summary>
    private static int HeldLength(string text, string stop)
    {
        for (int length = Math.Min(text.Length, stop.Length - 1); length > 0; length--)
        {
            if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
            {
                return length;
            }
        }

        return 0;
    }
}
