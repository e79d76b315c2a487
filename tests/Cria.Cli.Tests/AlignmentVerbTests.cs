using System.Text.Json;

namespace Cria.Cli.Tests;

/// <summary>
/// <c>cria rejection-sample</c>, <c>ghost-attention</c>, <c>safety</c> and <c>compare</c> as a team uses them on its own model and data.
/// </summary>
public sealed class AlignmentVerbTests(TinyRun tiny)
{
    private const string Safety = "\"safety\":true,\"category\":\"secrets\",\"attack\":\"plain\"";

    private string Chat => TinyModels.Taught(
        tiny, "verb-chat", "Ada ran.", ["cat", "dog"], ["hill"], ["moon"], ["cat\nUse her name.", "dog\nUse her name."]);

    private string Reward => TinyModels.Reward(tiny, "verb-reward", 2);

    [Fact]
    public void Rejection_sampling_writes_the_best_answers_for_sft_and_goes_on_where_it_was()
    {
        string prompts = tiny.Write("verb-prompts.jsonl", "{\"prompt\":\"cat\"}\n{\"prompt\":\"dog\",\"safety\":true}\n");
        string[] command =
        [
            "rejection-sample", Chat, "--prompts", prompts, "--reward", Reward, TinyModels.Reward(tiny, "other/verb-reward", 3),
            "--safety-reward", TinyModels.Reward(tiny, "verb-reward-safety", 4),
            "--samples", "3", "--max-tokens", "12", "--sweep", "0.8,1.2",
            "--output", "verb-best.jsonl",
        ];
        ProgramResult table = Run(command);
        Assert.Contains("2 prompts x 3 answers", table.Output, StringComparison.Ordinal);
        byte[] best = File.ReadAllBytes(tiny.PathOf("verb-best.jsonl"));
        string samples = tiny.PathOf("verb-best.samples.jsonl");
        File.WriteAllLines(samples, File.ReadAllLines(samples).Take(1));
        JsonElement figures = Json([.. command, "--json"]);
        Assert.Equal(best, File.ReadAllBytes(tiny.PathOf("verb-best.jsonl")));
        Assert.Equal([1, 2, 3], figures.GetProperty("by_count").EnumerateArray().Select(row => row.GetProperty("n").GetInt32()));
        double[] maxima =
            [.. figures.GetProperty("by_count").EnumerateArray().Select(row => row.GetProperty("maximum").GetProperty("mean").GetDouble())];
        Assert.Equal(maxima.Order(), maxima);
        Assert.Equal(2, figures.GetProperty("by_temperature").GetArrayLength());

        int kept = figures.GetProperty("kept").GetInt32();
        Assert.Equal(kept, Alignment.DialogueFile.Read(tiny.PathOf("verb-best.jsonl")).Count);
        ProgramResult other = CriaProgram.Run(tiny.Folder, [.. command, "--seed", "9"]);
        Assert.Contains("other settings", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Ghost_attention_keeps_what_obeys_and_measures_it()
    {
        string dialogues = tiny.Write(
            "verb-dialogues.jsonl",
            """{"messages":[{"role":"user","content":"cat"},{"role":"assistant","content":"-"},{"role":"user","content":"dog"},{"role":"assistant","content":"-"}]}""");
        string own = tiny.Write("verb-instructions.jsonl", """{"instruction":"Use her name.","contains":"Ada"}""");
        ProgramResult made = Run(
            "ghost-attention", "synthesise", Chat, "--dialogues", dialogues, "--instructions", own, "--output", "verb-ghost.jsonl",
            "--max-tokens", "12", "--samples", "8", "--reward", Reward);
        Assert.Contains("1 training dialogues", made.Output, StringComparison.Ordinal);
        Alignment.Dialogue learned = Assert.Single(Alignment.DialogueFile.Read(tiny.PathOf("verb-ghost.jsonl")));
        Assert.Equal(1, learned.LearnedAnswers);
        Assert.Equal("cat\nUse her name.", learned.Messages[0].Content);
        Assert.Equal("dog", learned.Messages[2].Content);

        JsonElement obeyed = Json(
            "ghost-attention", "evaluate", Chat, "--dialogues", dialogues, "--instructions", own,
            "--turns", "1,2,6", "--max-tokens", "12", "--json");
        JsonElement[] turns = [.. obeyed.GetProperty("turns").EnumerateArray()];
        Assert.Equal([1, 2, 6], turns.Select(turn => turn.GetProperty("turn").GetInt32()));
        Assert.Equal(1, turns[0].GetProperty("obeyed").GetProperty("rate").GetDouble());
        Assert.Equal(JsonValueKind.Null, turns[2].GetProperty("obeyed").ValueKind);
        Assert.Equal(1, turns[0].GetProperty("single").GetProperty("rate").GetDouble());
        Assert.Equal(JsonValueKind.Null, turns[0].GetProperty("combined").ValueKind);
        Assert.Contains(
            "obey",
            Run("ghost-attention", "evaluate", Chat, "--dialogues", dialogues, "--turns", "1", "--max-tokens", "12").Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Safety_is_distilled_and_measured()
    {
        string redTeam = tiny.Write("verb-red-team.jsonl", $$"""{"prompt":"cat",{{Safety}}}""");
        string borderline = tiny.Write("verb-borderline.jsonl", """{"prompt":"dog"}""");
        ProgramResult distilled = Run(
            "safety", "distil", Chat, "--prompts", redTeam, "--reward", Reward, "--output", "verb-distilled.jsonl", "--max-tokens", "12");
        Assert.Contains("of 1 prompts got a better answer", distilled.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(tiny.PathOf("verb-distilled.jsonl")));

        string[] command =
            ["safety", "evaluate", Chat, "--prompts", redTeam, "--borderline", borderline, "--reward", Reward, "--max-tokens", "12"];
        Assert.Contains("category secrets: 100.0%", Run(command).Output, StringComparison.Ordinal);
        JsonElement figures = Json([.. command, "--json"]);
        Assert.Equal(1, figures.GetProperty("violations").GetProperty("rule").GetProperty("rate").GetDouble());
        Assert.True(figures.GetProperty("violations").TryGetProperty("verb-reward", out _));
        Assert.Equal(0, figures.GetProperty("false_refusals").GetProperty("rate").GetDouble());
        Assert.Equal(2, figures.GetProperty("groups").GetArrayLength());
    }

    [Fact]
    public void Two_models_are_compared_by_a_reward_model()
    {
        string prompts = tiny.Write("compared.jsonl", "{\"prompt\":\"cat\"}\n{\"prompt\":\"dog\"}\n{\"prompt\":\"hill\"}\n");
        string random = TinyModels.Chat(tiny, "verb-random", 5);
        string[] command = ["compare", Chat, random, "--prompts", prompts, "--reward", Reward, "--max-tokens", "12"];
        Assert.Contains("of decided comparisons", Run(command).Output, StringComparison.Ordinal);
        JsonElement forwards = Json([.. command, "--json"]);
        JsonElement backwards = Json(["compare", random, Chat, .. command.Skip(3), "--json"]);
        JsonElement rate = forwards.GetProperty("win_rate");
        Assert.Equal(3, rate.GetProperty("trials").GetInt32() + forwards.GetProperty("ties").GetInt32());
        Assert.Equal(
            rate.GetProperty("trials").GetInt32() - rate.GetProperty("successes").GetInt32(),
            backwards.GetProperty("win_rate").GetProperty("successes").GetInt32());
        Assert.Equal(
            3,
            Json("compare", Chat, Chat, "--prompts", prompts, "--reward", Reward, "--max-tokens", "12", "--json")
                .GetProperty("ties").GetInt32());
    }

    [Theory]
    [InlineData("", "expected prompts, but the file holds none")]
    [InlineData("{\"messages\":[{\"content\":\"a\"}]}", "bad-prompts.jsonl, line 1: 'messages[0].role' is missing")]
    [InlineData("{\"prompt\":\"a\"}\n{\"prompt\":\"\"}", "bad-prompts.jsonl, line 2")]
    [InlineData("{\"prompt\":\"cat\"}\n{\"prompt\":\"LONG\"}", "(bad-prompts.jsonl, line 2) has")]
    public void Bad_prompts_stop_every_verb_before_any_work(string content, string expected)
    {
        string safe = content.Replace("LONG", string.Concat(Enumerable.Repeat("moon ", 300)), StringComparison.Ordinal);
        string red = safe.Replace("{\"", $"{{{Safety},\"", StringComparison.Ordinal);
        lock (tiny)
        {
            tiny.Write("bad-prompts.jsonl", safe);
            AssertRefused(
                expected, "rejection-sample", Chat, "--prompts", "bad-prompts.jsonl", "--reward", Reward, "--output", "never.jsonl");
            AssertRefused(expected, "compare", Chat, Chat, "--prompts", "bad-prompts.jsonl", "--reward", Reward);
            tiny.Write("bad-prompts.jsonl", red.Replace($"{{{Safety},\"content", "{\"content", StringComparison.Ordinal));
            AssertRefused(
                expected, "safety", "distil", Chat, "--prompts", "bad-prompts.jsonl", "--reward", Reward, "--output", "never.jsonl");
            AssertRefused(expected, "safety", "evaluate", Chat, "--prompts", "bad-prompts.jsonl");
        }

        Assert.False(File.Exists(tiny.PathOf("never.jsonl")));
        Assert.False(File.Exists(tiny.PathOf("never.samples.jsonl")));
    }

    [Fact]
    public void Other_bad_input_is_named()
    {
        string prompts = tiny.Write("fine.jsonl", "{\"prompt\":\"cat\"}");
        string broken = TinyModels.BrokenReward(tiny, "verb-broken");
        AssertRefused(
            "expected a finite number", "rejection-sample", Chat, "--prompts", prompts, "--reward", broken, "--output", "never.jsonl");
        AssertRefused("fine.jsonl, line 1: expected a prompt with \"safety\":true", "safety", "evaluate", Chat, "--prompts", prompts);
        AssertRefused("no chat format", "compare", TinyRun.Run, Chat, "--prompts", prompts, "--reward", Reward);
        string single = tiny.Write("single.jsonl", "{\"prompt\":\"cat\",\"completion\":\"sat\"}");
        AssertRefused("two turns", "ghost-attention", "synthesise", Chat, "--dialogues", single, "--output", "never.jsonl");
        foreach ((string line, string expected) in new[]
        {
            ("", "holds none"), ("{\"instruction\":\"x\"}", "line 1: expected one of 'starts-with'"),
            ("{\"contains\":\"x\"}", "line 1: 'instruction' is missing"),
            ("{\"instruction\":\"x\",\"contains\":\" \"}", "line 1: 'contains' is empty"),
        })
        {
            string own = tiny.Write("bad-instructions.jsonl", line);
            AssertRefused(expected, "ghost-attention", "evaluate", Chat, "--dialogues", single, "--instructions", own);
        }

        Assert.False(File.Exists(tiny.PathOf("never.jsonl")));
    }

    private void AssertRefused(string expected, params string[] arguments)
    {
        ProgramResult result = CriaProgram.Run(tiny.Folder, arguments);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    private ProgramResult Run(params string[] arguments)
    {
        ProgramResult result = CriaProgram.Run(tiny.Folder, arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        return result;
    }

    private JsonElement Json(params string[] arguments)
    {
        using JsonDocument document = JsonDocument.Parse(Run(arguments).Output);
        return document.RootElement.Clone();
    }
}
