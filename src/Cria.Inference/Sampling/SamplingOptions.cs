namespace Cria.Inference;

/// <summary>
/// How tokens are chosen and when a text ends. The filters apply in the order temperature, top-k, top-p, min-p, as the field does.
/// The defaults are those of Meta's Llama 2 (temperature 0.6, top-p 0.9).
/// </summary>
public sealed record SamplingOptions
{
    /// <summary>Temperatures below this choose the most likely token: their distribution is one token's in float32.</summary>
    private const float GreedyBelow = 1e-4f;

    /// <summary>Always the most likely token; of equals the one with the lowest id.</summary>
    public static SamplingOptions Greedy { get; } = new() { Temperature = 0, TopP = 1 };

    /// <summary>Divides the logits: 1 is the model's own distribution, 0 is greedy.</summary>
    public float Temperature { get; init; } = 0.6f;

    /// <summary>Keeps this many most likely tokens; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>
    /// Nucleus sampling (Holtzman et al. 2020): tokens in falling order of probability are kept as long as those before them have no
    /// more than this probability together; 1 keeps all. After top-k it works on what top-k left, with probabilities that add up to 1.
    /// </summary>
    public float TopP { get; init; } = 0.9f;

    /// <summary>Keeps tokens with at least this share of the most likely token's probability; 0 keeps all.</summary>
    public float MinP { get; init; }

    /// <summary>
    /// Divides positive and multiplies negative logits of every token that stands in the prompt or in the text so far
    /// (Keskar et al. 2019); 1 changes nothing.
    /// </summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Start of the random sequence. Each request draws from a stream of its own, whatever else is in its batch.</summary>
    public ulong Seed { get; init; }

    /// <summary>The most tokens to generate; null for as many as the context holds.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Texts that end the answer; they are not part of it, and no piece of them is ever streamed.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Ids that end the answer besides the tokenizer's end of sequence; they close the result's ids but add no text.</summary>
    public IReadOnlyList<int> StopIds { get; init; } = [];

    /// <summary>Go on behind the tokenizer's end of sequence (to measure, or to fill a length).</summary>
    public bool IgnoreEndOfSequence { get; init; }

    /// <summary>Whether the most likely token is always chosen.</summary>
    public bool IsGreedy => Temperature < GreedyBelow;

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range; the message names it.</exception>
    /// <exception cref="ArgumentException">A stop string is empty.</exception>
    public void Validate()
    {
        Check(float.IsFinite(Temperature) && Temperature >= 0, nameof(Temperature), Temperature, "a finite number from 0");
        Check(TopK >= 0, nameof(TopK), TopK, "0 (all) or a number of tokens");
        Check(TopP is > 0 and <= 1, nameof(TopP), TopP, "above 0 and at most 1");
        Check(MinP is >= 0 and <= 1, nameof(MinP), MinP, "from 0 to 1");
        Check(float.IsFinite(RepetitionPenalty) && RepetitionPenalty > 0, nameof(RepetitionPenalty), RepetitionPenalty, "above 0");
        Check(MaxTokens is null or >= 0, nameof(MaxTokens), MaxTokens, "0 or more");
        if (StopStrings.Any(string.IsNullOrEmpty))
        {
            throw new ArgumentException("A stop string cannot be empty.", nameof(StopStrings));
        }
    }

    private static void Check(bool valid, string name, object? value, string expected)
    {
        if (!valid)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be {expected}.");
        }
    }
}
