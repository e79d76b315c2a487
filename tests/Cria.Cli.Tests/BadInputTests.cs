namespace Cria.Cli.Tests;

/// <summary>Wrong input gives exit code 1 and one line that says what is wrong, and where.</summary>
public class BadInputTests(TinyRun tiny)
{
    private const string Model = TinyRun.Run;

    private void Refused(ProgramResult result, params string[] mentioned)
    {
        Assert.Equal(1, result.ExitCode);
        string[] messages = [.. result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith("  ", StringComparison.Ordinal))];
        string message = Assert.Single(messages);
        Assert.StartsWith("cria: ", message, StringComparison.Ordinal);
        Assert.All(mentioned, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    private void Refused(string line, params string[] mentioned) => Refused(CriaProgram.Run(tiny.Folder, line.Split(' ')), mentioned);

    [Theory]
    [InlineData("rise", "'rise'")]
    [InlineData("raise --unknown", "'--unknown'")]
    [InlineData("raise extra", "'extra'")]
    [InlineData("score runs/tiny", "--jsonl")]
    [InlineData("generate runs/tiny --jsonl x --max-tokens many", "--max-tokens")]
    [InlineData("generate runs/tiny --jsonl x --top-p 2", "--top-p")]
    [InlineData("score runs/tiny --jsonl x --threads -1", "--threads")]
    [InlineData("bench train --steps 0", "--steps")]
    [InlineData("bench matmul --shape 3", "--shape")]
    public void A_wrong_command_line(string line, string mentioned) => Refused(line, mentioned);

    [Theory]
    [InlineData("pretraining.lerning-rate=1", "pretraining.lerning-rate")]
    [InlineData("pretraining.steps=", "pretraining.steps")]
    [InlineData("model.dim=wide", "model.dim")]
    [InlineData("pretraining.batch-size=300000000", "pretraining.batch-size")]
    [InlineData("corpus.sources.0.path=nothing-here", "nothing-here")]
    public void A_wrong_recipe(string assignment, string mentioned) =>
        Refused($"raise --recipe tiny.yaml --output refused --set {assignment}", mentioned);

    [Fact]
    public void A_vocabulary_larger_than_the_text_supports() =>
        Refused(
            CriaProgram.Run(
                tiny.Folder, "corpus", "build", "--recipe", "tiny.yaml", "--output", "vocabulary",
                "--set", "tokenizer.vocabulary-size=30000"),
            "tokenizer.vocabulary-size", "30000");

    [Fact]
    public void No_documentation_found()
    {
        Directory.CreateDirectory(tiny.PathOf("empty"));
        string recipe = tiny.Write("docs.yaml", "name: docs\ncorpus:\n  sources:\n    - kind: dotnet-documentation\n");
        Refused($"raise --recipe {recipe} --documentation empty", "empty", "XML documentation");
        Refused($"raise --recipe {recipe} --documentation none", "none");
    }

    [Theory]
    [InlineData("score none --jsonl x", "none")]
    [InlineData("inspect none.gguf", "none.gguf")]
    [InlineData("score runs/tiny --jsonl none.jsonl", "none.jsonl")]
    [InlineData("raise --recipe none.yaml", "none.yaml")]
    [InlineData("tokenizer train --input none --vocabulary-size 300 --output x.model", "none")]
    [InlineData("tokenizer encode text --jsonl x", "text")]
    [InlineData("corpus stats text", "text")]
    [InlineData("pretrain --recipe tiny.yaml --output never-built", "never-built")]
    [InlineData("chat tiny.yaml", "tiny.yaml")]
    public void A_file_that_is_not_there_or_of_another_kind(string line, string mentioned) => Refused(line, mentioned);

    [Fact]
    public void An_unreadable_file()
    {
        // Even an administrator cannot read this one from its start.
        const string unreadable = "/proc/self/mem";
        Assert.SkipUnless(File.Exists(unreadable), "Needs a file that no one can read.");
        Refused($"score {Model} --jsonl {unreadable}", unreadable);
    }

    [Theory]
    [InlineData("score encode generate", "hello", "not JSON")]
    [InlineData("score encode decode generate", "[1]", "JSON object")]
    [InlineData("score encode generate", "{\"other\":1}", "expected 'text'")]
    [InlineData("score encode generate", "{\"text\":1}", "'text' must be a string")]
    [InlineData("score encode generate", "{\"text\":\"\\ud800\"}", "surrogate")]
    [InlineData("score decode generate", "{\"ids\":\"x\"}", "'ids' must be a list")]
    [InlineData("score decode generate", "{\"ids\":[1,300]}", "'ids'[1]")]
    [InlineData("score decode generate", "{\"ids\":[-1]}", "'ids'[0]")]
    [InlineData("score decode generate", "{\"ids\":[0.5]}", "'ids'[0]")]
    [InlineData("generate", "{\"ids\":[]}", "'ids' is empty")]
    [InlineData("generate", "{\"messages\":[]}", "'messages'")]
    [InlineData("generate", "{\"messages\":[{\"role\":\"x\",\"content\":\"\"}]}", "'messages'[0].role")]
    [InlineData("generate", "{\"messages\":[{\"role\":\"user\",\"content\":1}]}", "'messages'[0].content")]
    [InlineData("generate", "{\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"}]}", "'messages'")]
    public void A_wrong_line_is_named(string verbs, string line, string mentioned)
    {
        string input = "{\"text\":\"a\",\"ids\":[1]}\n" + line + "\n";
        foreach (string verb in verbs.Split(' '))
        {
            string[] command = verb is "encode" or "decode" ? ["tokenizer", verb] : [verb];
            Refused(CriaProgram.RunWithInput(tiny.Folder, input, [.. command, Model, "--jsonl", "-"]), "standard input, line 2", mentioned);
        }
    }

    [Theory, InlineData("score"), InlineData("generate")]
    public void A_prompt_longer_than_the_context(string verb)
    {
        string input = "{\"text\":\"" + string.Concat(Enumerable.Repeat("the cat ", 50)) + "\"}\n";
        Refused(CriaProgram.RunWithInput(tiny.Folder, input, verb, Model, "--jsonl", "-"), "line 1", "context holds 3");
    }

    [Fact]
    public void A_truncated_model_and_a_wrong_shape()
    {
        string truncated = CopyOfModel("truncated");
        using (FileStream file = File.OpenWrite(Path.Combine(truncated, "model.safetensors")))
        {
            file.SetLength(file.Length / 2);
        }

        Refused("score truncated --jsonl -", "truncated", "model.safetensors");

        string shape = Path.Combine(CopyOfModel("shape"), "config.json");
        string config = File.ReadAllText(shape);
        Assert.Contains("\"intermediate_size\": 96", config, StringComparison.Ordinal);
        File.WriteAllText(shape, config.Replace("\"intermediate_size\": 96", "\"intermediate_size\": 64"));
        Refused("score shape --jsonl -", "shape", "mlp.");
    }

    private string CopyOfModel(string name)
    {
        string copy = Directory.CreateDirectory(tiny.PathOf(name)).FullName;
        foreach (string file in Directory.GetFiles(tiny.PathOf(Model, "base")))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        return copy;
    }
}
