using System.CommandLine;
using Cria.Alignment;

namespace Cria.Cli.Commands;

/// <summary>Files of prompts that verbs work with.</summary>
internal static class PromptInput
{
    public static Option<string> Prompts(string what = "prompts") => new("--prompts")
    {
        Description = $"A file of {what}, JSONL: \"prompt\" or \"messages\" that end with the user.",
        Required = true,
    };

    /// <summary>Reads a file of prompts.</summary>
    /// <exception cref="AlignmentDataException">It holds none, or a line is none; file, line and field are named.</exception>
    public static IReadOnlyList<AlignmentPrompt> Read(string path)
    {
        IReadOnlyList<AlignmentPrompt> prompts = PromptFile.Read(path);
        return prompts.Count > 0 ? prompts : throw new AlignmentDataException($"{path}: expected prompts, but the file holds none.");
    }

    /// <summary>Reads a file of prompts that are all meant to elicit unsafe answers, or none of which is.</summary>
    /// <exception cref="AlignmentDataException">It holds none, or a prompt is of the other kind; it is named.</exception>
    public static IReadOnlyList<AlignmentPrompt> Read(string path, bool isSafety)
    {
        IReadOnlyList<AlignmentPrompt> prompts = Read(path);
        return prompts.FirstOrDefault(prompt => prompt.IsSafety != isSafety) is not { } other
            ? prompts
            : throw new AlignmentDataException(
                $"{other.Origin}: expected a prompt {(isSafety ? "with" : "without")} \"safety\":true, for {path} is a file of "
                + (isSafety ? "red-team prompts." : "harmless prompts."));
    }
}
