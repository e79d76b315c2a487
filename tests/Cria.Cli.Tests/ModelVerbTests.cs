using System.Text.Json;

namespace Cria.Cli.Tests;

/// <summary>The verbs that scripts use: JSONL in, JSONL out.</summary>
public class ModelVerbTests(TinyRun tiny)
{
    private const string Texts = "{\"text\":\"the cat sat\"}\n\n{\"text\":\"Ünï ¢ode 🦙\"}\n{\"text\":\"\"}\n{\"text\":\"a  red\\n mat\"}\n";

    private ProgramResult Run(string input, params string[] arguments)
    {
        ProgramResult result = CriaProgram.RunWithInput(tiny.Folder, input, arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        return result;
    }

    private static JsonElement Parse(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }

    private static int[] Ids(JsonElement value) => [.. value.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];

    [Fact]
    public void Decode_undoes_encode_through_a_pipe_and_a_file()
    {
        ProgramResult encoded = Run(Texts, "tokenizer", "encode", TinyRun.Run, "--jsonl", "-");
        Assert.Equal(4, encoded.Lines.Length);
        Assert.DoesNotContain(1, Ids(Parse(encoded.Lines[0])));
        string file = tiny.Write("encoded.jsonl", encoded.Output);
        ProgramResult decoded = Run("", "tokenizer", "decode", TinyRun.Run, "--jsonl", file);
        Assert.Equal(
            Texts.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Parse(line).GetProperty("text").GetString()),
            decoded.Lines.Select(line => Parse(line).GetProperty("text").GetString()));
    }

    [Fact]
    public void A_tokenizer_is_trained_from_files_and_serves_by_itself()
    {
        Run("", "tokenizer", "train", "--input", "text", "--vocabulary-size", "320", "--output", "own/tokenizer.model");
        int[] ids = Ids(Parse(Run(Texts, "tokenizer", "encode", "own/tokenizer.model", "--jsonl", "-").Lines[0]));
        Assert.All(ids, id => Assert.InRange(id, 3, 319));
    }

    [Fact]
    public void Score_gives_a_log_probability_for_each_token_behind_the_first()
    {
        ProgramResult scored = Run(Texts + "{\"ids\":[1,299]}\n", "score", TinyRun.Run, "--jsonl", "-");
        Assert.Equal(5, scored.Lines.Length);
        foreach (JsonElement line in scored.Lines.Select(Parse))
        {
            double[] values = [.. line.GetProperty("log_probabilities").EnumerateArray().Select(value => value.GetDouble())];
            Assert.Equal(Ids(line).Length - 1, values.Length);
            Assert.All(values, value => Assert.True(value < 0));
        }

        Assert.Equal([1, 299], Ids(Parse(scored.Lines[4])));
        Assert.Equal(scored.Output, Run(Texts + "{\"ids\":[1,299]}\n", "score", TinyRun.Run, "--jsonl", "-", "--threads", "1").Output);
    }

    [Fact]
    public void Generate_takes_texts_ids_and_messages_and_keeps_their_order()
    {
        string input =
            "{\"text\":\"the cat\"}\n{\"ids\":[1,5,9]}\n{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}\n{\"text\":\"the dog\"}\n";
        string[] greedy = ["generate", TinyRun.Run, "--max-tokens", "6", "--temperature", "0", "--seed", "1", "--jsonl", "-"];
        ProgramResult all = Run(input, greedy);
        Assert.Equal(4, all.Lines.Length);
        foreach (JsonElement line in all.Lines.Select(Parse))
        {
            Assert.Contains(line.GetProperty("finish_reason").GetString(), new[] { "stop", "length" });
            Assert.InRange(Ids(line).Length, 1, 6);
            Assert.Equal(JsonValueKind.String, line.GetProperty("text").ValueKind);
        }

        Assert.Equal(all.Output, Run(input, [.. greedy, "--threads", "1"]).Output);
        Assert.Equal(all.Output, Run(input, [.. greedy, "--threads", "2"]).Output);
        Assert.Equal(all.Output, Run(input, [.. greedy, "--batch", "1"]).Output);
    }

    [Fact]
    public void Sampling_follows_the_seed_and_not_the_threads()
    {
        string[] sampled = ["generate", TinyRun.Run, "--max-tokens", "20", "--temperature", "1", "--jsonl", "-", "--seed"];
        string first = Run(Texts, [.. sampled, "1", "--threads", "1"]).Output;
        Assert.Equal(first, Run(Texts, [.. sampled, "1", "--threads", "2"]).Output);
        Assert.NotEqual(first, Run(Texts, [.. sampled, "2"]).Output);
    }

    [Fact]
    public void Inspect_and_statistics_are_json_on_demand_and_tables_that_do_not_wrap()
    {
        JsonElement model = Parse(Run("", "inspect", TinyRun.Run, "--json").Output);
        Assert.Equal(32, model.GetProperty("dim").GetInt32());
        Assert.Equal(300, model.GetProperty("vocabulary_size").GetInt32());
        Assert.Equal(
            model.GetProperty("parameters").GetInt64(),
            model.GetProperty("tensors").EnumerateArray().Sum(
                tensor => tensor.GetProperty("shape").EnumerateArray().Aggregate(1L, (product, size) => product * size.GetInt64())));
        Assert.Contains("model.layers.0.self_attn.q_proj.weight", Run("", "inspect", TinyRun.Run).Output, StringComparison.Ordinal);

        Assert.Equal(JsonValueKind.Object, Parse(Run("", "corpus", "stats", TinyRun.Run, "--json").Output).ValueKind);
        string[] table = Run("", "corpus", "stats", TinyRun.Run).Lines;
        Assert.Contains(
            table,
            line => line.Contains("documents", StringComparison.Ordinal) && line.Contains("longest document", StringComparison.Ordinal));
    }

    [Fact]
    public void Chat_reads_a_pipe_to_its_end_or_to_exit()
    {
        string[] chat = ["chat", TinyRun.Run, "--max-tokens", "5", "--temperature", "0"];
        ProgramResult toTheEnd = Run("the cat", chat);
        Assert.Contains("not tuned for dialogue", toTheEnd.Output, StringComparison.Ordinal);

        ProgramResult commands = Run("/system Be kind.\nthe cat\n/clear\n/what\n\n/exit\nnot read", chat);
        Assert.Contains("system prompt is set", commands.Output, StringComparison.Ordinal);
        Assert.Contains("dialogue is forgotten", commands.Output, StringComparison.Ordinal);
        Assert.Equal(2, commands.Output.Split("/exit leaves").Length - 1);
        Assert.Equal(0, Run("hello\n", [.. chat, "--format", "llama2", "--system", "x"]).ExitCode);
    }
}
