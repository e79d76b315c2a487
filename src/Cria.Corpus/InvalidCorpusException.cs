namespace Cria.Corpus;

/// <summary>
/// A corpus source, shard or settings value that cannot be used. The message names the file (and the line, where there is one),
/// what was expected and what was found.
/// </summary>
public sealed class InvalidCorpusException : IOException
{
    /// <summary>Creates the exception with a general message.</summary>
    public InvalidCorpusException()
        : base("The corpus is not valid.")
    {
    }

    /// <summary>Creates the exception with a message that names the file and what is wrong with it.</summary>
    public InvalidCorpusException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and the failure that caused it.</summary>
    public InvalidCorpusException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
