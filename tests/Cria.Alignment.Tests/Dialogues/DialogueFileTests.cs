using Cria.Models;
using Cria.Testing;

namespace Cria.Alignment.Tests.Dialogues;

public sealed class DialogueFileTests : IDisposable
{
    private const string Tree =
        """{"prompt":{"text":"Q","role":"prompter","replies":[{"text":"worse","role":"assistant","rank":1,"replies":[]},{"text":"best","role":"assistant","rank":0,"replies":[{"text":"more?","role":"prompter","replies":[{"text":"gone","role":"assistant","rank":0,"deleted":true},{"text":"yes","role":"assistant","rank":1,"replies":[{"text":"thanks","role":"prompter"}]}]}]}]}}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("cria-dialogues-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(
        """{"messages":[{"role":"system","content":"S"},{"role":"user","content":"Q"},{"role":"assistant","content":"A"}]}""",
        "s:S u:Q a:A")]
    [InlineData("""{"prompt":"Q","completion":"A"}""", "u:Q a:A")]
    [InlineData("""{"prompt":[{"role":"user","content":"Q"}],"completion":[{"role":"assistant","content":"A"}]}""", "u:Q a:A")]
    [InlineData("""{"instruction":"Q","input":"","output":"A"}""", "u:Q a:A")]
    [InlineData("""{"instruction":"Q","context":"C","response":"A"}""", "u:Q\n\nC a:A")]
    [InlineData("""{"instruction":"Q","output":"A","history":[["q","a"]],"system":"S"}""", "s:S u:q a:a u:Q a:A")]
    [InlineData("""{"conversations":[{"from":"human","value":"Q"},{"from":"gpt","value":"A"}]}""", "u:Q a:A")]
    [InlineData(Tree, "u:Q a:best u:more? a:yes")]
    public void Every_form_is_read(string line, string expected)
    {
        Dialogue dialogue = Assert.Single(DialogueFile.Read(Write("\n" + line + "\n")));
        Assert.Equal(
            expected,
            string.Join(
                ' ', dialogue.Messages.Select(message => $"{char.ToLowerInvariant(message.Role.ToString()[0])}:{message.Content}")));
        Assert.EndsWith("line 2", dialogue.Origin, StringComparison.Ordinal);
        Assert.Equal(0, dialogue.LearnedAnswers);
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":" "}]}""", "'messages[1]'")]
    [InlineData("""{"messages":[{"content":"Q"},{"role":"assistant","content":"A"}]}""", "'messages[0].role' is missing")]
    [InlineData("""{"messages":[{"role":"robot","content":"Q"},{"role":"assistant","content":"A"}]}""", "'robot'")]
    [InlineData("""{"messages":[{"role":"user","content":"Q"}]}""", "ends with the assistant's answer")]
    [InlineData("""{"messages":[{"role":"assistant","content":"A"}]}""", "expected the user's")]
    [InlineData(
        """{"messages":[{"role":"user","content":"Q"},{"role":"user","content":"Q"},{"role":"assistant","content":"A"}]}""",
        "'messages[1]'")]
    [InlineData("""{"messages":[]}""", "at least one message")]
    [InlineData("""{"messages":7}""", "must be a list")]
    [InlineData("""{"messages":[7]}""", "'messages[0]'")]
    [InlineData("""{"prompt":"Q"}""", "'completion'")]
    [InlineData("""{"prompt":"Q","completion":""}""", "'completion'")]
    [InlineData("""{"prompt":"Q","completion":3}""", "'completion'")]
    [InlineData("""{"instruction":"Q"}""", "'output'")]
    [InlineData("""{"instruction":"Q","output":"A","history":[["q"]]}""", "'history[0]'")]
    [InlineData("""{"conversations":[{"from":"cat","value":"Q"}]}""", "'cat'")]
    [InlineData("""{"prompt":{"text":"Q","role":"prompter","replies":[]}}""", "no answer")]
    [InlineData("""{"prompt":"Q","completion":"A","learned_answers":0}""", "'learned_answers'")]
    [InlineData("""{"prompt":"Q","completion":"A","learned_answers":1.5}""", "'learned_answers'")]
    [InlineData("""{"prompt":"Q","completion":"A","learned_answers":true}""", "'learned_answers'")]
    [InlineData("""{"text":"Q"}""", "'messages'")]
    [InlineData("""["Q"]""", "JSON object")]
    [InlineData("""{"messages":""", "JSON")]
    public void Bad_data_is_named_by_file_line_and_field(string line, string found)
    {
        string path = Write("""{"prompt":"Q","completion":"A"}""" + "\n" + line);
        string message = Assert.Throws<AlignmentDataException>(() => DialogueFile.Read(path)).Message;
        Assert.StartsWith($"{path}, line 2: ", message, StringComparison.Ordinal);
        Assert.Contains(found, message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_file_is_an_error() =>
        Assert.Contains(
            "holds none",
            Assert.Throws<AlignmentDataException>(() => DialogueFile.Read(Write("\n"))).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("written.jsonl")]
    [InlineData("written.jsonl.gz")]
    public void What_is_written_is_read(string name)
    {
        Random random = new(1);
        Dialogue[] dialogues =
        [
            .. Enumerable.Range(0, 50).Select(i => DialogueEncoderTests.RandomDialogue(random) with { LearnedAnswers = i % 3 }),
        ];
        string path = Path.Combine(_folder, name);
        DialogueFile.Write(path, dialogues);
        IReadOnlyList<Dialogue> read = DialogueFile.Read(path);
        Assert.Equal(dialogues.SelectMany(dialogue => dialogue.Messages), read.SelectMany(dialogue => dialogue.Messages));
        Assert.Equal(dialogues.Select(dialogue => dialogue.LearnedAnswers), read.Select(dialogue => dialogue.LearnedAnswers));
    }

    [Theory]
    [InlineData("openassistant-trees/en_100_tree.jsonl.gz", 100)]
    [InlineData("dolly-sample/dolly_387.jsonl.gz", 387)]
    [InlineData("sft-unified/permissive.jsonl.gz", 20654)]
    public void Real_dialogues_are_read(string file, int count)
    {
        IReadOnlyList<Dialogue> dialogues = DialogueFile.Read(SharedData.Data(file));
        Assert.Equal(count, dialogues.Count);
        Assert.All(dialogues, dialogue => Assert.Equal(ChatRole.Assistant, dialogue.Messages[^1].Role));
    }

    [Fact]
    public void Damaged_files_give_dialogues_or_a_clear_error()
    {
        string valid = string.Join('\n', Tree, """{"instruction":"Q","output":"A","history":[["q","a"]],"system":"S"}""",
            """{"messages":[{"role":"user","content":"é\uD83E\uDD99"},{"role":"assistant","content":"A"}],"last_answer_only":true}""",
            """{"conversations":[{"from":"human","value":"Q"},{"from":"gpt","value":"A"}]}""", """{"prompt":"Q","completion":"A"}""");
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(valid);
        string path = Path.Combine(_folder, "fuzz.jsonl");
        Random random = new(7);
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            File.WriteAllBytes(path, Damage(bytes, random));
            try
            {
                Assert.NotEmpty(DialogueFile.Read(path));
            }
            catch (AlignmentDataException e)
            {
                Assert.Contains(path, e.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.InRange(refused, 1000, 2999);
    }

    private static byte[] Damage(byte[] valid, Random random)
    {
        List<byte> bytes = [.. valid];
        for (int change = random.Next(3); change >= 0; change--)
        {
            int position = random.Next(bytes.Count - 8);
            switch (random.Next(5))
            {
                case 0:
                    bytes[position] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes.RemoveRange(position, random.Next(8));
                    break;
                case 2:
                    bytes.InsertRange(position, bytes.GetRange(random.Next(bytes.Count - 8), random.Next(8)));
                    break;
                case 3:
                    bytes.InsertRange(position, System.Text.Encoding.ASCII.GetBytes(@"\uD83E"));
                    break;
                default:
                    bytes[position] = (byte)"\"{}[]:,0"[random.Next(8)];
                    break;
            }
        }

        return [.. bytes];
    }

    private string Write(string content)
    {
        string path = Path.Combine(_folder, "data.jsonl");
        File.WriteAllText(path, content);
        return path;
    }
}
