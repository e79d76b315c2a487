using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Cria.Compute;
using Cria.Testing;

namespace Cria.Models.Tests.Llama2c;

public sealed class Llama2cFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string FilePath => _folder["model.bin"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Versions_0_and_1_hold_the_same_model()
    {
        using LoadedModel version0 = Llama2cFile.Load(SharedData.Data("stories260k/stories260K.bin"));
        using LoadedModel version1 = Llama2cFile.Load(SharedData.Data("stories260k/stories260K_v1.bin"));
        Assert.Equal(version0.Config, version1.Config);
        Assert.Equal((64, 172, 5, 8, 4, 512, 512, true), (
            version0.Config.Dim, version0.Config.HiddenDim, version0.Config.Layers, version0.Config.Heads, version0.Config.KvHeads,
            version0.Config.VocabularySize, version0.Config.ContextLength, version0.Config.TiedEmbeddings));
        Assert.True(version0.Weights.Flat.Span.SequenceEqual(version1.Weights.Flat.Span));
        Assert.Equal(1, version0.GenerationDefaults.BosId);
    }

    [Fact]
    public void Version_2_holds_it_rounded_to_8_bits()
    {
        using LoadedModel exact = Llama2cFile.Load(SharedData.Data("stories260k/stories260K.bin"));
        using LoadedModel rounded = Llama2cFile.Load(SharedData.Data("stories260k/stories260K_q80_gs8.bin"));
        Assert.Equal(exact.Config, rounded.Config);
        foreach (ParameterTensor parameter in exact.Weights.Layout.Tensors)
        {
            float[] values = exact.Weights[parameter].Span.ToArray();
            float[] approximate = rounded.Weights[parameter].Span.ToArray();
            for (int group = 0; group < values.Length; group += 8)
            {
                float step = parameter.IsMatrix ? values[group..(group + 8)].Max(MathF.Abs) / 127 : 0;
                for (int i = group; i < group + 8; i++)
                {
                    Assert.InRange(Math.Abs(values[i] - approximate[i]), 0, 0.501f * step);
                }
            }
        }
    }

    [Fact]
    public void A_head_of_its_own_comes_after_the_rotary_tables()
    {
        LlamaConfig config = LlamaWeightsTests.Small with { HeadDim = 4 };
        using LlamaWeights weights = new(config);
        weights.InitializeRandom(3);
        File.WriteAllBytes(FilePath, Version0(weights));
        using LoadedModel model = Llama2cFile.Load(FilePath);
        Assert.Equal(config, model.Config);
        Assert.True(weights.Flat.Span.SequenceEqual(model.Weights.Flat.Span));
        Assert.Equal(config.ParameterCount, Llama2cFile.Inspect(FilePath).Tensors.Sum(tensor => tensor.Length));
    }

    [Theory]
    [InlineData(0, 65)]
    [InlineData(0, -64)]
    [InlineData(0, int.MaxValue)]
    [InlineData(1, 0)]
    [InlineData(2, int.MaxValue)]
    [InlineData(3, 0)]
    [InlineData(4, 3)]
    [InlineData(4, -4)]
    [InlineData(5, int.MinValue)]
    [InlineData(5, int.MaxValue)]
    [InlineData(5, -512)]
    [InlineData(6, -1)]
    public void Header_integers_that_do_not_fit_are_refused(int field, int value)
    {
        byte[] bytes = File.ReadAllBytes(SharedData.Data("stories260k/stories260K.bin"));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(field * 4), value);
        File.WriteAllBytes(FilePath, bytes);
        Assert.Throws<InvalidModelFileException>(() => Llama2cFile.Load(FilePath));
    }

    [Fact]
    public void A_truncated_file_names_both_lengths()
    {
        byte[] bytes = File.ReadAllBytes(SharedData.Data("stories260k/stories260K.bin"));
        foreach (int length in new[] { 0, 27, 28, 300, bytes.Length - 1 })
        {
            File.WriteAllBytes(FilePath, bytes[..length]);
            InvalidModelFileException error = Assert.Throws<InvalidModelFileException>(() => Llama2cFile.Load(FilePath));
            Assert.Contains($"{length}", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Damaged_files_give_a_result_or_a_typed_error()
    {
        LlamaConfig config = LlamaWeightsTests.Small with { HeadDim = 4, VocabularySize = 8, Layers = 1, TiedEmbeddings = true };
        using LlamaWeights weights = new(config);
        byte[] small = Version0(weights);
        byte[] quantised = File.ReadAllBytes(SharedData.Data("stories260k/stories260K_q80_gs8.bin"))[..1000];
        DeterministicRandom random = new(33);
        for (int i = 0; i < 4000; i++)
        {
            File.WriteAllBytes(FilePath, Mutation.Damage(i % 2 == 0 ? small : quantised, 48, ref random));
            try
            {
                Llama2cFile.Load(FilePath).Dispose();
            }
            catch (InvalidModelFileException)
            {
            }
        }
    }

    // The order that llama2.c's run.c reads, written out.
    private static byte[] Version0(LlamaWeights weights)
    {
        LlamaConfig config = weights.Config;
        using MemoryStream stream = new();
        int vocabulary = config.TiedEmbeddings ? config.VocabularySize : -config.VocabularySize;
        int[] header = [config.Dim, config.HiddenDim, config.Layers, config.Heads, config.KvHeads, vocabulary, config.ContextLength];
        stream.Write(MemoryMarshal.AsBytes(header.AsSpan()));
        List<Tensor> tensors = [weights.TokenEmbedding];
        Func<LayerWeights, Tensor>[] perLayer =
        [
            layer => layer.AttentionNorm, layer => layer.Query, layer => layer.Key, layer => layer.Value, layer => layer.AttentionOutput,
            layer => layer.FeedForwardNorm, layer => layer.Gate, layer => layer.Down, layer => layer.Up,
        ];
        tensors.AddRange(perLayer.SelectMany(tensorOf => weights.Layers.Select(tensorOf)));
        tensors.Add(weights.FinalNorm);
        tensors.ForEach(tensor => stream.Write(MemoryMarshal.AsBytes(tensor.Span)));
        stream.Write(new byte[config.ContextLength * config.HeadDim * sizeof(float)]);
        if (!config.TiedEmbeddings)
        {
            stream.Write(MemoryMarshal.AsBytes(weights.Head.Span));
        }

        return stream.ToArray();
    }
}
