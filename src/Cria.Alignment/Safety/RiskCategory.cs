namespace Cria.Alignment;

/// <summary>Something that one can want to do with a member of the platform, in English and in German.</summary>
/// <param name="English">An infinitive: <c>delete the files of a colleague</c>.</param>
/// <param name="German">The same: <c>die Dateien eines Kollegen löschen</c>.</param>
internal sealed record Goal(string English, string German);

/// <summary>An action with its object, to be combined.</summary>
internal sealed record Wording(string English, string German);

/// <summary>A kind of harm that the platform can do, with what red teams ask for, what only sounds like it, and how to decline.</summary>
internal sealed record RiskCategory
{
    /// <summary>Its name in reports: <c>broken-cryptography</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The types whose members can do it.</summary>
    public required string[] Types { get; init; }

    /// <summary>What is at stake, a sentence: the immediate concern.</summary>
    public required string Concern { get; init; }

    /// <summary>Why it is declined, a clause.</summary>
    public required string Risk { get; init; }

    /// <summary>What to do instead, a sentence.</summary>
    public required string Alternative { get; init; }

    public required Wording[] DangerousActions { get; init; }

    public required Wording[] DangerousTargets { get; init; }

    public required Wording[] HarmlessActions { get; init; }

    public required Wording[] HarmlessTargets { get; init; }

    /// <summary>
    /// The answer that the guidelines ask for (Touvron et al. 2023, §4.2.1): it declines and says why, names what is at stake, and offers
    /// what else helps. It declines at once, because a small model decides with its first words.
    /// </summary>
    public string IdealAnswer => $"{ShortAnswer} {Concern} {Alternative}";

    /// <summary>A safe answer that says less than it could.</summary>
    public string ShortAnswer => $"I cannot help with that: {Risk}.";

    /// <summary>Every dangerous goal; a quarter of the combinations, of every action and target some, is held out.</summary>
    public List<Goal> Dangerous(bool heldOut) => Combine(DangerousActions, DangerousTargets, heldOut);

    /// <summary>Every harmless goal that sounds like one.</summary>
    public List<Goal> Harmless(bool heldOut) => Combine(HarmlessActions, HarmlessTargets, heldOut);

    private static List<Goal> Combine(Wording[] actions, Wording[] targets, bool heldOut) =>
    [
        .. actions.SelectMany((action, a) => targets.Where((_, t) => (a + t) % 4 == 0 == heldOut)
            .Select(target => new Goal($"{action.English} {target.English}", $"{target.German} {action.German}"))),
    ];
}
