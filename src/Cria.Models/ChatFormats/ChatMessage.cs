namespace Cria.Models;

/// <summary>Who speaks in a dialogue.</summary>
public enum ChatRole
{
    /// <summary>Sets the assistant's behaviour; at the start of a dialogue.</summary>
    System,

    /// <summary>The person.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,
}

/// <summary>One message of a dialogue.</summary>
/// <param name="Role">Who speaks.</param>
/// <param name="Content">What is said; plain text, never a control token whatever it spells.</param>
public sealed record ChatMessage(ChatRole Role, string Content);
