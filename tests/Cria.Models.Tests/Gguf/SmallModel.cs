namespace Cria.Models.Tests.Gguf;

/// <summary>A Llama of two layers as GGUF, with float32 weights that count up from the tensor's number.</summary>
internal static class SmallModel
{
    public const int Dim = 8;
    public const int HiddenDim = 12;
    public const int Vocabulary = 6;

    public static readonly string[] Tokens = ["<unk>", "<s>", "</s>", "a", "b", "ab"];

    public static GgufBuilder Metadata(Dictionary<string, object>? changes = null)
    {
        Dictionary<string, object> keys = new()
        {
            ["general.architecture"] = "llama",
            ["llama.block_count"] = 2u,
            ["llama.context_length"] = 64u,
            ["llama.embedding_length"] = (uint)Dim,
            ["llama.feed_forward_length"] = (uint)HiddenDim,
            ["llama.attention.head_count"] = 2u,
            ["llama.attention.head_count_kv"] = 1u,
            ["llama.attention.layer_norm_rms_epsilon"] = 1e-6f,
            ["llama.rope.freq_base"] = 50000f,
            ["tokenizer.ggml.model"] = "llama",
            ["tokenizer.ggml.tokens"] = Tokens,
            ["tokenizer.ggml.scores"] = new[] { 0f, 0, 0, -2, -2, -1 },
            ["tokenizer.ggml.token_type"] = new[] { 2, 3, 3, 1, 1, 1 },
            ["tokenizer.ggml.bos_token_id"] = 1u,
            ["tokenizer.ggml.eos_token_id"] = 2u,
        };
        foreach ((string key, object value) in changes ?? [])
        {
            keys[key] = value;
        }

        GgufBuilder builder = new();
        foreach ((string key, object value) in keys)
        {
            builder.Key(key, value);
        }

        return builder;
    }

    public static GgufBuilder AddTensors(this GgufBuilder builder, bool tied = false, string? without = null)
    {
        List<(string Name, ulong[] Dimensions)> tensors = [("token_embd.weight", [Dim, Vocabulary])];
        for (int layer = 0; layer < 2; layer++)
        {
            tensors.AddRange(
            [
                ($"blk.{layer}.attn_norm.weight", [Dim]),
                ($"blk.{layer}.attn_q.weight", [Dim, Dim]),
                ($"blk.{layer}.attn_k.weight", [Dim, 4]),
                ($"blk.{layer}.attn_v.weight", [Dim, 4]),
                ($"blk.{layer}.attn_output.weight", [Dim, Dim]),
                ($"blk.{layer}.ffn_norm.weight", [Dim]),
                ($"blk.{layer}.ffn_gate.weight", [Dim, HiddenDim]),
                ($"blk.{layer}.ffn_up.weight", [Dim, HiddenDim]),
                ($"blk.{layer}.ffn_down.weight", [HiddenDim, Dim]),
            ]);
        }

        tensors.Add(("output_norm.weight", [Dim]));
        if (!tied)
        {
            tensors.Add(("output.weight", [Dim, Vocabulary]));
        }

        for (int index = 0; index < tensors.Count; index++)
        {
            int first = index * 1000;
            if (tensors[index].Name != without)
            {
                builder.Float32(tensors[index].Name, tensors[index].Dimensions, i => first + i);
            }
        }

        return builder;
    }
}
