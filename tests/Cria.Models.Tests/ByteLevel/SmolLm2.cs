using Cria.Testing;

namespace Cria.Models.Tests.ByteLevel;

/// <summary>The tokenizer of the shared SmolLM2 file, read once for all tests.</summary>
internal static class SmolLm2
{
    private static readonly Lazy<ByteLevelBpeTokenizer> Lazy = new(Read, LazyThreadSafetyMode.PublicationOnly);

    public static ByteLevelBpeTokenizer Tokenizer => Lazy.Value;

    public static string FilePath => SharedData.Data("smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");

    private static ByteLevelBpeTokenizer Read()
    {
        using GgufFile file = GgufFile.Open(FilePath);
        return Assert.IsType<ByteLevelBpeTokenizer>(GgufTokenizer.Read(file));
    }
}
