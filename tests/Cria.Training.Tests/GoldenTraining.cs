using System.Text.Json;
using Cria.Models;
using Cria.Testing;

namespace Cria.Training.Tests;

/// <summary>The ten recorded steps of a micro model: configuration, batch, losses, gradients and weights by PyTorch in float64.</summary>
internal sealed class GoldenTraining : IDisposable
{
    private readonly JsonDocument _json;

    private GoldenTraining(JsonDocument json)
    {
        _json = json;
        JsonElement config = json.RootElement.GetProperty("config");
        int Get(string name) => config.GetProperty(name).GetInt32();
        Config = new LlamaConfig
        {
            Dim = Get("dim"),
            Layers = Get("n_layers"),
            Heads = Get("n_heads"),
            KvHeads = Get("n_kv_heads"),
            HeadDim = Get("head_dim"),
            HiddenDim = Get("hidden_dim"),
            VocabularySize = Get("vocab_size"),
            ContextLength = Get("max_seq_len"),
            TiedEmbeddings = config.GetProperty("tied").GetBoolean(),
        };
        int[][] tokens = json.RootElement.GetProperty("tokens").Deserialize<int[][]>()!;
        int[][] targets = json.RootElement.GetProperty("targets").Deserialize<int[][]>()!;
        Batch = new TokenBatch(tokens.Sum(row => row.Length));
        for (int i = 0; i < tokens.Length; i++)
        {
            Batch.Add(tokens[i], targets[i]);
        }
    }

    public LlamaConfig Config { get; }

    public TokenBatch Batch { get; }

    public double[] Losses => Numbers(_json.RootElement.GetProperty("losses_f64"));

    public double[] GradientNorms => Numbers(_json.RootElement.GetProperty("grad_norms_f64"));

    public static GoldenTraining Load(bool tied)
    {
        string path = SharedData.Golden(tied ? "micro_train_tied.json" : "micro_train.json");
        return new GoldenTraining(JsonDocument.Parse(File.ReadAllBytes(path)));
    }

    public LlamaWeights InitialWeights()
    {
        LlamaWeights weights = new(Config);
        foreach ((ParameterTensor tensor, double[] values) in Tensors("initial_weights"))
        {
            for (int i = 0; i < values.Length; i++)
            {
                weights[tensor].Span[i] = (float)values[i];
            }
        }

        return weights;
    }

    public IEnumerable<(ParameterTensor Tensor, double[] Values)> Tensors(string section) =>
        from tensor in new ParameterLayout(Config).Tensors
        select (tensor, Numbers(_json.RootElement.GetProperty(section).GetProperty(MetaName(tensor.Name))));

    public double[] Activations(string name) =>
        Numbers(_json.RootElement.GetProperty("activations_step1").GetProperty(name).GetProperty("data"));

    public void Dispose() => _json.Dispose();

    private static string MetaName(string name) => name
        .Replace("model.embed_tokens", "tok_embeddings")
        .Replace("lm_head", "output")
        .Replace("model.layers", "layers")
        .Replace("model.norm", "norm")
        .Replace("input_layernorm", "attention_norm")
        .Replace("post_attention_layernorm", "ffn_norm")
        .Replace("self_attn.q_proj", "attention.wq")
        .Replace("self_attn.k_proj", "attention.wk")
        .Replace("self_attn.v_proj", "attention.wv")
        .Replace("self_attn.o_proj", "attention.wo")
        .Replace("mlp.gate_proj", "feed_forward.w1")
        .Replace("mlp.up_proj", "feed_forward.w3")
        .Replace("mlp.down_proj", "feed_forward.w2");

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetDouble())];
}
