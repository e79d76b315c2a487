namespace Cria.Cli;

/// <summary>Wrong input from the user: its message is all that is printed, and the exit code is 1.</summary>
internal sealed class CliException : Exception
{
    public CliException(string message)
        : base(message)
    {
    }

    public CliException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
