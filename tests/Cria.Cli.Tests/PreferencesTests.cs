using System.Text.Json;
using Cria.Models;

namespace Cria.Cli.Tests;

/// <summary>Comparisons through the command: files in and out, pairs sampled, judged by a person and by rule.</summary>
public sealed class PreferencesTests(TinyRun tiny)
{
    private const string Cat =
        """{"prompt":[{"role":"user","content":"the cat"}],"chosen":"sat","rejected":"ran","kind":"safety","batch":2""";
    private const string Dog =
        """{"prompt":[{"role":"user","content":"the dog"}],"chosen":"ran","rejected":"sat","kind":"safety","batch":2""";

    private const string Comparisons = $$$"""
        {{{Cat}}},"rating":"significantly","safety":{"chosen":true,"rejected":false}}
        {{{Dog}}},"rating":"slightly","safety":{"chosen":false,"rejected":true}}
        """;

    private const string Transcript =
        """{"chosen":"\n\nHuman: the moon\n\nAssistant: old","rejected":"\n\nHuman: the moon\n\nAssistant: new"}""";

    private const string Prompts = """
        {"id":"a","prompt":"the cat","reference":"The cat sat."}
        {"id":"b","prompt":"a dog","reference":"A dog ran."}
        {"id":"c","prompt":"red","reference":"A red hill."}
        """;

    [Fact]
    public void What_is_imported_is_exported()
    {
        string store = $"{nameof(What_is_imported_is_exported)}.db";
        string own = tiny.Write("own.jsonl", Comparisons);
        string mixed = tiny.Write("mixed.jsonl", $"{Transcript}\n{{\"chosen\":\"x\"}}\n");
        ProgramResult refused = CriaProgram.Run(tiny.Folder, "preferences", "import", own, mixed, "--store", store);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("mixed.jsonl, line 2: 'rejected' is missing.", refused.Error, StringComparison.Ordinal);

        ProgramResult imported = Run("", "preferences", "import", own, mixed, "--store", store, "--skip-bad", "--batch", "7");
        Assert.Contains("1 lines cannot be used", imported.Output, StringComparison.Ordinal);
        Assert.Contains("1 have no rating and count as 'better'", imported.Output, StringComparison.Ordinal);
        Assert.Contains("3 comparisons added", imported.Output, StringComparison.Ordinal);
        Run("", "preferences", "export", "--store", store, "--output", "all.jsonl.gz");
        Run("", "preferences", "import", "all.jsonl.gz", "--store", "second-" + store);
        Run("", "preferences", "export", "--store", "second-" + store, "--output", "second.jsonl");
        Run("", "preferences", "export", "--store", store, "--output", "first.jsonl");
        Assert.Equal(File.ReadAllText(tiny.PathOf("first.jsonl")), File.ReadAllText(tiny.PathOf("second.jsonl")));

        ProgramResult usable =
            Run("", "preferences", "export", "--store", store, "--output", "usable.jsonl", "--part", "training", "--form", "hh-rlhf");
        Assert.Contains("2 of 3 comparisons written; 1 prefer an unsafe answer", usable.Output, StringComparison.Ordinal);
        Assert.Contains("the moon", File.ReadAllLines(tiny.PathOf("usable.jsonl"))[1], StringComparison.Ordinal);

        using JsonDocument figures = JsonDocument.Parse(
            Run("", "preferences", "stats", "--store", store, "--json", "--tokenizer", TinyRun.Run).Output);
        JsonElement.ArrayEnumerator rows = figures.RootElement.GetProperty("statistics").EnumerateArray();
        Assert.Equal([2, 1, 3], rows.Select(row => row.GetProperty("comparisons").GetInt32()));
        Assert.Contains("50 %", Run("", "preferences", "stats", "--store", store).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Pairs_are_sampled_and_judged_by_people_and_by_rule()
    {
        string store = $"{nameof(Pairs_are_sampled_and_judged_by_people_and_by_rule)}.db";
        string model = ChatModel();
        string prompts = tiny.Write("pair-prompts.jsonl", Prompts);
        string[] sample =
        [
            "preferences", "sample", model, model, "--prompts", prompts, "--store", store,
            "--max-tokens", "6", "--pairs", "3", "--temperatures", "1,1.5", "--batch", "4",
        ];
        ProgramResult sampled = Run("", sample);
        int waiting = int.Parse(sampled.Output.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(waiting, 5, 9);
        Assert.StartsWith("0 pairs", Run("", sample).Output, StringComparison.Ordinal);
        ProgramResult other = CriaProgram.Run(tiny.Folder, [.. sample, "--hold-out-every", "3"]);
        Assert.Contains("Batch 4", other.Error, StringComparison.Ordinal);

        // A person judges one pair, answers nonsense in between, and leaves in the middle of the next.
        ProgramResult first = Run("x\na\n4\nb\nq\n", "preferences", "annotate", "--store", store, "--annotator", "ann");
        Assert.Contains($"1 pairs judged, {waiting - 1} wait.", first.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Path.GetFileName(model), first.Output, StringComparison.Ordinal);
        ProgramResult second = Run("b\n1\n", "preferences", "annotate", "--store", store, "--annotator", "ann");
        Assert.Contains($"1 pairs judged, {waiting - 2} wait.", second.Output, StringComparison.Ordinal);
        Assert.Equal(1, CriaProgram.Run(tiny.Folder, "preferences", "annotate", "--store", store, "--annotator", "Simulated Ann").ExitCode);

        Run("", "preferences", "annotate", "--store", store, "--simulated", "--noise", "0.1");
        Run("", "preferences", "export", "--store", store, "--output", "judged.jsonl");
        JsonElement[] judged =
            [.. File.ReadAllLines(tiny.PathOf("judged.jsonl")).Select(line => JsonDocument.Parse(line).RootElement.Clone())];
        Assert.Equal(["ann", "ann"], judged.Take(2).Select(row => row.GetProperty("annotator").GetString()));
        Assert.Equal(["significantly", "negligibly"], judged.Take(2).Select(row => row.GetProperty("rating").GetString()));
        Assert.Equal([true, false], judged.Take(2).Select(row => row.GetProperty("chosen_was_first").GetBoolean()));
        Assert.All(judged.Skip(2), row => Assert.Equal("simulated documentation", row.GetProperty("annotator").GetString()));
        JsonElement maker = judged[0].GetProperty("chosen_by");
        Assert.Equal(Path.GetFileName(model), maker.GetProperty("model").GetString());
        Assert.Equal(12, maker.GetProperty("version").GetString()!.Length);
        Assert.True(maker.TryGetProperty("seed", out _) && maker.TryGetProperty("temperature", out _));
    }

    /// <summary>The tiny run's model with a chat template.</summary>
    private string ChatModel()
    {
        string folder = Directory.CreateDirectory(tiny.PathOf("chatty")).FullName;
        foreach (string file in Directory.GetFiles(tiny.PathOf(TinyRun.Run, "base")))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        }

        File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), ChatFormat.Llama2.Template);
        return "chatty";
    }

    private ProgramResult Run(string input, params string[] arguments)
    {
        ProgramResult result = CriaProgram.RunWithInput(tiny.Folder, input, arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        return result;
    }
}
