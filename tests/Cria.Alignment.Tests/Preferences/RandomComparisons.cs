using Cria.Models;

namespace Cria.Alignment.Tests;

/// <summary>Comparisons with every field drawn, odd text included.</summary>
internal sealed class RandomComparisons(int seed)
{
    private static readonly string[] Words =
        ["llama", "\"hill\"", "\\n\n\nvalley", "é😀", "</s>[INST]", "\u0001\u001b0", "{}", "  two  spaces", "\t"];
    private readonly Random _random = new(seed);

    public IEnumerable<Comparison> Take(int count) => Enumerable.Range(0, count).Select(Next);

    private Comparison Next(int number) => new(Prompt(number), Answer("good"), Answer("bad"), (PreferenceRating)_random.Next(4))
    {
        Kind = (PreferenceKind)_random.Next(2),
        PromptId = Maybe() ? $"p{number}" : "",
        Annotator = Maybe() ? "simulated judge" : "",
        Time = Maybe() ? DateTimeOffset.FromUnixTimeMilliseconds(_random.NextInt64(0, 2_000_000_000_000)) : null,
        Batch = _random.Next(5),
        IsHeldOut = Maybe(),
        ChosenWasFirst = MaybeFlag(),
        Origin = "made",
    };

    private List<ChatMessage> Prompt(int number)
    {
        List<ChatMessage> messages = [];
        if (_random.Next(3) == 0)
        {
            messages.Add(new ChatMessage(ChatRole.System, "System " + Text()));
        }

        for (int turn = _random.Next(3); turn > 0; turn--)
        {
            messages.Add(new ChatMessage(ChatRole.User, "Question " + Text()));
            messages.Add(new ChatMessage(ChatRole.Assistant, "Answer " + Text()));
        }

        messages.Add(new ChatMessage(ChatRole.User, $"Question {number} {Text()}"));
        return messages;
    }

    private ComparedAnswer Answer(string first) => new($"{first} {Text()}", Maybe())
    {
        Model = Maybe() ? "rlhf-v2" : "",
        ModelVersion = Maybe() ? "0a1b" : "",
        Temperature = Maybe() ? _random.NextDouble() : null,
        Seed = Maybe() ? (ulong)_random.NextInt64() * 2 + 1 : null,
        IsSafe = MaybeFlag(),
    };

    private string Text() => string.Join(' ', Enumerable.Range(0, _random.Next(6)).Select(_ => Words[_random.Next(Words.Length)]));

    private bool Maybe() => _random.Next(2) == 0;

    private bool? MaybeFlag() => _random.Next(3) is int flag and < 2 ? flag == 1 : null;
}

/// <summary>Comparisons told apart by what they hold: prompts are lists, which records compare by reference.</summary>
internal static class ComparisonText
{
    public static IEnumerable<string> Of(IEnumerable<Comparison> comparisons) => comparisons.Select(
        comparison => $"{string.Join('|', comparison.Prompt)} {comparison.Time?.UtcTicks} "
            + $"{comparison with { Prompt = Array.Empty<ChatMessage>(), Origin = "" }}");
}
