using Cria.Corpus;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// The pool of instructions: the small world's analogues of the paper's persona ("act as"), language ("speak in") and hobbies ("you
/// enjoy"), few enough for a model of a million parameters, and all of them about how an answer begins: a model this small decides with its
/// first words, and forgot what was to come last (35% at the sixth turn, where 90% began as told). They are combined at random, half of
/// them shortened; a quarter of the combinations is kept for evaluation.
/// </summary>
public static class GhostInstructions
{
    private const double HeldOutCombinations = 0.25;

    private static readonly GhostInstruction[] Openings =
    [
        Persona("pirate", "Ahoy,"), Persona("king", "Listen,"), Language("German", "Hallo,"), Language("Spanish", "Hola,"),
        Hobby("chess", "Check,"), Hobby("music", "La la,"),
    ];

    private static readonly GhostInstruction[] Names = [Name("Ada"), Name("Max"), Name("Tom"), Name("Eva")];

    /// <summary>Every instruction.</summary>
    public static IReadOnlyList<GhostInstruction> All { get; } = [.. Openings, .. Names];

    /// <summary>Draws instructions of one or two kinds.</summary>
    /// <param name="count">How many sets.</param>
    /// <param name="seed">Decides them.</param>
    /// <param name="heldOut">For evaluation: single instructions and combinations that training never has, in turn; otherwise those that
    /// training may have.</param>
    public static IReadOnlyList<GhostInstructionSet> Draw(int count, ulong seed, bool heldOut)
    {
        GhostInstruction[][] pools = [Openings, Names];
        if (!heldOut)
        {
            return Draw(pools, count, new DeterministicRandom(seed), chosen => !IsHeldOut(chosen));
        }

        List<GhostInstructionSet> single = Draw(pools, count - (count / 2), new DeterministicRandom(seed, 1), chosen => chosen.Count == 1);
        List<GhostInstructionSet> combined = Draw(pools, count / 2, new DeterministicRandom(seed, 2), IsHeldOut);
        return [.. Enumerable.Range(0, count).Select(i => i % 2 == 0 ? single[i / 2] : combined[i / 2])];
    }

    /// <summary>Draws instructions of one or more kinds from a pool of one's own; half of those that have a short form take it.</summary>
    /// <param name="pool">At least one.</param>
    /// <param name="count">How many sets.</param>
    /// <param name="seed">Decides them.</param>
    public static IReadOnlyList<GhostInstructionSet> Draw(IReadOnlyList<GhostInstruction> pool, int count, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentOutOfRangeException.ThrowIfZero(pool.Count, nameof(pool));
        return Draw(
            [.. pool.GroupBy(instruction => instruction.Kind).OrderBy(kind => kind.Key).Select(kind => kind.ToArray())],
            count, new DeterministicRandom(seed), _ => true);
    }

    /// <summary>Dialogues in which the instruction stands in every message of the user and every answer obeys it: from them supervised
    /// fine-tuning learns to obey what is asked in the same turn, wherever the turn stands.</summary>
    /// <param name="dialogues">Dialogues without instructions and without a system message.</param>
    /// <param name="seed">Decides the instructions.</param>
    public static IReadOnlyList<Dialogue> Instruct(IReadOnlyList<Dialogue> dialogues, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(dialogues);
        IReadOnlyList<GhostInstructionSet> sets = Draw(dialogues.Count, seed, heldOut: false);
        return
        [
            .. dialogues.Select((dialogue, i) => new Dialogue(
                [
                    .. dialogue.Messages.Select(message => message with
                    {
                        Content = message.Role == ChatRole.User ? sets[i].AddTo(message.Content) : sets[i].Apply(message.Content),
                    }),
                ])
            {
                Origin = $"instructed {dialogue.Origin}",
            }),
        ];
    }

    private static List<GhostInstructionSet> Draw(
        GhostInstruction[][] pools, int count, DeterministicRandom random, Predicate<List<GhostInstruction>> isWanted)
    {
        List<GhostInstructionSet> sets = [];
        while (sets.Count < count)
        {
            List<GhostInstruction> chosen = [];
            foreach (GhostInstruction[] pool in pools)
            {
                GhostInstruction instruction = pool[random.NextInt(pool.Length)];
                if (random.NextInt(2) == 0)
                {
                    chosen.Add(instruction);
                }
            }

            bool isTerse = random.NextInt(2) == 0;
            if (chosen.Count > 0 && isWanted(chosen))
            {
                sets.Add(new GhostInstructionSet(chosen, isTerse && chosen.TrueForAll(instruction => instruction.Terse.Length > 0)));
            }
        }

        return sets;
    }

    /// <summary>Single instructions are never held out: a model this small can only combine what it knows.</summary>
    private static bool IsHeldOut(List<GhostInstruction> instructions) => instructions.Count > 1
        && StableHash.Fraction(StableHash.Of(string.Join('|', instructions.Select(item => item.Terse)))) < HeldOutCombinations;

    private static GhostInstruction Persona(string figure, string phrase) =>
        new(GhostInstructionKind.Opening, $"Act as a {figure}: \"{phrase}\"", $"Act as: {figure}", phrase);

    private static GhostInstruction Language(string language, string phrase) =>
        new(GhostInstructionKind.Opening, $"Greet me in {language}: \"{phrase}\"", $"Greet in: {language}", phrase);

    private static GhostInstruction Name(string name) =>
        new(GhostInstructionKind.Name, $"Call me {name}.", $"Name: {name}", name);

    private static GhostInstruction Hobby(string hobby, string phrase) =>
        new(GhostInstructionKind.Opening, $"You enjoy {hobby}: \"{phrase}\"", $"Hobby: {hobby}", phrase);
}
