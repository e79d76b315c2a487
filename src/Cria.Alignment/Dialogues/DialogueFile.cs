namespace Cria.Alignment;

/// <summary>
/// Files of dialogues, JSONL (gzip where the name ends in <c>.gz</c>), one object a line, in any of these forms:
/// <list type="bullet">
/// <item>
/// <c>{"messages":[{"role":"system|user|assistant","content":"…"}]}</c>, with <c>"learned_answers":1</c> where only the last answer
/// is to be learned (any number from 1 on);
/// </item>
/// <item><c>{"prompt":…,"completion":…}</c>, texts or lists of messages (TRL);</item>
/// <item>
/// <c>{"instruction":"…","input":"…","output":"…"}</c> (Alpaca) or <c>{"instruction":"…","context":"…","response":"…"}</c> (Dolly), with
/// <c>history</c> and <c>system</c> where there are any;
/// </item>
/// <item><c>{"conversations":[{"from":"human|gpt|system","value":"…"}]}</c> (ShareGPT);</item>
/// <item><c>{"prompt":{"text":"…","replies":[…]}}</c>, a tree of ranked replies (Open Assistant): the dialogue of the best ones.</item>
/// </list>
/// </summary>
public static class DialogueFile
{
    /// <summary>Reads every dialogue of a file.</summary>
    /// <exception cref="AlignmentDataException">
    /// The file is missing or empty, or a line is no dialogue: a message without text, an unknown or missing role, no answer at the end, ….
    /// The message names file, line and field.
    /// </exception>
    public static IReadOnlyList<Dialogue> Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        List<Dialogue> dialogues = [.. DataLines.Read(path).Select(DialogueForms.Parse)];
        return dialogues.Count > 0 ? dialogues : throw new AlignmentDataException($"{path}: expected dialogues, but the file holds none.");
    }

    /// <summary>Writes dialogues in the <c>messages</c> form.</summary>
    public static void Write(string path, IEnumerable<Dialogue> dialogues) => DataLines.Write(path, dialogues, static (json, dialogue) =>
    {
        DataLines.WriteMessages(json, "messages", dialogue.Messages);
        if (dialogue.LearnedAnswers > 0)
        {
            json.WriteNumber("learned_answers", dialogue.LearnedAnswers);
        }
    });
}
