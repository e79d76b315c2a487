using System.Text.Json;
using Cria.Cli.Recipes;
using Cria.Models;

namespace Cria.Cli.Tests;

public class SftTests(TinyRun tiny)
{
    private const string Recipe = """
        name: chat
        sft:
          model: runs/tiny
          data: [dialogues.jsonl]
          validation-share: 0.3
          epochs: 2
          batch-size: 2
          sequence-length: 32
          learning-rate: 0.001
          validation-interval: 2
        """;

    private const string Dialogues = """
        {"messages":[{"role":"user","content":"the cat"},{"role":"assistant","content":"sat"}]}
        {"prompt":"a dog","completion":"ran"}
        {"instruction":"the sun","output":"saw"}
        {"messages":[{"role":"user","content":"a tree"},{"role":"assistant","content":"on"}]}
        {"messages":[{"role":"user","content":"the moon the moon the moon the moon the moon the moon the moon"},{"role":"assistant","content":"on"}]}
        """;

    [Fact]
    public void Fine_tunes_a_model_and_does_not_do_it_twice()
    {
        WriteFiles();
        ProgramResult first = CriaProgram.Run(tiny.Folder, "sft", "--recipe", "chat.yaml", "--output", "runs/chat");
        Assert.True(first.ExitCode == 0, first.Error);
        Assert.Contains("validation loss", first.Output, StringComparison.Ordinal);
        Assert.Contains("too long", first.Output, StringComparison.Ordinal);
        using LoadedModel model = ModelLoader.Load(tiny.PathOf("runs", "chat"));
        Assert.Equal("llama2", model.ChatFormat?.Name);
        using JsonDocument row = JsonDocument.Parse(File.ReadLines(tiny.PathOf("runs", "chat", "metrics", "metrics.jsonl")).First());
        Assert.Equal("sft", row.RootElement.GetProperty("stage").GetString());
        ProgramResult second = CriaProgram.Run(tiny.Folder, "sft", "--recipe", "chat.yaml", "--output", "runs/chat");
        Assert.Contains("up to date", second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Show_marks_what_is_learned()
    {
        WriteFiles();
        ProgramResult shown = CriaProgram.Run(
            tiny.Folder, "sft", "--recipe", "chat.yaml", "--show", "--set", "sft.validation-share=0", "--set", "sft.batch-size=64");
        Assert.True(shown.ExitCode == 0, shown.Error);
        Assert.Contains(
            "<s> [INST] the cat [/INST]⟦ sat </s>⟧",
            shown.Output.Replace("<s>[", "<s> [", StringComparison.Ordinal),
            StringComparison.Ordinal);
        Assert.Contains("of them learned", shown.Lines[^1], StringComparison.Ordinal);
        Assert.False(Directory.Exists(tiny.PathOf("runs", "chat-show")));
    }

    [Theory]
    [InlineData(
        "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"\"}]}",
        "bad.jsonl, line 1: 'messages[1]'")]
    [InlineData("{\"prompt\":\"a\"}", "bad.jsonl, line 1")]
    [InlineData("", "holds none")]
    public void Bad_dialogues_stop_before_any_training(string line, string expected)
    {
        WriteFiles();
        tiny.Write("bad.jsonl", line);
        ProgramResult result = CriaProgram.Run(
            tiny.Folder, "sft", "--recipe", "chat.yaml", "--output", "runs/bad-chat", "--set", "sft.data.0=bad.jsonl");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(tiny.PathOf("runs", "bad-chat")));
    }

    [Theory]
    [InlineData("sft.epochs=0", "sft.epochs")]
    [InlineData("sft.validation-share=1", "sft.validation-share")]
    [InlineData("sft.learning-rate=-1", "sft.learning-rate")]
    public void Wrong_values_are_refused_by_name(string text, string key)
    {
        CliException error = Assert.Throws<CliException>(() => RecipeReader.Parse(Recipe, "chat.yaml", quick: false, [text]));
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_recipe_without_a_corpus_cannot_build_one()
    {
        WriteFiles();
        ProgramResult result = CriaProgram.Run(tiny.Folder, "raise", "--recipe", "chat.yaml", "--output", "runs/no-corpus");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("corpus.sources", result.Error, StringComparison.Ordinal);
    }

    private void WriteFiles()
    {
        tiny.Write("chat.yaml", Recipe);
        tiny.Write("dialogues.jsonl", Dialogues);
    }
}
