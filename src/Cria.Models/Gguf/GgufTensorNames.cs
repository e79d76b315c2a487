namespace Cria.Models;

/// <summary>How the parameters of a Llama model are called in GGUF.</summary>
internal static class GgufTensorNames
{
    /// <summary>Divisors of the rotary frequencies, one a pair; not a parameter.</summary>
    public const string RopeFactors = "rope_freqs.weight";

    public const string Embedding = "token_embd.weight";
    public const string Head = "output.weight";
    private const string LayerPrefix = "model.layers.";

    private static readonly Dictionary<string, string> InLayers = new(StringComparer.Ordinal)
    {
        ["input_layernorm.weight"] = "attn_norm.weight",
        ["self_attn.q_proj.weight"] = "attn_q.weight",
        ["self_attn.k_proj.weight"] = "attn_k.weight",
        ["self_attn.v_proj.weight"] = "attn_v.weight",
        ["self_attn.o_proj.weight"] = "attn_output.weight",
        ["post_attention_layernorm.weight"] = "ffn_norm.weight",
        ["mlp.gate_proj.weight"] = "ffn_gate.weight",
        ["mlp.up_proj.weight"] = "ffn_up.weight",
        ["mlp.down_proj.weight"] = "ffn_down.weight",
    };

    /// <summary>The GGUF name of a parameter whose Hugging Face name is given.</summary>
    public static string Of(string name)
    {
        if (name.StartsWith(LayerPrefix, StringComparison.Ordinal))
        {
            int end = name.IndexOf('.', LayerPrefix.Length);
            return $"blk.{name[LayerPrefix.Length..end]}.{InLayers[name[(end + 1)..]]}";
        }

        return name switch
        {
            ParameterLayout.EmbeddingName => Embedding,
            ParameterLayout.FinalNormName => "output_norm.weight",
            ParameterLayout.HeadName => Head,
            _ => throw new ArgumentException($"'{name}' has no name in GGUF.", nameof(name)),
        };
    }

    /// <summary>
    /// Checks that a file holds every parameter of a model in its shape and no other tensor, before memory is allocated for it.
    /// </summary>
    /// <exception cref="InvalidModelFileException">It does not; the message names the tensor.</exception>
    public static void Check(GgufFile file, LlamaConfig config)
    {
        HashSet<string> known = new(StringComparer.Ordinal) { RopeFactors };
        foreach (ParameterTensor parameter in new ParameterLayout(config).Tensors)
        {
            string name = Of(parameter.Name);
            GgufTensor tensor = file.GetTensor(name);
            if (tensor.Rows != parameter.Rows || tensor.Columns != parameter.Columns)
            {
                throw new InvalidModelFileException(
                    $"{file.FilePath}: the tensor '{name}' has shape {tensor.ShapeText}; "
                    + $"expected [{parameter.Rows}, {parameter.Columns}].");
            }

            known.Add(name);
        }

        if (file.Tensors.FirstOrDefault(tensor => !known.Contains(tensor.Name)) is { } other)
        {
            throw new InvalidModelFileException(
                $"{file.FilePath}: the tensor '{other.Name}' is no part of a Llama of this shape; its effect would be lost.");
        }
    }
}
