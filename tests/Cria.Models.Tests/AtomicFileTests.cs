namespace Cria.Models.Tests;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cria-atomic-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Replaces_the_old_content_and_leaves_no_other_file()
    {
        string path = Path.Combine(_folder, "new", "file.bin");
        AtomicFile.Write(path, stream => stream.Write([1, 2, 3]));
        AtomicFile.Write(path, stream => stream.Write([4, 5]));

        Assert.Equal([4, 5], File.ReadAllBytes(path));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void A_disk_that_fills_up_midway_leaves_the_old_file()
    {
        string path = Path.Combine(_folder, "file.bin");
        AtomicFile.Write(path, stream => stream.Write([1, 2, 3]));

        IOException error = Assert.Throws<IOException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[3 << 20]);
            throw new IOException("No space left on device");
        }));

        Assert.Contains("No space left", error.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Writes_text_without_byte_order_mark()
    {
        string path = Path.Combine(_folder, "text.txt");
        AtomicFile.WriteText(path, "é");
        Assert.Equal([0xC3, 0xA9], File.ReadAllBytes(path));
    }
}
