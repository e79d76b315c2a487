namespace Cria.Evaluation;

/// <summary>
/// A file of evaluation results that is damaged or of another kind. The message names the file and what is wrong with it.
/// </summary>
public sealed class EvaluationFileException : IOException
{
    /// <summary>Creates the exception without a message of its own.</summary>
    public EvaluationFileException()
        : this("The evaluation file is invalid.")
    {
    }

    /// <summary>Creates the exception with a message for the user.</summary>
    public EvaluationFileException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message for the user and the error that led to it.</summary>
    public EvaluationFileException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
