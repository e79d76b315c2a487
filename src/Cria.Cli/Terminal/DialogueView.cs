using System.Text;
using Cria.Models;
using Spectre.Console;

namespace Cria.Cli.Terminal;

/// <summary>
/// Shows an encoded dialogue with what is learned of it apart from what is masked: green against grey in a terminal, between ⟦ and ⟧ where
/// there is no colour. Control tokens are shown by their names.
/// </summary>
/// <param name="console">Where to write.</param>
/// <param name="tokenizer">Spells the tokens.</param>
/// <param name="hasColor">Whether to tell the two apart by colour.</param>
internal sealed class DialogueView(IAnsiConsole console, Tokenizer tokenizer, bool hasColor)
{
    public const string LearnedStart = "⟦";
    public const string LearnedEnd = "⟧";

    private static readonly Style Learned = new(Color.Green);
    private static readonly Style Masked = new(Color.Grey);

    /// <summary>Writes a dialogue and an empty line.</summary>
    public void Show(EncodedDialogue dialogue)
    {
        Paragraph paragraph = new();
        StringBuilder plain = new();
        foreach ((string text, bool isLearned) in Parts(dialogue))
        {
            paragraph.Append(text, isLearned ? Learned : Masked);
            plain.Append(isLearned ? $"{LearnedStart}{text}{LearnedEnd}" : text);
        }

        if (hasColor)
        {
            console.Write(paragraph);
            console.WriteLine();
        }
        else
        {
            // As it is: a file has no width at which to wrap.
            console.Profile.Out.Writer.WriteLine(plain.ToString());
        }

        console.WriteLine();
    }

    private IEnumerable<(string Text, bool IsLearned)> Parts(EncodedDialogue dialogue)
    {
        StreamingDecoder decoder = tokenizer.CreateStreamingDecoder();
        StringBuilder text = new();
        for (int i = 0; i < dialogue.Ids.Length; i++)
        {
            if (tokenizer.IsControl(dialogue.Ids[i]))
            {
                text.Append(tokenizer.PieceText(dialogue.Ids[i]));
            }
            else
            {
                text.Append(decoder.Append(dialogue.Ids[i]));
            }

            if (i + 1 == dialogue.Ids.Length || dialogue.IsAssistant[i + 1] != dialogue.IsAssistant[i])
            {
                yield return (TerminalText.Printable(text.ToString()), dialogue.IsAssistant[i]);
                text.Clear();
            }
        }
    }
}
