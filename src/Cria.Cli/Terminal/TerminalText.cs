namespace Cria.Cli.Terminal;

/// <summary>Text of a model, made safe to print.</summary>
internal static class TerminalText
{
    /// <summary>
    /// The text without control characters except line breaks and tabs: what a model writes must not move the cursor or change the
    /// terminal.
    /// </summary>
    public static string Printable(string text) =>
        text.All(IsPrintable) ? text : string.Concat(text.Where(IsPrintable));

    private static bool IsPrintable(char c) => c is '\n' or '\t' || !char.IsControl(c);
}
