using System.Text;
using Cria.Models;
using Cria.Training;

namespace Cria.Cli;

/// <summary>Tells errors that a user can mend (a message is enough) from defects of the program (which show their stack).</summary>
internal static class UserError
{
    /// <summary>Wrong input, files that cannot be read or written, and limits of the machine.</summary>
    public static bool IsExpected(Exception e) => Cause(e)
        is (CliException or IOException or UnauthorizedAccessException or ArgumentException or InvalidDataException
            or InvalidDialogueException or NonFiniteGradientException or PlatformNotSupportedException or NotSupportedException
            or OutOfMemoryException)
        and not ArgumentNullException;

    /// <summary>The message with those of its causes that add something, on one line.</summary>
    public static string Describe(Exception e)
    {
        StringBuilder text = new();
        for (Exception? cause = Cause(e); cause is not null; cause = cause.InnerException)
        {
            string message = Message(cause);
            if (text.Length == 0)
            {
                text.Append(message);
            }
            else if (!text.ToString().Contains(message, StringComparison.Ordinal))
            {
                text.Append(" (").Append(message).Append(')');
            }
        }

        return text.ToString();
    }

    /// <summary>The error that a worker thread met, which arrives wrapped.</summary>
    private static Exception Cause(Exception e) => e is AggregateException { InnerException: { } inner } ? Cause(inner) : e;

    private static string Message(Exception e)
    {
        string message = e switch
        {
            OutOfMemoryException => "This machine has not enough memory for that.",

            // The name of a parameter and its value in a method's signature mean nothing to a user; the text before them does.
            ArgumentException => e.Message.Split(" (Parameter '")[0],
            _ => e.Message,
        };
        return message.ReplaceLineEndings(" ");
    }
}
