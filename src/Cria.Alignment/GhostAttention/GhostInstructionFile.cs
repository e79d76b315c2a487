namespace Cria.Alignment;

/// <summary>
/// A team's own instructions as JSONL: <c>{"instruction":"Always call me Ada.","contains":"Ada"}</c>, with one of <c>starts-with</c>,
/// <c>contains</c> and <c>ends-with</c>, by which an answer's obedience is told, and optionally <c>short</c>, the instruction as key:
/// value. Those of different rules are combined.
/// </summary>
public static class GhostInstructionFile
{
    private static readonly (string Field, GhostInstructionKind Kind)[] Rules =
    [
        ("starts-with", GhostInstructionKind.Opening), ("contains", GhostInstructionKind.Name), ("ends-with", GhostInstructionKind.Closing),
    ];

    /// <summary>Reads a file.</summary>
    /// <exception cref="AlignmentDataException">It holds none, or a line is none; file, line and field are named.</exception>
    public static IReadOnlyList<GhostInstruction> Read(string path)
    {
        GhostInstruction[] instructions = [.. DataLines.Read(path).Select(Parse)];
        return instructions.Length > 0
            ? instructions
            : throw new AlignmentDataException($"{path}: expected instructions, but the file holds none.");
    }

    private static GhostInstruction Parse(DataLine line)
    {
        string text = Required(line, "instruction");
        (string Field, GhostInstructionKind Kind)[] rules = Array.FindAll(Rules, rule => line.Has(rule.Field));
        return rules.Length == 1
            ? new GhostInstruction(rules[0].Kind, text, line.Text("short")?.Trim() ?? "", Required(line, rules[0].Field))
            : throw line.Error(
                $"expected one of {string.Join(", ", Rules.Select(rule => $"'{rule.Field}'"))}, "
                + $"by which obedience is told, found {rules.Length}.");
    }

    private static string Required(DataLine line, string name) =>
        line.Text(name) is not { } text ? throw line.Error($"'{name}' is missing.")
        : string.IsNullOrWhiteSpace(text) ? throw line.Error($"'{name}' is empty.")
        : text.Trim();
}
