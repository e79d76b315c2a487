namespace Cria.Models;

/// <summary>
/// A model, tokenizer or checkpoint file that breaks its format. The message names the file, the tensor or key, what was expected and
/// what was found, so that it can be shown to a user as it stands.
/// </summary>
public class InvalidModelFileException : IOException
{
    /// <summary>Creates the exception without a message of its own.</summary>
    public InvalidModelFileException()
        : this("The model file is invalid.")
    {
    }

    /// <summary>Creates the exception with a message for the user.</summary>
    public InvalidModelFileException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message for the user and the error that led to it.</summary>
    public InvalidModelFileException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
