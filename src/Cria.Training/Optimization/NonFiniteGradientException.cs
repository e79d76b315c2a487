namespace Cria.Training;

/// <summary>The gradients are infinite or not numbers: the training has diverged.</summary>
public sealed class NonFiniteGradientException : ArithmeticException
{
    /// <summary>Creates the exception without a message of its own.</summary>
    public NonFiniteGradientException()
        : this("The gradients are not finite.")
    {
    }

    /// <summary>Creates the exception with a message for the user.</summary>
    public NonFiniteGradientException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message for the user and the error that led to it.</summary>
    public NonFiniteGradientException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
