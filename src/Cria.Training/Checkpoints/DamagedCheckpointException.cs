namespace Cria.Training;

/// <summary>A checkpoint whose content is not what was written; the message says how that shows.</summary>
public sealed class DamagedCheckpointException : TrainingCheckpointException
{
    /// <summary>Creates the exception without a message of its own.</summary>
    public DamagedCheckpointException()
        : this("The checkpoint is damaged.")
    {
    }

    /// <summary>Creates the exception with a message for the user.</summary>
    public DamagedCheckpointException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message for the user and the error that led to it.</summary>
    public DamagedCheckpointException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
