using System.Text;

namespace Cria.Cli;

/// <summary>Tells errors that a user can mend (a message is enough) from defects of the program (which show their stack).</summary>
internal static class UserError
{
    /// <summary>Wrong input, files that cannot be read or written, and limits of the machine.</summary>
    public static bool IsExpected(Exception e) =>
        e is CliException or IOException or UnauthorizedAccessException or ArgumentException or InvalidDataException
            or PlatformNotSupportedException or NotSupportedException or OutOfMemoryException
        && e is not ArgumentNullException;

    /// <summary>The message with those of its causes that add something.</summary>
    public static string Describe(Exception e)
    {
        StringBuilder text = new(e.Message);
        for (Exception? cause = e.InnerException; cause is not null; cause = cause.InnerException)
        {
            if (!text.ToString().Contains(cause.Message, StringComparison.Ordinal))
            {
                text.Append(" (").Append(cause.Message).Append(')');
            }
        }

        return text.ToString();
    }
}
