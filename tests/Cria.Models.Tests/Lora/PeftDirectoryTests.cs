using System.Text.Json.Nodes;

namespace Cria.Models.Tests.Lora;

/// <summary>Adapters in PEFT's layout: what is saved comes back, and what is not understood is refused by name.</summary>
public sealed class PeftDirectoryTests : IDisposable
{
    private static readonly LlamaConfig Config = new()
    {
        Dim = 16,
        Layers = 3,
        Heads = 4,
        KvHeads = 2,
        HeadDim = 4,
        HiddenDim = 24,
        VocabularySize = 10,
        ContextLength = 8,
    };

    private readonly TemporaryFolder _folder = new();

    private string ConfigPath => Path.Combine(_folder.Path, "adapter_config.json");

    private string WeightsPath => Path.Combine(_folder.Path, "adapter_model.safetensors");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(LoraTargets.All, 0, false)]
    [InlineData(LoraTargets.Query | LoraTargets.Down, 0, true)]
    [InlineData(LoraTargets.Key | LoraTargets.Gate | LoraTargets.AttentionOutput, 2, false)]
    public void A_saved_adapter_comes_back(LoraTargets targets, int firstLayer, bool rankStabilized)
    {
        using LoraWeights saved = Random(new LoraSettings(3, 6.5, targets) { FirstLayer = firstLayer, RankStabilized = rankStabilized });
        PeftDirectory.Save(_folder.Path, saved, "base");
        Assert.True(PeftDirectory.IsAdapter(_folder.Path));
        using LoraWeights loaded = PeftDirectory.Load(_folder.Path, Config);
        Assert.Equal(saved.Settings, loaded.Settings);
        Assert.Equal(saved.Flat.Span, loaded.Flat.Span);
    }

    [Fact]
    public void Query_rows_are_stored_by_halves_of_a_head()
    {
        using LoraWeights adapter = Random(new LoraSettings(1, 1, LoraTargets.Query));
        PeftDirectory.Save(_folder.Path, adapter, "base");
        using SafetensorsFile file = SafetensorsFile.Open(WeightsPath);
        Assert.True(file.TryGetTensor("base_model.model.model.layers.1.self_attn.q_proj.lora_B.weight", out SafetensorsTensor? tensor));
        float[] stored = new float[16];
        file.Read(tensor, 0, stored);
        float[] own = adapter.Parts(1).Single().B.Span.ToArray();
        Assert.Equal([own[4], own[6], own[5], own[7]], stored[4..8]);
    }

    [Theory]
    [InlineData("use_dora", "true", "use_dora with true")]
    [InlineData("modules_to_save", "[\"lm_head\"]", "modules_to_save with a value")]
    [InlineData("bias", "\"all\"", "bias with 'all'")]
    [InlineData("peft_type", "\"LOHA\"", "peft_type with 'LOHA'")]
    [InlineData("task_type", "\"SEQ_CLS\"", "task_type with 'SEQ_CLS'")]
    [InlineData("rank_pattern", "{\"q_proj\": 2}", "rank_pattern with an entry")]
    [InlineData("init_lora_weights", "\"pissa\"", "init_lora_weights with 'pissa'")]
    [InlineData("fan_in_fan_out", "true", "fan_in_fan_out with true")]
    [InlineData("target_modules", "[\"q_proj\", \"lm_head\"]", "'lm_head' is not a matrix")]
    [InlineData("target_modules", "[]", "needs a target")]
    [InlineData("target_modules", "\"model.*\"", "'model.*' is not a matrix")]
    [InlineData("layers_to_transform", "[0, 2]", "layers_to_transform: expected all layers")]
    [InlineData("r", "0", "rank must lie in 1..16")]
    [InlineData("r", "1.5", "r: expected a whole number")]
    [InlineData("r", "2", "expected shape [2, 16], found [3, 16]")]
    [InlineData("r", "16", "bytes are too few")]
    [InlineData("lora_alpha", "-1", "alpha must be positive")]
    [InlineData("lora_alpha", "null", "lora_alpha: the key is missing")]
    [InlineData("target_modules", "[\"q_proj\", \"v_proj\"]", "v_proj.lora_A.weight is missing")]
    public void What_is_not_understood_is_refused_by_name(string key, string value, string message)
    {
        SaveQueryAdapter();
        JsonObject json = JsonNode.Parse(File.ReadAllText(ConfigPath))!.AsObject();
        json[key] = JsonNode.Parse(value);
        File.WriteAllText(ConfigPath, json.ToJsonString());
        Assert.Contains(
            message,
            Assert.Throws<InvalidModelFileException>(() => PeftDirectory.Load(_folder.Path, Config)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Other_formats_of_weights_and_further_tensors_are_refused()
    {
        using LoraWeights more = Random(new LoraSettings(3, 6, LoraTargets.Query | LoraTargets.Value));
        PeftDirectory.Save(_folder.Path, more, "base");
        byte[] weights = File.ReadAllBytes(WeightsPath);
        SaveQueryAdapter();
        File.WriteAllBytes(WeightsPath, weights);
        Assert.Contains(
            "the adapter's settings name no such tensor",
            Assert.Throws<InvalidModelFileException>(() => PeftDirectory.Load(_folder.Path, Config)).Message, StringComparison.Ordinal);
        File.Delete(WeightsPath);
        Assert.Contains(
            "there is no adapter_model.safetensors",
            Assert.Throws<InvalidModelFileException>(() => PeftDirectory.Load(_folder.Path, Config)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_files_are_a_result_or_a_typed_error()
    {
        SaveQueryAdapter();
        byte[] weights = File.ReadAllBytes(WeightsPath);
        byte[] config = File.ReadAllBytes(ConfigPath);
        DeterministicRandom random = new(9);
        for (int i = 0; i < 400; i++)
        {
            File.WriteAllBytes(ConfigPath, i % 2 == 0 ? config : Mutation.Damage(config, config.Length, ref random));
            File.WriteAllBytes(WeightsPath, i % 2 == 1 ? weights : Mutation.Damage(weights, 700, ref random));
            try
            {
                PeftDirectory.Load(_folder.Path, Config).Dispose();
            }
            catch (InvalidModelFileException)
            {
                // The typed error.
            }
        }
    }

    [Fact]
    public void Targets_are_read_by_short_and_full_names()
    {
        Assert.Equal(LoraTargets.Query | LoraTargets.Up, LoraSettings.ParseTargets(["q", "up_proj"]));
        Assert.Equal(LoraTargets.All, LoraSettings.ParseTargets(["all-linear"]));
        Assert.Contains(
            "gate", Assert.Throws<ArgumentException>(() => LoraSettings.ParseTargets(["head"])).Message, StringComparison.Ordinal);
    }

    private void SaveQueryAdapter()
    {
        using LoraWeights adapter = Random(new LoraSettings(3, 6, LoraTargets.Query));
        PeftDirectory.Save(_folder.Path, adapter, "base");
    }

    private static LoraWeights Random(LoraSettings settings)
    {
        LoraWeights adapter = new(Config, settings);
        DeterministicRandom random = new(3);
        foreach (ref float value in adapter.Flat.Span)
        {
            value = random.NextSingle();
        }

        return adapter;
    }
}
