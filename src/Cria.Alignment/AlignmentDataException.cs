namespace Cria.Alignment;

/// <summary>
/// Dialogues, prompts, comparisons or rewards that cannot be used. The message names file, line and field, what was expected and what was
/// found, so that it can be shown to a user as it stands.
/// </summary>
public sealed class AlignmentDataException : IOException
{
    /// <summary>Creates the exception without a message of its own.</summary>
    public AlignmentDataException()
        : this("The alignment data is invalid.")
    {
    }

    /// <summary>Creates the exception with a message for the user.</summary>
    public AlignmentDataException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message for the user and the error that led to it.</summary>
    public AlignmentDataException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
