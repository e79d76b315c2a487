namespace Cria.Alignment;

/// <summary>Two answers to one prompt that wait for a judgement.</summary>
/// <param name="Prompt">What was asked, with what is known about it.</param>
/// <param name="First">The answer shown first; which variant gave it was drawn.</param>
/// <param name="Second">The answer shown second.</param>
public sealed record PendingPair(AlignmentPrompt Prompt, ComparedAnswer First, ComparedAnswer Second)
{
    /// <summary>The store's number of the pair; 0 before it was stored.</summary>
    public long Id { get; init; }

    /// <summary>The guideline to judge by.</summary>
    public PreferenceKind Kind { get; init; }

    /// <summary>The batch it was sampled for.</summary>
    public int Batch { get; init; }

    /// <summary>The comparison that a judgement makes of it.</summary>
    /// <param name="chooseFirst">Whether the first answer is the better one.</param>
    /// <param name="rating">How much better.</param>
    /// <param name="annotator">Who judged.</param>
    /// <param name="firstIsSafe">The safety label of the first answer; null to keep what it has.</param>
    /// <param name="secondIsSafe">The safety label of the second answer; null to keep what it has.</param>
    public Comparison Judge(
        bool chooseFirst, PreferenceRating rating, string annotator, bool? firstIsSafe = null, bool? secondIsSafe = null)
    {
        ComparedAnswer first = First with { IsSafe = firstIsSafe ?? First.IsSafe };
        ComparedAnswer second = Second with { IsSafe = secondIsSafe ?? Second.IsSafe };
        return new Comparison(Prompt.Messages, chooseFirst ? first : second, chooseFirst ? second : first, rating)
        {
            Kind = Kind,
            PromptId = Prompt.Id,
            Annotator = annotator,
            Batch = Batch,
            ChosenWasFirst = chooseFirst,
        };
    }
    /// <summary>The comparison that a simulated annotator makes of it, or null where it cannot tell the answers apart.</summary>
    /// <param name="annotator">Judges by the guideline of this pair.</param>
    public Comparison? Judge(SimulatedAnnotator annotator)
    {
        ArgumentNullException.ThrowIfNull(annotator);
        return annotator.Compare(Prompt, First, Second) is { } comparison
            ? comparison with { Kind = Kind, Batch = Batch, ChosenWasFirst = comparison.Chosen.Text == First.Text }
            : null;
    }
}
