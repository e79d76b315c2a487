namespace Cria.Alignment;

/// <summary>Something that PPO's arithmetic rests on does not hold: sampling and training disagree, or a mask is wrong.</summary>
public sealed class PpoInvariantException : InvalidOperationException
{
    /// <summary>Creates the exception without a message of its own.</summary>
    public PpoInvariantException()
        : this("An invariant of PPO does not hold.")
    {
    }

    /// <summary>Creates the exception with a message for the user.</summary>
    public PpoInvariantException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message for the user and the error that led to it.</summary>
    public PpoInvariantException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
