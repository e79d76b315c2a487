namespace Cria.Corpus;

/// <summary>How a corpus is built. Everything but <see cref="Threads"/> changes the result.</summary>
public sealed record CorpusOptions
{
    /// <summary>What pretraining does not see.</summary>
    public HoldOut HoldOut { get; init; } = new();

    /// <summary>Take a deterministic sample of the documents with at most so many characters; 0: all.</summary>
    public long MaxCharacters { get; init; }

    /// <summary>The tokens after which a new shard begins.</summary>
    public long ShardTokens { get; init; } = 1L << 27;

    /// <summary>Threads that encode; 0: one a processor. The result is the same.</summary>
    public int Threads { get; init; }

    internal int ThreadCount => Threads > 0 ? Threads : Environment.ProcessorCount;

    /// <summary>Checks the values.</summary>
    /// <exception cref="InvalidCorpusException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        HoldOut.Validate();
        if (MaxCharacters < 0 || ShardTokens < 1 || Threads < 0)
        {
            throw new InvalidCorpusException(
                $"Corpus options out of range: max characters {MaxCharacters} and threads {Threads} must not be negative, "
                + $"shard tokens {ShardTokens} be positive.");
        }
    }
}
