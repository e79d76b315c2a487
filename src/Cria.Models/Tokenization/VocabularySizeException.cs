namespace Cria.Models;

/// <summary>The training text cannot give a vocabulary of the size asked for. The message names the nearest it can give.</summary>
public sealed class VocabularySizeException : IOException
{
    /// <summary>Creates the exception without a size.</summary>
    public VocabularySizeException()
    {
    }

    /// <summary>Creates the exception with a message for the user.</summary>
    public VocabularySizeException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message for the user and the error that led to it.</summary>
    public VocabularySizeException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception with the size that would be possible.</summary>
    public VocabularySizeException(string message, int nearestSize)
        : base(message)
    {
        NearestSize = nearestSize;
    }

    /// <summary>The size nearest to the one asked for that the text can give, 0 where there is none.</summary>
    public int NearestSize { get; }
}
