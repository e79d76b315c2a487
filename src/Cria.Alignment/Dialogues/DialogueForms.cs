using System.Text.Json;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>The forms that a line of a file of dialogues may have. Each message is read with the name of its field, for errors.</summary>
internal static class DialogueForms
{
    private const string Expected =
        "expected 'messages', 'prompt' and 'completion', 'instruction' and 'output' or 'response', 'conversations', or a tree in 'prompt'";

    public static Dialogue Parse(DataLine line)
    {
        List<(ChatMessage Message, string Field)> messages =
            line.Has("messages") ? List(line, "messages")
            : line.Has("conversations") ? Conversations(line)
            : line.Has("instruction") ? Instruction(line)
            : line.Has("prompt") && line.Value.GetProperty("prompt").ValueKind == JsonValueKind.Object ? DialogueTree.BestPath(line)
            : line.Has("prompt") && line.Has("completion")
                ? [.. Part(line, "prompt", ChatRole.User), .. Part(line, "completion", ChatRole.Assistant)]
            : throw line.Error($"{Expected}, found {DataLine.Describe(line.Value)}.");
        Check(line, messages);
        return new Dialogue([.. messages.Select(message => message.Message)])
        {
            Origin = line.Where,
            LearnedAnswers = LearnedAnswers(line),
        };
    }

    private static int LearnedAnswers(DataLine line) => line.Number("learned_answers") switch
    {
        null => 0,
        >= 1 and <= int.MaxValue and double count when Math.Floor(count) == count => (int)count,
        _ => throw line.Wrong("learned_answers", "a whole number from 1 on", line.Value.GetProperty("learned_answers")),
    };

    /// <summary>A system message at most, then user and assistant in turn up to an answer, none of them empty.</summary>
    private static void Check(DataLine line, List<(ChatMessage Message, string Field)> messages)
    {
        int first = messages[0].Message.Role == ChatRole.System ? 1 : 0;
        for (int i = first; i < messages.Count; i++)
        {
            (ChatMessage message, string field) = messages[i];
            ChatRole expected = (i - first) % 2 == 0 ? ChatRole.User : ChatRole.Assistant;
            if (message.Role != expected)
            {
                throw line.Error(
                    $"'{field}' is the {Name(message.Role)}'s, expected the {Name(expected)}'s: "
                    + "a dialogue has one system message at most, then user and assistant in turn.");
            }

            if (string.IsNullOrWhiteSpace(message.Content))
            {
                throw line.Error($"'{field}' is an empty message of the {Name(message.Role)}.");
            }
        }

        if (messages[^1].Message.Role != ChatRole.Assistant)
        {
            throw line.Error(
                $"'{messages[^1].Field}' is the {Name(messages[^1].Message.Role)}'s: a dialogue ends with the assistant's answer.");
        }
    }

    private static List<(ChatMessage Message, string Field)> List(DataLine line, string name) =>
        [.. line.Messages(name).Select((message, i) => (message, $"{name}[{i}]"))];

    private static List<(ChatMessage Message, string Field)> Part(DataLine line, string name, ChatRole role) =>
        line.Value.GetProperty(name).ValueKind == JsonValueKind.Array
            ? List(line, name)
            : [(new ChatMessage(role, line.Text(name)!), name)];

    private static List<(ChatMessage Message, string Field)> Instruction(DataLine line)
    {
        string answer = line.Has("output") ? "output" : "response";
        string instruction = line.Text("instruction")!;
        string input = line.Text("input") ?? line.Text("context") ?? "";
        List<(ChatMessage, string)> messages = [];
        if (line.Text("system") is { Length: > 0 } system)
        {
            messages.Add((new ChatMessage(ChatRole.System, system), "system"));
        }

        messages.AddRange(History(line));
        messages.Add((new ChatMessage(ChatRole.User, input.Length > 0 ? $"{instruction}\n\n{input}" : instruction), "instruction"));
        messages.Add((
            new ChatMessage(ChatRole.Assistant, line.Text(answer) ?? throw line.Error("'output' (or 'response') is missing.")), answer));
        return messages;
    }

    private static IEnumerable<(ChatMessage Message, string Field)> History(DataLine line)
    {
        if (!line.Has("history"))
        {
            yield break;
        }

        int turn = 0;
        foreach (JsonElement pair in line.List("history"))
        {
            string name = $"history[{turn++}]";
            if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2)
            {
                throw line.Error($"'{name}' must be a question and its answer, but it is {DataLine.Describe(pair)}.");
            }

            yield return (new ChatMessage(ChatRole.User, line.Text(pair[0], name + "[0]")), name + "[0]");
            yield return (new ChatMessage(ChatRole.Assistant, line.Text(pair[1], name + "[1]")), name + "[1]");
        }
    }

    private static List<(ChatMessage Message, string Field)> Conversations(DataLine line)
    {
        List<(ChatMessage, string)> messages = [];
        foreach (JsonElement item in line.List("conversations"))
        {
            string name = $"conversations[{messages.Count}]";
            ChatRole role = line.Field(item, name, "from") switch
            {
                "system" => ChatRole.System,
                "human" or "user" => ChatRole.User,
                "gpt" or "assistant" => ChatRole.Assistant,
                string other => throw line.Error($"'{name}.from' must be system, human or gpt, but it is '{other}'."),
            };
            messages.Add((new ChatMessage(role, line.Field(item, name, "value")), name));
        }

        return messages.Count > 0 ? messages : throw line.Error("'conversations' must hold at least one message, but it is empty.");
    }

    private static string Name(ChatRole role) => role.ToString().ToLowerInvariant();
}
