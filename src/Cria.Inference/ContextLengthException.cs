namespace Cria.Inference;

/// <summary>A prompt, or a prompt and its continuation, that the model's context cannot hold. The message gives both numbers.</summary>
public sealed class ContextLengthException : ArgumentException
{
    /// <summary>Creates the exception without numbers.</summary>
    public ContextLengthException()
        : base("The text is longer than the model's context.")
    {
    }

    /// <summary>Creates the exception with a message for the user.</summary>
    public ContextLengthException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message for the user and the error that led to it.</summary>
    public ContextLengthException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception for a text of so many tokens in a context of so many.</summary>
    public ContextLengthException(int tokens, int contextLength)
        : base(
            $"The text has {tokens} tokens, but the model's context holds {contextLength}. "
            + $"Shorten it by {tokens - contextLength} tokens or more.")
    {
        Tokens = tokens;
        ContextLength = contextLength;
    }

    /// <summary>Tokens that were asked for.</summary>
    public int Tokens { get; }

    /// <summary>Tokens that fit.</summary>
    public int ContextLength { get; }
}
