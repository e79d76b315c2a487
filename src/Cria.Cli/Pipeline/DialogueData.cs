using System.Security.Cryptography;
using System.Text;
using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Models;

namespace Cria.Cli.Pipeline;

/// <summary>The dialogues of a fine-tuning.</summary>
/// <param name="Training">To learn from.</param>
/// <param name="Validation">Held out, to measure on; may be empty.</param>
internal sealed record DialogueData(IReadOnlyList<Dialogue> Training, IReadOnlyList<Dialogue> Validation)
{
    // Streams of the run's seed that no other purpose uses.
    private const ulong SelectionStream = 0x5F7_0001;

    /// <summary>One value for every word of the dialogues and for what is learned of them.</summary>
    public string Fingerprint
    {
        get
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (Dialogue dialogue in Training.Append(new Dialogue([])).Concat(Validation))
            {
                hash.AppendData(Encoding.UTF8.GetBytes($"{dialogue.Messages.Count} {dialogue.LearnedAnswers}\n"));
                foreach (ChatMessage message in dialogue.Messages)
                {
                    hash.AppendData(Encoding.UTF8.GetBytes($"{message.Role} {message.Content.Length} {message.Content}"));
                }
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
    }

    /// <summary>Reads the files that a recipe names and holds a share of them out.</summary>
    /// <exception cref="CliException">It names none.</exception>
    /// <exception cref="AlignmentDataException">A file is no file of dialogues.</exception>
    public static DialogueData Read(SftSection section, ulong seed)
    {
        if (section.Data.Count == 0)
        {
            throw new CliException("The recipe's sft.data names no file of dialogues.");
        }

        Dialogue[] all = [.. section.Data.SelectMany(DialogueFile.Read)];
        DeterministicRandom random = new(seed, SelectionStream);
        random.Shuffle<Dialogue>(all);
        all = section.MaximumDialogues > 0 ? [.. all.Take(section.MaximumDialogues)] : all;
        if (section.Validation.Count > 0)
        {
            return new DialogueData(all, [.. section.Validation.SelectMany(DialogueFile.Read)]);
        }

        int heldOut = Math.Min(all.Length - 1, (int)Math.Ceiling(section.ValidationShare * all.Length));
        return new DialogueData(all[heldOut..], all[..heldOut]);
    }
}
