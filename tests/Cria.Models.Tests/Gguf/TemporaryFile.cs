namespace Cria.Models.Tests.Gguf;

/// <summary>A file of given bytes that is deleted with the test.</summary>
internal sealed class TemporaryFile : IDisposable
{
    public TemporaryFile(ReadOnlySpan<byte> bytes, string extension = ".gguf")
    {
        FilePath = Path.Combine(Path.GetTempPath(), $"cria-{Guid.NewGuid():N}{extension}");
        File.WriteAllBytes(FilePath, bytes);
    }

    public string FilePath { get; }

    public void Dispose() => File.Delete(FilePath);
}
