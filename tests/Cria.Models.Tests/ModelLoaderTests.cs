using Cria.Testing;

namespace Cria.Models.Tests;

public sealed class ModelLoaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_directory_gives_the_model_of_its_last_stage()
    {
        using LlamaWeights weights = new(LlamaWeightsTests.Small with { VocabularySize = 512 });
        HuggingFaceDirectory.Save(_folder["base"], weights);
        Directory.CreateDirectory(_folder["rlhf-v2"]);
        AssertSource("base");
        HuggingFaceDirectory.Save(_folder["sft"], weights);
        AssertSource("sft");
        HuggingFaceDirectory.Save(_folder["rlhf-v1"], weights);
        HuggingFaceDirectory.Save(_folder["rlhf-v5"], weights);
        AssertSource("rlhf-v5");

        File.Copy(SharedData.Data("stories260k/tok512.model"), _folder["tokenizer.model"]);
        using LoadedModel model = ModelLoader.Load(_folder.Path);
        Assert.Equal(512, model.Tokenizer!.VocabularySize);
        Assert.Equal([2], model.GenerationDefaults.EosIds);
    }

    [Fact]
    public void Paths_without_a_model_are_refused()
    {
        File.WriteAllText(_folder["model.txt"], "");
        AssertRefused<FileNotFoundException>(_folder["none"], "no such file");
        AssertRefused<InvalidModelFileException>(_folder.Path, "no model");
        AssertRefused<InvalidModelFileException>(_folder["model.txt"], "ends in '.txt'");
    }

    [Theory]
    [InlineData("stories260k/stories260K.bin", "stories260k/tok512.bin")]
    [InlineData("stories260k/stories260K_v1.bin", "stories260k/tok512.model")]
    [InlineData("babyllama/babyllama_tok105.bin", "babyllama/tok105.bin")]
    public void A_checkpoint_takes_a_tokenizer_of_either_format(string model, string tokenizer)
    {
        using LoadedModel loaded = ModelLoader.Load(SharedData.Data(model), SharedData.Data(tokenizer));
        Assert.Equal(loaded.Config.VocabularySize, loaded.Tokenizer!.VocabularySize);
        Assert.Equal("llama2.c", loaded.Format);
    }

    [Fact]
    public void A_tokenizer_with_more_ids_than_the_model_is_refused()
    {
        InvalidModelFileException error = Assert.Throws<InvalidModelFileException>(() =>
            ModelLoader.Load(SharedData.Data("babyllama/babyllama_tok105.bin"), SharedData.Data("stories260k/tok512.model")));
        Assert.Contains("the tokenizer has 512 ids, but the model only 105", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspecting_counts_what_is_stored()
    {
        ModelInformation sharded = ModelLoader.Inspect(SharedData.Golden("hf/bfloat16-sharded"));
        Assert.Equal((129344, "LlamaForCausalLM", "huggingface"), (sharded.Config.ParameterCount, sharded.Architecture, sharded.Format));
        Assert.Equal(129344, sharded.ValuesByType["BF16"]);
        Assert.Equal(258688, sharded.Tensors.Sum(tensor => tensor.Bytes));
        ModelInformation checkpoint = ModelLoader.Inspect(SharedData.Data("stories260k/stories260K_q80_gs8.bin"));
        Assert.Equal(392064, checkpoint.Bytes);
        Assert.Equal(392064 - 256, checkpoint.Tensors.Sum(tensor => tensor.Bytes));
        Assert.Equal(["F32", "Q8"], checkpoint.ValuesByType.Keys.Order());
    }

    private static void AssertRefused<TException>(string path, string message)
        where TException : Exception
    {
        Assert.Contains(message, Assert.Throws<TException>(() => ModelLoader.Load(path)).Message, StringComparison.Ordinal);
        Assert.Contains(message, Assert.Throws<TException>(() => ModelLoader.Inspect(path)).Message, StringComparison.Ordinal);
    }

    private void AssertSource(string stage) => Assert.Equal(_folder[stage], ModelLoader.Inspect(_folder.Path).Source);
}
