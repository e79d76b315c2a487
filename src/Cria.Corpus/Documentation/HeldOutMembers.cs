using System.Text.Encodings.Web;
using System.Text.Json;
using Cria.Models;

namespace Cria.Corpus;

/// <summary>The members that pretraining does not see, as JSON Lines: evaluation asks about them.</summary>
public static class HeldOutMembers
{
    // Signatures are full of < and >, which the default encoder would escape.
    private static readonly CorpusLinesJson Json =
        new(new JsonSerializerOptions(CorpusLinesJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Writes one member a line, with its whole entry as <c>text</c>.</summary>
    public static void Write(string path, IEnumerable<DocumentedMember> members) => AtomicFile.Write(path, stream =>
    {
        foreach (DocumentedMember member in members)
        {
            JsonSerializer.Serialize(stream, member, Json.DocumentedMember);
            stream.WriteByte((byte)'\n');
        }
    });

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidCorpusException">The file is missing or a line is not such a member; the message names the line.</exception>
    public static IReadOnlyList<DocumentedMember> Read(string path)
    {
        List<DocumentedMember> members = [];
        string[] lines = SourceFiles.Guard(path, 0, () => File.ReadAllLines(path));
        for (int i = 0; i < lines.Length; i++)
        {
            try
            {
                members.Add(JsonSerializer.Deserialize(lines[i], Json.DocumentedMember)
                    ?? throw new InvalidCorpusException($"{path}: line {i + 1}: null instead of a member."));
            }
            catch (JsonException exception)
            {
                throw new InvalidCorpusException($"{path}: line {i + 1}: not a documented member: {exception.Message}", exception);
            }
        }

        return members;
    }
}
