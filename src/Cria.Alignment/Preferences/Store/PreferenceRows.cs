namespace Cria.Alignment;

/// <summary>The version of the tables; one row.</summary>
internal sealed class SchemaRow
{
    public int Id { get; set; }

    public int Version { get; set; }
}

/// <summary>A batch as it is stored.</summary>
internal sealed class BatchRow
{
    public int Number { get; set; }

    /// <summary>A JSON list of texts.</summary>
    public string Models { get; set; } = "";

    public int HeldOutEvery { get; set; }
}

/// <summary>An answer as it is stored, part of a row.</summary>
internal sealed class AnswerColumns
{
    public string Text { get; set; } = "";

    public bool IsFinished { get; set; }

    public string Model { get; set; } = "";

    public string ModelVersion { get; set; } = "";

    public double? Temperature { get; set; }

    /// <summary>The bits of the unsigned seed: no database has an unsigned integer of 64 bits.</summary>
    public long? Seed { get; set; }

    public bool? IsSafe { get; set; }

    public static AnswerColumns Of(ComparedAnswer answer) => new()
    {
        Text = answer.Text,
        IsFinished = answer.IsFinished,
        Model = answer.Model,
        ModelVersion = answer.ModelVersion,
        Temperature = answer.Temperature,
        Seed = unchecked((long?)answer.Seed),
        IsSafe = answer.IsSafe,
    };

    public ComparedAnswer Answer() => new(Text, IsFinished)
    {
        Model = Model,
        ModelVersion = ModelVersion,
        Temperature = Temperature,
        Seed = unchecked((ulong?)Seed),
        IsSafe = IsSafe,
    };
}

/// <summary>A comparison as it is stored.</summary>
internal sealed class ComparisonRow
{
    public long Id { get; set; }

    /// <summary>Names prompt, chosen and rejected answer: <see cref="HoldOut.Key"/>.</summary>
    public string PairKey { get; set; } = "";

    /// <summary>A JSON list of messages.</summary>
    public string Prompt { get; set; } = "";

    public string PromptId { get; set; } = "";

    public AnswerColumns Chosen { get; set; } = new();

    public AnswerColumns Rejected { get; set; } = new();

    public int Rating { get; set; }

    public int Kind { get; set; }

    public string Annotator { get; set; } = "";

    /// <summary>Milliseconds since 1970, universal time.</summary>
    public long? Time { get; set; }

    public int Batch { get; set; }

    public bool IsHeldOut { get; set; }

    public bool? ChosenWasFirst { get; set; }

    public string Origin { get; set; } = "";

    public static ComparisonRow Of(Comparison comparison) => new()
    {
        PairKey = HoldOut.Key(comparison.Prompt, comparison.Chosen.Text, comparison.Rejected.Text),
        Prompt = StoredMessages.Write(comparison.Prompt),
        PromptId = comparison.PromptId,
        Chosen = AnswerColumns.Of(comparison.Chosen),
        Rejected = AnswerColumns.Of(comparison.Rejected),
        Rating = (int)comparison.Rating,
        Kind = (int)comparison.Kind,
        Annotator = comparison.Annotator,
        Time = comparison.Time?.ToUnixTimeMilliseconds(),
        Batch = comparison.Batch,
        IsHeldOut = comparison.IsHeldOut,
        ChosenWasFirst = comparison.ChosenWasFirst,
        Origin = comparison.Origin,
    };

    public Comparison Comparison() => new(StoredMessages.Read(Prompt), Chosen.Answer(), Rejected.Answer(), (PreferenceRating)Rating)
    {
        PromptId = PromptId,
        Kind = (PreferenceKind)Kind,
        Annotator = Annotator,
        Time = Time is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null,
        Batch = Batch,
        IsHeldOut = IsHeldOut,
        ChosenWasFirst = ChosenWasFirst,
        Origin = Origin,
    };
}

/// <summary>A pair that waits for judgement, as it is stored.</summary>
internal sealed class PairRow
{
    public long Id { get; set; }

    /// <summary>Names prompt and answers whatever their order.</summary>
    public string PairKey { get; set; } = "";

    public string Prompt { get; set; } = "";

    public string PromptId { get; set; } = "";

    public bool IsSafety { get; set; }

    public string RiskCategory { get; set; } = "";

    public string AttackVector { get; set; } = "";

    public string? Reference { get; set; }

    public AnswerColumns First { get; set; } = new();

    public AnswerColumns Second { get; set; } = new();

    public int Kind { get; set; }

    public int Batch { get; set; }

    /// <summary>Who judges it now; empty where nobody does.</summary>
    public string ClaimedBy { get; set; } = "";

    /// <summary>Until when the claim holds, milliseconds since 1970.</summary>
    public long ClaimedUntil { get; set; }

    public static PairRow Of(PendingPair pair) => new()
    {
        PairKey = KeyOf(pair),
        Prompt = StoredMessages.Write(pair.Prompt.Messages),
        PromptId = pair.Prompt.Id,
        IsSafety = pair.Prompt.IsSafety,
        RiskCategory = pair.Prompt.RiskCategory,
        AttackVector = pair.Prompt.AttackVector,
        Reference = pair.Prompt.Reference,
        First = AnswerColumns.Of(pair.First),
        Second = AnswerColumns.Of(pair.Second),
        Kind = (int)pair.Kind,
        Batch = pair.Batch,
    };

    /// <summary>The key of a pair, whatever the order of its answers.</summary>
    public static string KeyOf(PendingPair pair) => string.CompareOrdinal(pair.First.Text, pair.Second.Text) < 0
        ? HoldOut.Key(pair.Prompt.Messages, pair.First.Text, pair.Second.Text)
        : HoldOut.Key(pair.Prompt.Messages, pair.Second.Text, pair.First.Text);

    public PendingPair Pair() => new(
        new AlignmentPrompt(PromptId, StoredMessages.Read(Prompt))
        {
            IsSafety = IsSafety,
            RiskCategory = RiskCategory,
            AttackVector = AttackVector,
            Reference = Reference,
        },
        First.Answer(),
        Second.Answer())
    {
        Id = Id,
        Kind = (PreferenceKind)Kind,
        Batch = Batch,
    };
}
