namespace Cria.Models;

/// <summary>Collects the tokens of a dialogue: control ids as ids, everything else as text.</summary>
internal sealed class DialogueWriter(Tokenizer tokenizer, bool isFinished)
{
    private readonly List<int> _ids = [];
    private readonly List<bool> _isAssistant = [];

    /// <summary>The tokenizer that encodes the text.</summary>
    public Tokenizer Tokenizer => tokenizer;

    /// <summary>Whether the last answer came to its own end; otherwise no end is written behind it.</summary>
    public bool IsFinished => isFinished;

    /// <summary>Appends a control id; -1 (the tokenizer has none) adds nothing.</summary>
    public void Control(int id, bool isAssistant = false)
    {
        if (id >= 0)
        {
            _ids.Add(id);
            _isAssistant.Add(isAssistant);
        }
    }

    /// <summary>Appends a text.</summary>
    public void Text(string text, bool isAssistant = false) => Ids(tokenizer.Encode(text), isAssistant);

    /// <summary>Appends ids of text.</summary>
    public void Ids(ReadOnlySpan<int> ids, bool isAssistant)
    {
        foreach (int id in ids)
        {
            Control(id, isAssistant);
        }
    }

    /// <summary>What was written.</summary>
    public EncodedDialogue ToDialogue() => new([.. _ids], [.. _isAssistant]);
}
