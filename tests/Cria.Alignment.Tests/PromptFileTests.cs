using Cria.Models;

namespace Cria.Alignment.Tests;

public sealed class PromptFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cria-prompts").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("prompts.jsonl")]
    [InlineData("prompts.jsonl.gz")]
    public void What_is_written_is_read(string name)
    {
        AlignmentPrompt[] prompts =
        [
            new("a", [new ChatMessage(ChatRole.System, "Be brief."), new ChatMessage(ChatRole.User, "What is \"List<T>\"?\n")])
            {
                Reference = "A list.",
            },
            new("b", [new ChatMessage(ChatRole.User, "ü")]) { IsSafety = true, RiskCategory = "crime", AttackVector = "role play" },
        ];
        string path = Path.Combine(_folder, name);
        PromptFile.Write(path, prompts);
        IReadOnlyList<AlignmentPrompt> read = PromptFile.Read(path);
        Assert.Equal(prompts.Select(Describe), read.Select(Describe));
    }

    [Theory]
    [InlineData(
        "{\"prompt\":\"a\"}\n{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"}]}",
        "line 2",
        "assistant")]
    [InlineData("{\"prompt\":\" \"}", "line 1", "empty")]
    [InlineData("\n\n{\"text\":\"a\"}", "line 3", "'prompt'")]
    [InlineData("{\"messages\":[{\"role\":\"robot\",\"content\":\"a\"}]}", "line 1", "robot")]
    [InlineData("{\"messages\":[{\"role\":\"user\"}]}", "line 1", "messages[0].content")]
    [InlineData("{\"prompt\":\"a\",\"safety\":3}", "line 1", "'safety'")]
    [InlineData("{\"prompt\":", "line 1", "JSON")]
    public void Bad_lines_are_named(string content, string line, string found)
    {
        string path = Path.Combine(_folder, "bad.jsonl");
        File.WriteAllText(path, content);
        string message = Assert.Throws<AlignmentDataException>(() => PromptFile.Read(path)).Message;
        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.Contains(line, message, StringComparison.Ordinal);
        Assert.Contains(found, message, StringComparison.Ordinal);
    }

    private static string Describe(AlignmentPrompt prompt) => string.Join('|', (IEnumerable<object>)
        [prompt.Id, prompt.IsSafety, prompt.RiskCategory, prompt.AttackVector, prompt.Reference ?? "-", .. prompt.Messages]);
}
