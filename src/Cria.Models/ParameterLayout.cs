namespace Cria.Models;

/// <summary>One parameter of a model and where its values lie.</summary>
/// <param name="Name">Its Hugging Face name, e.g. <c>model.layers.0.self_attn.q_proj.weight</c>.</param>
/// <param name="Rows">Outputs of a matrix; 1 for a vector.</param>
/// <param name="Columns">Inputs of a matrix; values of a vector.</param>
/// <param name="Offset">First value, in floats from the start of the flat buffer.</param>
/// <param name="IsMatrix">True for what weight decay acts on: matrices and the embedding, not the norms.</param>
public readonly record struct ParameterTensor(string Name, int Rows, int Columns, long Offset, bool IsMatrix)
{
    /// <summary>Number of values.</summary>
    public long Length => (long)Rows * Columns;
}

/// <summary>
/// The order of a model's parameters in one flat buffer of float32: embedding; for each block the attention norm, q, k, v, output,
/// feed-forward norm, gate (w1), up (w3), down (w2); final norm; head. Because q, k and v (and gate and up) lie side by side, each group
/// is also one matrix. Nothing is padded, so a flat buffer is exactly <see cref="LlamaConfig.ParameterCount"/> values.
/// </summary>
public sealed class ParameterLayout
{
    internal const string EmbeddingName = "model.embed_tokens.weight";
    internal const string FinalNormName = "model.norm.weight";
    internal const string HeadName = "lm_head.weight";
    internal const string ScalarHeadName = "score.weight";

    /// <summary>Tensors of one block.</summary>
    internal const int TensorsPerLayer = 9;

    private readonly List<ParameterTensor> _tensors = [];

    /// <summary>Lays out the parameters of a model.</summary>
    /// <exception cref="ArgumentException">The configuration is invalid.</exception>
    public ParameterLayout(LlamaConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        int queryRows = config.AttentionShape.QueryColumns;
        int keyRows = config.AttentionShape.KeyColumns;
        AddMatrix(EmbeddingName, config.VocabularySize, config.Dim);
        for (int layer = 0; layer < config.Layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            AddVector(prefix + "input_layernorm.weight", config.Dim);
            AddMatrix(prefix + "self_attn.q_proj.weight", queryRows, config.Dim);
            AddMatrix(prefix + "self_attn.k_proj.weight", keyRows, config.Dim);
            AddMatrix(prefix + "self_attn.v_proj.weight", keyRows, config.Dim);
            AddMatrix(prefix + "self_attn.o_proj.weight", config.Dim, queryRows);
            AddVector(prefix + "post_attention_layernorm.weight", config.Dim);
            AddMatrix(prefix + "mlp.gate_proj.weight", config.HiddenDim, config.Dim);
            AddMatrix(prefix + "mlp.up_proj.weight", config.HiddenDim, config.Dim);
            AddMatrix(prefix + "mlp.down_proj.weight", config.Dim, config.HiddenDim);
        }

        AddVector(FinalNormName, config.Dim);
        if (config.ScalarHead)
        {
            AddMatrix(ScalarHeadName, 1, config.Dim);
        }
        else if (!config.TiedEmbeddings)
        {
            AddMatrix(HeadName, config.VocabularySize, config.Dim);
        }
    }

    /// <summary>The tensors in the order of their offsets.</summary>
    public IReadOnlyList<ParameterTensor> Tensors => _tensors;

    /// <summary>Number of values in all.</summary>
    public long Length { get; private set; }

    /// <summary>
    /// The index in <see cref="Tensors"/> of the first tensor of a block; of the final norm for the block behind the last.
    /// </summary>
    public static int FirstTensorOf(int layer) => 1 + (layer * TensorsPerLayer);

    private void AddMatrix(string name, int rows, int columns) => Add(name, rows, columns, isMatrix: true);

    private void AddVector(string name, int length) => Add(name, 1, length, isMatrix: false);

    private void Add(string name, int rows, int columns, bool isMatrix)
    {
        _tensors.Add(new ParameterTensor(name, rows, columns, Length, isMatrix));
        Length += (long)rows * columns;
    }
}
