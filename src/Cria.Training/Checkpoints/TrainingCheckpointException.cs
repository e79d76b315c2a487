using Cria.Models;

namespace Cria.Training;

/// <summary>A checkpoint that cannot be used: damaged, or of other settings. The message says what is wrong and what to do.</summary>
public class TrainingCheckpointException : InvalidModelFileException
{
    /// <summary>Creates the exception without a message of its own.</summary>
    public TrainingCheckpointException()
        : this("The checkpoint cannot be used.")
    {
    }

    /// <summary>Creates the exception with a message for the user.</summary>
    public TrainingCheckpointException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message for the user and the error that led to it.</summary>
    public TrainingCheckpointException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
