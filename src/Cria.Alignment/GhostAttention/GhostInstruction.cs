namespace Cria.Alignment;

/// <summary>What an instruction for a whole dialogue is about; those of different kinds can be combined.</summary>
public enum GhostInstructionKind
{
    /// <summary>How answers begin: a persona's word, a greeting in some language, a word of a hobby.</summary>
    Opening,

    /// <summary>How the user is called.</summary>
    Name,

    /// <summary>How answers end: a phrase. The built-in pool has none (see <see cref="GhostInstructions"/>); one's own may.</summary>
    Closing,
}

/// <summary>
/// One instruction that is to hold for a whole dialogue (Touvron et al. 2023, §3.3), with the rule that tells whether an answer obeys it.
/// </summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Text">As a sentence.</param>
/// <param name="Terse">Shortened: <c>Act as: pirate</c>; empty where there is no short form.</param>
/// <param name="Phrase">What every answer must hold: at its beginning, in it, or at its end.</param>
public sealed record GhostInstruction(GhostInstructionKind Kind, string Text, string Terse, string Phrase)
{
    /// <summary>Whether an answer obeys.</summary>
    public bool IsObeyed(string answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        string text = answer.Trim();
        return Kind switch
        {
            GhostInstructionKind.Opening => text.StartsWith(Phrase, StringComparison.Ordinal),
            GhostInstructionKind.Closing => text.EndsWith(Phrase, StringComparison.Ordinal),
            _ => text.Contains(Phrase, StringComparison.Ordinal),
        };
    }

    /// <summary>An answer that obeys. Names go before closings are added, and openings come last.</summary>
    internal string Apply(string answer) => Kind switch
    {
        GhostInstructionKind.Opening => $"{Phrase} {answer}",
        GhostInstructionKind.Name => $"{Phrase}, {MemberTexts.Continued(answer)}",
        _ => $"{answer} {Phrase}",
    };
}

/// <summary>Instructions that hold together.</summary>
/// <param name="Instructions">Of different kinds, in the order of the kinds.</param>
/// <param name="IsTerse">Whether they are written as key: value.</param>
public sealed record GhostInstructionSet(IReadOnlyList<GhostInstruction> Instructions, bool IsTerse)
{
    /// <summary>Whether it is more than one.</summary>
    public bool IsCombined => Instructions.Count > 1;

    /// <summary>As the user writes them.</summary>
    public string Text => IsTerse
        ? string.Join("; ", Instructions.Select(instruction => instruction.Terse.TrimEnd('.'))) + "."
        : string.Join(' ', Instructions.Select(instruction => instruction.Text));

    /// <summary>Whether an answer obeys all of them.</summary>
    public bool IsObeyed(string answer) => Instructions.All(instruction => instruction.IsObeyed(answer));

    /// <summary>A user's message with the instructions behind it, where a small model heeds them most.</summary>
    public string AddTo(string message) => $"{message}\n{Text}";

    /// <summary>An answer made obedient by rule.</summary>
    internal string Apply(string answer) => Instructions.OrderByDescending(instruction => instruction.Kind)
        .Aggregate(answer, (text, instruction) => instruction.Apply(text));
}
