using System.Diagnostics;
using System.Globalization;

namespace Cria.Cli.Terminal;

/// <summary>
/// Live progress of long work on standard error: one line that is written over in a terminal, or a new line every few seconds
/// where the output goes to a file.
/// </summary>
internal sealed class ProgressLine : IDisposable
{
    private static readonly TimeSpan TerminalInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan FileInterval = TimeSpan.FromSeconds(10);

    private readonly TextWriter _writer;
    private readonly bool _terminal;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _next = TimeSpan.Zero;
    private bool _open;

    public ProgressLine()
        : this(Console.Error, !Console.IsErrorRedirected)
    {
    }

    internal ProgressLine(TextWriter writer, bool terminal)
    {
        _writer = writer;
        _terminal = terminal;
    }

    /// <summary>Seconds since the work began.</summary>
    public double Seconds => _clock.Elapsed.TotalSeconds;

    /// <summary>Shows <paramref name="text"/> if it is time to.</summary>
    public void Update(Func<string> text)
    {
        if (_clock.Elapsed < _next)
        {
            return;
        }

        _next = _clock.Elapsed + (_terminal ? TerminalInterval : FileInterval);
        Show(text());
    }

    /// <summary>Writes a line that stays, above the live one.</summary>
    public void Note(string text)
    {
        Show(text);
        Dispose();
        _next = _clock.Elapsed;
    }

    /// <summary>Ends the line where one is open.</summary>
    public void Dispose()
    {
        if (_open)
        {
            _writer.WriteLine();
            _open = false;
        }
    }

    /// <summary>A duration as people read it: <c>12 s</c>, <c>3 min 05 s</c>, <c>2 h 10 min</c>.</summary>
    public static string Duration(double seconds)
    {
        TimeSpan time = TimeSpan.FromSeconds(Math.Max(0, Math.Min(seconds, 1e8)));
        return time.TotalMinutes < 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:F0} s")
            : time.TotalHours < 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds:00} s")
            : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes:00} min");
    }

    private void Show(string text)
    {
        if (!_terminal)
        {
            _writer.WriteLine(text);
            return;
        }

        // Return to the start of the line, write, and erase what is left of the previous text.
        int width = Math.Max(20, WindowWidth() - 1);
        _writer.Write('\r' + (text.Length > width ? text[..width] : text) + "\u001b[K");
        _open = true;
    }

    private static int WindowWidth()
    {
        try
        {
            return Console.WindowWidth > 0 ? Console.WindowWidth : 120;
        }
        catch (IOException)
        {
            return 120;
        }
    }
}
