namespace Cria.Inference;

/// <summary>Why a text ended.</summary>
public enum FinishReason
{
    /// <summary>The model ended it (end of sequence or another stop id), or a stop string came.</summary>
    Stop,

    /// <summary>The number of tokens asked for was reached.</summary>
    Length,

    /// <summary>The model's context is full.</summary>
    Context,

    /// <summary>The caller cancelled; the text so far is kept.</summary>
    Cancelled,
}
