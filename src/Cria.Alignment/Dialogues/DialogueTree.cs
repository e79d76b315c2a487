using System.Text.Json;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// Open Assistant's trees (Köpf et al. 2023): a prompt, its replies, theirs, …, replies of the assistant ranked by people, 0 the best.
/// </summary>
internal static class DialogueTree
{
    /// <summary>
    /// The dialogue from the root along the best-ranked reply (the first where none is ranked), up to the last answer. Deleted messages
    /// are passed over with all that hangs on them.
    /// </summary>
    public static List<(ChatMessage Message, string Field)> BestPath(DataLine line)
    {
        List<(ChatMessage Message, string Field)> path = [];
        string name = "prompt";
        for (JsonElement? node = line.Value.GetProperty("prompt"); node is { } current; node = BestReply(line, current, ref name))
        {
            path.Add((new ChatMessage(Role(line, current, name), line.Field(current, name, "text")), name));
        }

        int answers = path.FindLastIndex(message => message.Message.Role == ChatRole.Assistant);
        return answers >= 0 ? path[..(answers + 1)] : throw line.Error("the tree in 'prompt' has no answer of the assistant.");
    }

    private static ChatRole Role(DataLine line, JsonElement node, string name) => line.Field(node, name, "role") switch
    {
        "prompter" => ChatRole.User,
        "assistant" => ChatRole.Assistant,
        string other => throw line.Error($"'{name}.role' must be prompter or assistant, but it is '{other}'."),
    };

    private static JsonElement? BestReply(DataLine line, JsonElement node, ref string name)
    {
        DataLine inner = new(line.Where, node);
        if (!inner.Has("replies"))
        {
            return null;
        }

        JsonElement? best = null;
        double bestRank = double.PositiveInfinity;
        string bestName = name;
        int index = 0;
        foreach (JsonElement reply in inner.List("replies"))
        {
            string replyName = $"{name}.replies[{index++}]";
            if (reply.ValueKind != JsonValueKind.Object)
            {
                throw line.Error($"'{replyName}' must be an object, but it is {DataLine.Describe(reply)}.");
            }

            DataLine fields = new(line.Where, reply);
            double rank = fields.Number("rank") ?? double.MaxValue;
            if (fields.Flag("deleted") != true && rank < bestRank)
            {
                (best, bestRank, bestName) = (reply, rank, replyName);
            }
        }

        name = bestName;
        return best;
    }
}
