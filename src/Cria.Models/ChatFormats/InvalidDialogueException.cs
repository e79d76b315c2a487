namespace Cria.Models;

/// <summary>A dialogue that a chat format cannot express. The message says which of its messages is at fault, and why.</summary>
public class InvalidDialogueException : FormatException
{
    /// <summary>Creates the exception without a message of its own.</summary>
    public InvalidDialogueException()
        : this("The dialogue is invalid.")
    {
    }

    /// <summary>Creates the exception with a message for the user.</summary>
    public InvalidDialogueException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message for the user and the error that led to it.</summary>
    public InvalidDialogueException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
