using System.Globalization;
using System.Text;
using Cria.Models;
using Cria.Testing;

namespace Cria.Alignment.Tests;

public sealed class PreferenceFilesTests : IDisposable
{
    private const string Good =
        """{"prompt":[{"role":"user","content":"Hi"}],"chosen":"Hello","rejected":"No","rating":"slightly","safety":{"chosen":true}}""";
    private readonly string _folder = Directory.CreateTempSubdirectory("cria-preferences-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("pairs.jsonl")]
    [InlineData("pairs.jsonl.gz")]
    public void Everything_written_is_read_back(string name)
    {
        string path = Path.Combine(_folder, name);
        Comparison[] expected = [.. new RandomComparisons(1).Take(300)];
        PreferenceFiles.Write(path, expected);
        PreferenceReadResult result = PreferenceFiles.Read(path);
        Assert.Equal(ComparisonText.Of(expected), ComparisonText.Of(result.Comparisons));
        Assert.Equal(0, result.WithoutRating);
        Assert.Empty(result.Skipped);
        Assert.Equal($"{path}, line 7", result.Comparisons[6].Origin);
    }

    [Theory]
    [InlineData(PreferenceForm.HhRlhf)]
    [InlineData(PreferenceForm.TrlText)]
    [InlineData(PreferenceForm.TrlMessages)]
    [InlineData(PreferenceForm.TrlImplicit)]
    public void Forms_of_others_keep_prompt_and_answers(PreferenceForm form)
    {
        ChatMessage[] prompt = form == PreferenceForm.TrlText
            ? [new(ChatRole.User, "Hi")]
            : [new(ChatRole.User, "Hi"), new(ChatRole.Assistant, "Hello"), new(ChatRole.User, "What is\n\na llama?")];
        Comparison[] expected =
            [.. Enum.GetValues<PreferenceRating>().Select(rating => new Comparison(prompt, new("An animal."), new("A hill."), rating))];
        string path = Path.Combine(_folder, "pairs.jsonl");
        PreferenceFiles.Write(path, expected, form);
        PreferenceReadResult result = PreferenceFiles.Read(path, new PreferenceReadOptions { MissingRating = PreferenceRating.Slightly });
        if (form == PreferenceForm.HhRlhf)
        {
            expected = [.. expected.Select(c => c with { Rating = PreferenceRating.Slightly })];
            Assert.Equal(expected.Length, result.WithoutRating);
        }

        Assert.Equal(ComparisonText.Of(expected), ComparisonText.Of(result.Comparisons));
    }

    [Fact]
    public void A_form_that_cannot_hold_a_comparison_says_so_and_keeps_the_old_file()
    {
        Comparison comparison = new(
            [new(ChatRole.System, "Be kind."), new(ChatRole.User, "Hi")], new("Hello"), new("No"), PreferenceRating.Better)
        { PromptId = "p9" };
        string path = Path.Combine(_folder, "pairs.jsonl");
        File.WriteAllText(path, "old");
        AlignmentDataException hh =
            Assert.Throws<AlignmentDataException>(() => PreferenceFiles.Write(path, [comparison], PreferenceForm.HhRlhf));
        Assert.Contains("p9", hh.Message, StringComparison.Ordinal);
        Assert.Throws<AlignmentDataException>(() => PreferenceFiles.Write(path, [comparison], PreferenceForm.TrlText));
        Comparison marker = comparison with { Prompt = [new(ChatRole.User, "Hi\n\nAssistant: Hello")] };
        Assert.Throws<AlignmentDataException>(() => PreferenceFiles.Write(path, [marker], PreferenceForm.HhRlhf));
        Assert.Equal("old", File.ReadAllText(path));
    }

    [Theory]
    [InlineData("""{"prompt":[{"role":"user","content":"Hi"}],"rejected":"b","rating":"better"}""", "'chosen' is missing")]
    [InlineData(
        """{"prompt":[{"role":"user","content":"Hi"}],"chosen":"a","rejected":" \n","rating":"better"}""",
        "'rejected' must be an answer, but it is empty")]
    [InlineData("""{"prompt":[{"role":"user","content":"Hi"}],"chosen":"a","rejected":"a ","rating":"better"}""", "are the same answer")]
    [InlineData(
        """{"prompt":[{"role":"user","content":"Hi"}],"chosen":"a","rejected":"b","rating":"great"}""",
        "'rating' must be significantly, better, slightly or negligibly, but it is \"great\"")]
    [InlineData("""{"prompt":[{"role":"user","content":"Hi"}],"chosen":"a","rejected":"b","rating":3}""", "'rating' must be a string")]
    [InlineData(
        """{"prompt":[{"role":"human","content":"Hi"}],"chosen":"a","rejected":"b"}""",
        "'prompt[0].role' must be system, user or assistant")]
    [InlineData("""{"prompt":[{"content":"Hi"}],"chosen":"a","rejected":"b"}""", "'prompt[0].role' is missing")]
    [InlineData("""{"prompt":[{"role":"user","content":" "}],"chosen":"a","rejected":"b"}""", "'prompt[0].content' must hold text")]
    [InlineData("""{"prompt":[],"chosen":"a","rejected":"b"}""", "'prompt' must hold at least one message")]
    [InlineData(
        """{"prompt":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hi"}],"chosen":"a","rejected":"b"}""",
        "must end with the user's message")]
    [InlineData(
        """{"prompt":[{"role":"assistant","content":"Hi"},{"role":"user","content":"Hi"}],"chosen":"a","rejected":"b"}""",
        "'prompt[0].role' must be user where user and assistant take turns, but it is assistant")]
    [InlineData("""{"prompt":"Hi","chosen":"a\ud800","rejected":"b"}""", "half of a surrogate pair")]
    [InlineData("""{"prompt":"Hi","chosen":"a","rejected":"b","margin":-1}""", "'margin' must be a number from 0")]
    [InlineData("""{"prompt":"Hi","chosen":"a","rejected":"b","safety":{"chosen":"yes"}}""", "'safety.chosen' must be true or false")]
    [InlineData("""{"prompt":"Hi","chosen":"a","rejected":"b","batch":-1}""", "'batch' must be")]
    [InlineData("""{"prompt":"Hi","chosen":"a","rejected":"b","time":"soon"}""", "'time' must be")]
    [InlineData("""{"prompt":"Hi","chosen":"a","rejected":"b","kind":"fun"}""", "'kind' must be")]
    [InlineData("""{"prompt":"Hi","chosen":"a","rejected":"b","chosen_by":{"seed":-1}}""", "'chosen_by.seed' must be")]
    [InlineData("""{"chosen":"a","rejected":"b"}""", "'chosen' must begin with")]
    [InlineData("""{"chosen":"\n\nHuman: Hi\n\nAssistant: a","rejected":"\n\nHuman: Ho\n\nAssistant: b"}""", "part at message 1")]
    [InlineData(
        """{"chosen":"\n\nHuman: Hi\n\nAssistant: a\n\nHuman: Oh","rejected":"\n\nHuman: Hi\n\nAssistant: a\n\nHuman: Ah"}""",
        "'chosen' must end with the assistant's answer")]
    [InlineData(
        """{"chosen":"\n\nHuman: Hi\n\nAssistant: a","rejected":"\n\nHuman: Hi\n\nAssistant: a\n\nHuman: Ah"}""",
        "only the last answer may differ")]
    [InlineData("[1]", "expected a JSON object")]
    [InlineData("{\"prompt\":", "not JSON at byte")]
    public void A_bad_line_is_named_or_counted(string line, string expected)
    {
        string path = Path.Combine(_folder, "pairs.jsonl");
        File.WriteAllText(path, $"{Good}\n\n{line}\n{Good.Replace("Hi", "Ho", StringComparison.Ordinal)}\n");
        AlignmentDataException error = Assert.Throws<AlignmentDataException>(() => PreferenceFiles.Read(path));
        Assert.StartsWith($"{path}, line 3: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        PreferenceReadResult result = PreferenceFiles.Read(path, new PreferenceReadOptions { SkipBad = true });
        Assert.Equal(2, result.Comparisons.Count);
        Assert.Equal(error.Message, Assert.Single(result.Skipped));
    }

    [Theory]
    [InlineData("0", PreferenceRating.Negligibly)]
    [InlineData("0.9", PreferenceRating.Slightly)]
    [InlineData("2", PreferenceRating.Better)]
    [InlineData("1e9", PreferenceRating.Significantly)]
    public void A_margin_is_a_rating(string margin, PreferenceRating expected)
    {
        string path = Path.Combine(_folder, "pairs.jsonl");
        File.WriteAllText(path, $$"""{"prompt":"Hi","chosen":"a","rejected":"b","margin":{{margin}}}""");
        Assert.Equal(expected, PreferenceFiles.Read(path).Comparisons[0].Rating);
    }

    [Fact]
    public void Files_that_are_not_what_they_seem_are_named()
    {
        Assert.Throws<AlignmentDataException>(() => PreferenceFiles.Read(Path.Combine(_folder, "absent.jsonl")));
        string path = Path.Combine(_folder, "pairs.jsonl.gz");
        PreferenceFiles.Write(path, new RandomComparisons(2).Take(200));
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^200]);
        PreferenceReadOptions skip = new() { SkipBad = true };
        AlignmentDataException truncated = Assert.Throws<AlignmentDataException>(() => PreferenceFiles.Read(path, skip));
        Assert.Contains(path, truncated.Message, StringComparison.Ordinal);
        string latin = Path.Combine(_folder, "latin.jsonl");
        File.WriteAllBytes(latin, [.. Encoding.ASCII.GetBytes("{\"prompt\":\"caf"), 0xE9, .. Encoding.ASCII.GetBytes("\"}")]);
        Assert.Contains(
            "UTF-8", Assert.Throws<AlignmentDataException>(() => PreferenceFiles.Read(latin)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_damage_gives_comparisons_or_a_typed_error()
    {
        string path = Path.Combine(_folder, "good.jsonl");
        PreferenceFiles.Write(path, new RandomComparisons(3).Take(4));
        const string Turns = @"\n\nHuman: Hi\n\nAssistant: a\n\nHuman: Oh\n\nAssistant: ";
        string hh = $$"""{"chosen":"{{Turns}}b","rejected":"{{Turns}}c"}""";
        byte[][] seeds = [.. File.ReadAllLines(path).Append(hh).Append(Good).Select(Encoding.UTF8.GetBytes)];
        Random random = new(4);
        string damaged = Path.Combine(_folder, "damaged.jsonl");
        int read = 0;
        for (int i = 0; i < 1500; i++)
        {
            List<byte> bytes = [.. seeds[random.Next(seeds.Length)]];
            for (int change = random.Next(1, 5); change > 0; change--)
            {
                int at = random.Next(bytes.Count);
                switch (random.Next(3))
                {
                    case 0:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes.RemoveRange(at, Math.Min(random.Next(1, 12), bytes.Count - at - 1));
                        break;
                    default:
                        bytes.InsertRange(at, bytes.GetRange(random.Next(at + 1), Math.Min(8, bytes.Count - at)));
                        break;
                }
            }

            File.WriteAllBytes(damaged, [.. bytes]);
            try
            {
                read += PreferenceFiles.Read(damaged).Comparisons.Count;
            }
            catch (AlignmentDataException)
            {
            }
        }

        Assert.True(read > 0);
    }

    [Theory]
    [InlineData("hh-rlhf-harmless/harmless-base_test.jsonl.gz", 2312, 13)]
    [InlineData("hh-rlhf-helpful/train_a.jsonl.gz", 4000, 13)]
    [InlineData("hh-rlhf-helpful/train_b.jsonl.gz", 4000, 15)]
    [InlineData("preferences-unified/test.jsonl.gz", 3165, 4)]
    [InlineData("preferences-unified/train.jsonl.gz", 17630, 80)]
    public void Real_preferences_are_read_and_what_is_skipped_is_counted(string file, int lines, int bad)
    {
        PreferenceReadResult result = PreferenceFiles.Read(SharedData.Data(file), new PreferenceReadOptions { SkipBad = true });
        Assert.Equal(bad, result.Skipped.Count);
        Assert.Equal(lines - bad, result.Comparisons.Count);
        Assert.Equal(lines - bad, result.WithoutRating);
    }

    [Fact]
    public void One_prompt_in_n_is_held_out_and_always_the_same_ones()
    {
        ChatMessage[][] prompts =
            [.. Enumerable.Range(0, 2000).Select(i => new ChatMessage[] { new(ChatRole.User, i.ToString(CultureInfo.InvariantCulture)) })];
        int[] held = [.. Enumerable.Range(0, 2000).Where(i => HoldOut.IsHeldOut(prompts[i], 10))];
        Assert.InRange(held.Length, 150, 250);
        Assert.Equal(held, Enumerable.Range(0, 2000).Where(i => HoldOut.IsHeldOut([new(ChatRole.User, $" {i} ")], 10)));
        Assert.DoesNotContain(prompts, prompt => HoldOut.IsHeldOut(prompt, 0));
        Assert.All(prompts, prompt => Assert.True(HoldOut.IsHeldOut(prompt, 1)));
    }
}
