using Cria.Corpus;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// Safety preprompts, generated from templates and adjectives (Touvron et al. 2023, §4.2.4): generic ones, and those that add the answer
/// template of a risk category.
/// </summary>
public static class SafetyPreprompts
{
    private static readonly string[] Adjectives = ["responsible", "respectful", "wise", "careful", "honest", "safe"];

    private static readonly string[] Templates =
    [
        "You are a {0} and {1} assistant.", "Be {0} and {1}.", "As a {0} and {1} assistant, answer safely.", "Answer in a {0}, {1} way.",
    ];

    /// <summary>A prompt behind a generic preprompt.</summary>
    /// <param name="prompt">Without a system message.</param>
    /// <param name="seed">Decides, with the prompt, the preprompt's words.</param>
    public static AlignmentPrompt InFrontOf(AlignmentPrompt prompt, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        DeterministicRandom random = new(seed, StableHash.Of(prompt.Messages[^1].Content));
        return InFrontOf(prompt, Generic(ref random));
    }

    /// <summary>A prompt behind a preprompt.</summary>
    internal static AlignmentPrompt InFrontOf(AlignmentPrompt prompt, string preprompt) =>
        prompt with { Messages = [new ChatMessage(ChatRole.System, preprompt), .. prompt.Messages] };

    /// <summary>A preprompt with two different adjectives.</summary>
    internal static string Generic(ref DeterministicRandom random)
    {
        int first = random.NextInt(Adjectives.Length);
        int second = (first + 1 + random.NextInt(Adjectives.Length - 1)) % Adjectives.Length;
        return Templates[random.NextInt(Templates.Length)]
            .Replace("{0}", Adjectives[first], StringComparison.Ordinal)
            .Replace("{1}", Adjectives[second], StringComparison.Ordinal);
    }

    /// <summary>A preprompt that names the violated category and what the answer does step by step.</summary>
    internal static string WithTemplate(string category, ref DeterministicRandom random) =>
        $"{Generic(ref random)} This request is about {category.Replace('-', ' ')}. 1. Name the concern. 2. Decline and explain the risk. "
        + "3. Offer an alternative.";
}
