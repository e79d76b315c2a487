using Cria.Testing;

namespace Cria.Models.Tests.HuggingFace;

public sealed class HuggingFaceDirectoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("gqa-untied", false, 2, 8)]
    [InlineData("mha-tied", true, 8, 8)]
    [InlineData("mqa-head-dim", false, 1, 32)]
    [InlineData("rope-linear", false, 2, 8)]
    [InlineData("rope-llama3", true, 2, 8)]
    [InlineData("float16", false, 2, 8)]
    [InlineData("bfloat16-sharded", false, 2, 8)]
    public void Every_golden_model_loads(string name, bool tied, int kvHeads, int headDim)
    {
        using LoadedModel model = HuggingFaceDirectory.Load(SharedData.Golden("hf/" + name));
        LlamaConfig config = model.Config;
        Assert.Equal((64, 2, kvHeads, headDim), (config.Dim, config.Layers, config.KvHeads, config.HeadDim));
        Assert.Equal((176, 320), (config.HiddenDim, config.VocabularySize));
        Assert.Equal(tied, model.Config.TiedEmbeddings);
        Assert.Equal(1e-5f, model.Config.NormEpsilon);
        Assert.Null(model.Tokenizer);
        Assert.Equal(1, model.GenerationDefaults.BosId);
        Assert.Equal([2], model.GenerationDefaults.EosIds);
        Assert.Equal(model.Config.ParameterCount, model.Information.Tensors.Sum(tensor => tensor.Length));
        foreach (ParameterTensor parameter in model.Weights.Layout.Tensors)
        {
            float[] values = model.Weights[parameter].Span.ToArray();
            Assert.All(values, value => Assert.True(float.IsFinite(value)));
            Assert.Contains(values, value => value != 0);
        }
    }

    [Fact]
    public void Rope_settings_are_read_in_both_spellings()
    {
        using LoadedModel llama3 = HuggingFaceDirectory.Load(SharedData.Golden("hf/rope-llama3"));
        RopeScaling expected = new(RopeScalingKind.Llama3, 8, 1, 4, 128);
        Assert.Equal((50000, expected, 1024), (llama3.Config.RopeBase, llama3.Config.RopeScaling, llama3.Config.ContextLength));

        _folder.CopyFrom(SharedData.Golden("hf/rope-linear"));
        using LoadedModel version5 = HuggingFaceDirectory.Load(_folder.Path);
        Assert.Equal((10000, new RopeScaling(RopeScalingKind.Linear, 2)), (version5.Config.RopeBase, version5.Config.RopeScaling));
        _folder.Edit(
            "config.json",
            "\"rope_parameters\": {\n    \"factor\": 2.0,\n    \"rope_theta\": 10000.0,\n    \"rope_type\": \"linear\"\n  }",
            "\"rope_theta\": 500000.0, \"rope_scaling\": {\"type\": \"linear\", \"factor\": 3}");
        using LoadedModel version4 = HuggingFaceDirectory.Load(_folder.Path);
        Assert.Equal((500000, new RopeScaling(RopeScalingKind.Linear, 3)), (version4.Config.RopeBase, version4.Config.RopeScaling));
        _folder.Edit("config.json", "{\"type\": \"linear\", \"factor\": 3}", "null");
        Assert.Null(HuggingFaceDirectory.Inspect(_folder.Path).Config.RopeScaling);
    }

    // Head 1 of the query, written out: Meta's rows 0, 1, 2, 3 … of a head of 8 are Hugging Face's 0, 4, 1, 5 …
    [Theory]
    [InlineData("q_proj", 8)]
    [InlineData("k_proj", 0)]
    public void Query_and_key_rows_become_adjacent_pairs(string projection, int firstRow)
    {
        string folder = SharedData.Golden("hf/gqa-untied");
        using LoadedModel model = HuggingFaceDirectory.Load(folder);
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        string name = $"model.layers.1.self_attn.{projection}.weight";
        Assert.True(file.TryGetTensor(name, out SafetensorsTensor? stored));
        int[] order = [0, 4, 1, 5, 2, 6, 3, 7];
        for (int row = 0; row < 8; row++)
        {
            float[] expected = new float[64];
            file.Read(stored, (firstRow + order[row]) * 64, expected);
            Assert.Equal(expected, model.Weights[name].Row(firstRow + row).ToArray());
        }
    }

    [Theory]
    [InlineData("gqa-untied", SafetensorsType.F32)]
    [InlineData("mha-tied", SafetensorsType.F32)]
    [InlineData("mqa-head-dim", SafetensorsType.F32)]
    [InlineData("rope-linear", SafetensorsType.F32)]
    [InlineData("rope-llama3", SafetensorsType.F32)]
    [InlineData("reward", SafetensorsType.F32)]
    [InlineData("float16", SafetensorsType.F16)]
    [InlineData("bfloat16-sharded", SafetensorsType.BF16)]
    public void Saving_a_golden_model_stores_the_tensors_it_was_loaded_from(string name, SafetensorsType type)
    {
        string golden = SharedData.Golden("hf/" + name);
        using LoadedModel model = HuggingFaceDirectory.Load(golden);
        HuggingFaceDirectory.Save(_folder.Path, model.Weights, null, new HuggingFaceSaveOptions
        {
            Type = type,
            MaximumShardBytes = 50_000,
            GenerationDefaults = model.GenerationDefaults,
        });
        Assert.True(File.Exists(_folder["model.safetensors.index.json"]));
        Assert.False(File.Exists(_folder["model.safetensors"]));

        using LoadedModel again = HuggingFaceDirectory.Load(_folder.Path);
        Assert.Equal(model.Config, again.Config);
        Assert.Equal(model.GenerationDefaults.EosIds, again.GenerationDefaults.EosIds);
        Assert.Equal(model.Information.Architecture, again.Information.Architecture);
        Assert.True(model.Weights.Flat.Span.SequenceEqual(again.Weights.Flat.Span));
        Dictionary<string, byte[]> stored = StoredBytes(_folder.Path);
        Dictionary<string, byte[]> expected = StoredBytes(golden);
        Assert.Equal(expected.Keys.Order(), stored.Keys.Order());
        Assert.All(expected, entry => Assert.Equal(entry.Value, stored[entry.Key]));

        // One file again: no shard stays behind.
        HuggingFaceDirectory.Save(_folder.Path, model.Weights, null, new HuggingFaceSaveOptions { Type = type });
        Assert.Equal(["model.safetensors"], Directory.GetFiles(_folder.Path, "*.safetensors*").Select(Path.GetFileName));
        using SafetensorsFile file = SafetensorsFile.Open(_folder["model.safetensors"]);
        Assert.Equal("pt", file.Metadata["format"]);
    }

    [Fact]
    public void A_reward_model_has_a_scalar_head()
    {
        using LoadedModel model = HuggingFaceDirectory.Load(SharedData.Golden("hf/reward"));
        Assert.True(model.Config.ScalarHead);
        Assert.True(model.Weights.Head.IsEmpty);
        Assert.Equal((1, 64), (model.Weights.ScalarHead.Rows, model.Weights.ScalarHead.Columns));
        Assert.Contains(model.Weights.ScalarHead.Span.ToArray(), value => value != 0);
    }

    [Fact]
    public void A_tokenizer_is_saved_and_loaded_with_its_model()
    {
        SentencePieceTokenizer tokenizer = SentencePieceTokenizer.Load(SharedData.Data("stories260k/tok512.model"));
        using LlamaWeights weights = new(LlamaWeightsTests.Small with { VocabularySize = tokenizer.VocabularySize });
        weights.InitializeRandom(1);
        HuggingFaceDirectory.Save(_folder.Path, weights, tokenizer);
        using LoadedModel model = HuggingFaceDirectory.Load(_folder.Path);
        Assert.Equal(tokenizer.Encode("Once upon a time"), model.Tokenizer!.Encode("Once upon a time"));
        Assert.Equal((1, 2), (model.GenerationDefaults.BosId, Assert.Single(model.GenerationDefaults.EosIds)));
        Assert.Contains("\"bos_token\": \"\\u003Cs\\u003E\"", File.ReadAllText(_folder["tokenizer_config.json"]), StringComparison.Ordinal);
        string config = File.ReadAllText(_folder["config.json"]);
        foreach (string key in new[] { "rope_theta", "rope_scaling", "rope_parameters", "dtype", "torch_dtype" })
        {
            Assert.Contains($"\"{key}\":", config, StringComparison.Ordinal);
        }

        // transformers refuses a whole number where it wants a float.
        Assert.Contains("\"rope_theta\": 10000.0", config, StringComparison.Ordinal);
        Assert.Contains("\"rms_norm_eps\": 1E-05", config, StringComparison.Ordinal);
    }

    [Fact]
    public void Sampling_settings_are_saved_and_loaded()
    {
        using LlamaWeights weights = new(LlamaWeightsTests.Small);
        GenerationDefaults generation = new(0.6f, 50, 0.9f, 1, [2, 7]);
        HuggingFaceDirectory.Save(_folder.Path, weights, null, new HuggingFaceSaveOptions { GenerationDefaults = generation });
        using LoadedModel model = HuggingFaceDirectory.Load(_folder.Path);
        Assert.Equal(generation with { EosIds = [] }, model.GenerationDefaults with { EosIds = [] });
        Assert.Equal([2, 7], model.GenerationDefaults.EosIds);
    }

    [Theory]
    [InlineData("\"model_type\": \"llama\"", "\"model_type\": \"mistral\"", "'mistral' is not supported")]
    [InlineData("LlamaForCausalLM", "GPT2LMHeadModel", "'GPT2LMHeadModel' is not supported")]
    [InlineData("\"attention_bias\": false", "\"attention_bias\": true", "attention_bias: true is not supported")]
    [InlineData("\"mlp_bias\": false", "\"mlp_bias\": true", "mlp_bias: true is not supported")]
    [InlineData("\"silu\"", "\"gelu\"", "hidden_act: 'gelu'")]
    [InlineData("\"rope_type\": \"default\"", "\"rope_type\": \"yarn\"", "rope_type: 'yarn'")]
    [InlineData("\"rope_type\": \"default\"", "\"rope_type\": \"linear\"", "factor: the RoPE scaling needs this key")]
    [InlineData("\"use_cache\": true", "\"quantization_config\": {}", "quantization_config")]
    [InlineData("\"use_cache\": true", "\"partial_rotary_factor\": 0.5", "partial_rotary_factor")]
    [InlineData("\"hidden_size\": 64", "\"hidden_size\": \"wide\"", "hidden_size: expected a whole number, found \"wide\"")]
    [InlineData("\"hidden_size\": 64,", "", "hidden_size: the key is missing")]
    [InlineData("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", "must divide")]
    [InlineData("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "model.layers.2.input_layernorm.weight is missing")]
    [InlineData("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", "a Llama has no such tensor")]
    [InlineData("\"intermediate_size\": 176", "\"intermediate_size\": 177", "expected shape [177, 64], found [176, 64]")]
    [InlineData("\"vocab_size\": 320", "\"vocab_size\": 2000000000", "expected shape [2000000000, 64]")]
    public void What_is_not_a_plain_llama_is_refused(string oldText, string newText, string message)
    {
        _folder.CopyFrom(SharedData.Golden("hf/gqa-untied"));
        _folder.Edit("config.json", oldText, newText);
        AssertRefused(message);
    }

    [Fact]
    public void A_broken_index_is_refused()
    {
        _folder.CopyFrom(SharedData.Golden("hf/bfloat16-sharded"));
        const string Shard = "model-00006-of-00006.safetensors";
        const string Entry = $"\"lm_head.weight\": \"{Shard}\"";
        const string Index = "model.safetensors.index.json";
        foreach (string evil in new[] { "../" + Shard, "/etc/passwd", "a/b.safetensors", "..\\\\x.safetensors", ".safetensors" })
        {
            _folder.Edit(Index, Entry, $"\"lm_head.weight\": \"{evil}\"");
            AssertRefused("is not the plain name");
            _folder.Edit(Index, $"\"lm_head.weight\": \"{evil}\"", Entry);
        }

        _folder.Edit(Index, Entry, "\"lm_head.weight\": \"model-00005-of-00006.safetensors\"");
        AssertRefused("the tensor lm_head.weight, which the index places here, is missing");
        _folder.Edit(Index, "\"lm_head.weight\": \"model-00005-of-00006.safetensors\"", Entry);
        File.Delete(_folder[Shard]);
        AssertRefused($"the shard {Shard}, which holds lm_head.weight, is missing");
        File.Delete(_folder[Index]);
        AssertRefused("neither model.safetensors nor model.safetensors.index.json");
    }

    [Fact]
    public void Damaged_configurations_and_indices_give_a_result_or_a_typed_error()
    {
        _folder.CopyFrom(SharedData.Golden("hf/bfloat16-sharded"));
        DeterministicRandom random = new(32);
        string[] names = ["config.json", "generation_config.json", "model.safetensors.index.json"];
        byte[][] valid = [.. names.Select(name => File.ReadAllBytes(_folder[name]))];
        for (int i = 0; i < 1500; i++)
        {
            int which = i % names.Length;
            File.WriteAllBytes(_folder[names[which]], Mutation.Damage(valid[which], valid[which].Length, ref random));
            try
            {
                HuggingFaceDirectory.Load(_folder.Path).Dispose();
            }
            catch (InvalidModelFileException)
            {
            }

            File.WriteAllBytes(_folder[names[which]], valid[which]);
        }
    }

    private static Dictionary<string, byte[]> StoredBytes(string folder)
    {
        Dictionary<string, byte[]> tensors = [];
        foreach (string path in Directory.GetFiles(folder, "*.safetensors"))
        {
            byte[] bytes = File.ReadAllBytes(path);
            using SafetensorsFile file = SafetensorsFile.Open(path);
            foreach (SafetensorsTensor tensor in file.Tensors)
            {
                tensors.Add(tensor.Name, bytes[(int)tensor.Offset..(int)(tensor.Offset + tensor.Bytes)]);
            }
        }

        return tensors;
    }

    private void AssertRefused(string message)
    {
        InvalidModelFileException error = Assert.Throws<InvalidModelFileException>(() => HuggingFaceDirectory.Load(_folder.Path));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.Path, error.Message, StringComparison.Ordinal);
    }
}
