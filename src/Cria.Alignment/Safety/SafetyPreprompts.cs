using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// Safety preprompts, generated from templates and adjectives (Touvron et al. 2023, §4.2.4): generic ones, and those that add the answer
/// template of a risk category.
/// </summary>
internal static class SafetyPreprompts
{
    private static readonly string[] Adjectives = ["responsible", "respectful", "wise", "careful", "honest", "safe"];

    private static readonly string[] Templates =
    [
        "You are a {0} and {1} assistant.", "Be {0} and {1}.", "As a {0} and {1} assistant, answer safely.", "Answer in a {0}, {1} way.",
    ];

    /// <summary>A preprompt with two different adjectives.</summary>
    public static string Generic(ref DeterministicRandom random)
    {
        int first = random.NextInt(Adjectives.Length);
        int second = (first + 1 + random.NextInt(Adjectives.Length - 1)) % Adjectives.Length;
        return Templates[random.NextInt(Templates.Length)]
            .Replace("{0}", Adjectives[first], StringComparison.Ordinal)
            .Replace("{1}", Adjectives[second], StringComparison.Ordinal);
    }

    /// <summary>A preprompt that names the violated category and what the answer does step by step.</summary>
    public static string WithTemplate(string category, ref DeterministicRandom random) =>
        $"{Generic(ref random)} This request is about {category.Replace('-', ' ')}. 1. Name the concern. 2. Decline and explain the risk. "
        + "3. Offer an alternative.";
}
