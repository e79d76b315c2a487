using System.Text;

namespace Cria.Corpus.Tests;

public sealed class SourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Text_folders_give_one_document_a_file_in_path_order()
    {
        _folder.Write("b.md", "second\r\nline\r\n");
        _folder.Write("a.txt", "\uFEFFfirst");
        _folder.WriteGZip("c/d.txt.gz", "third");
        _folder.Write("empty.txt", " \n");
        _folder.Write("other.bin", "no");
        List<Document> documents = [.. new TextFolderSource(_folder.Path).Read()];
        Assert.Equal(["a.txt", "b.md", "c/d.txt.gz"], documents.Select(document => document.Id));
        Assert.Equal(["first", "second\nline", "third"], documents.Select(document => document.Text));
        Assert.Equal(1.0, documents[^1].SourceFraction, 0.3);
    }

    [Fact]
    public void A_long_file_is_cut_at_line_ends_and_loses_nothing()
    {
        StringBuilder text = new();
        for (int i = 0; i < 30_000; i++)
        {
            text.Append("line ").Append(i).Append('\n');
        }

        string path = _folder.Write("long.txt", text.ToString());
        List<Document> documents = [.. new TextFolderSource([path], _folder.Path).Read()];
        Assert.True(documents.Count > 3);
        Assert.Equal(text.ToString().TrimEnd('\n'), string.Join('\n', documents.Select(document => document.Text)));
        Assert.Equal(documents.Count, documents.Select(document => document.Id).Distinct().Count());
        string pairs = string.Concat(Enumerable.Repeat("🦙", TextFolderSource.DocumentCharacters)) + "x";
        documents = [.. new TextFolderSource([_folder.Write("pairs.txt", "y" + pairs)], _folder.Path).Read()];
        Assert.Equal("y" + pairs, string.Concat(documents.Select(document => document.Text)));
        Assert.All(documents, document => Assert.False(char.IsLowSurrogate(document.Text[0])));
    }

    [Fact]
    public void Json_lines_give_their_text_field()
    {
        const string Lines =
            "\uFEFF{\"text\":\"one\\n\",\"meta\":{\"text\":5}}\n\n  \r\n"
            + "{\"id\":[1,2],\"text\":\"two \\ud83e\\udd99\"}\r\n{\"text\":\"\"}\n{\"text\":\"last\"}";
        string plain = _folder.Write("x.jsonl", Lines);
        string gzip = _folder.WriteGZip("x.jsonl.gz", Lines);
        foreach (string path in new[] { plain, gzip })
        {
            List<Document> documents = [.. new JsonLinesSource([path], _folder.Path).Read()];
            Assert.Equal(["one\n", "two 🦙", "last"], documents.Select(document => document.Text));
            Assert.Equal($"{Path.GetFileName(path)}:6", documents[^1].Id);
        }
    }

    [Fact]
    public void Lines_longer_than_the_buffer_are_read_whole()
    {
        string[] texts = [.. Enumerable.Range(1, 6).Select(i => new string((char)('a' + i), i * 150_000))];
        string path = _folder.WriteGZip("long.jsonl.gz", string.Join('\n', texts.Select(text => $"{{\"text\":\"{text}\"}}")));
        Assert.Equal(texts, new JsonLinesSource([path], _folder.Path).Read().Select(document => document.Text));
    }

    [Theory]
    [InlineData("{\"text\":\"a\"}\n{\"text\":", "line 2: not valid JSON")]
    [InlineData("{\"text\":\"a\"}\n\n[1]", "line 3: expected a JSON object")]
    [InlineData("{\"body\":\"a\"}", "line 1: the JSON object has no \"text\" field")]
    [InlineData("{\"text\":7}", "line 1: \"text\" must be a string, but is Number")]
    [InlineData("{\"text\":\"a\"} x", "line 1: not valid JSON")]
    [InlineData("{\"text\":\"\\ud800\"}", "line 1: not valid JSON")]
    public void Bad_json_lines_name_file_and_line(string content, string problem)
    {
        string path = _folder.Write("bad.jsonl", content);
        InvalidCorpusException error = Assert.Throws<InvalidCorpusException>(
            () => new JsonLinesSource([path], _folder.Path).Read().Count());
        Assert.StartsWith($"{path}: {problem}", error.Message);
    }

    [Fact]
    public void Text_that_is_not_utf8_names_the_file()
    {
        string path = _folder.Write("latin.txt", [(byte)'a', 0xE9, (byte)'b']);
        InvalidCorpusException error = Assert.Throws<InvalidCorpusException>(() => new TextFolderSource(_folder.Path).Read().Count());
        Assert.Contains(path, error.Message);
        Assert.Contains("UTF-8", error.Message);
        string json = _folder.Write("latin.jsonl", [.. "{\"text\":\"a"u8, 0xE9, .. "\"}"u8]);
        Assert.Throws<InvalidCorpusException>(() => new JsonLinesSource([json], _folder.Path).Read().Count());
    }

    [Fact]
    public void Every_truncation_and_every_damaged_byte_of_gzip_is_a_typed_error()
    {
        StringBuilder text = new();
        Random random = new(3);
        for (int i = 0; i < 200; i++)
        {
            text.Append("{\"text\":\"").Append(random.Next()).Append("\"}\n");
        }

        byte[] whole = TemporaryFolder.GZip(text.ToString());
        for (int i = 0; i < 300; i++)
        {
            byte[] bytes = whole[..^(i % 2 == 0 ? 1 + (i * (whole.Length - 1) / 300) : 0)];
            if (i % 2 == 1)
            {
                // Bytes 4 to 9 of a gzip header (time, flags, system) do not touch the content.
                bytes[random.Next(10, bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            string path = _folder.Write("bad.jsonl.gz", bytes);
            InvalidCorpusException error = Assert.Throws<InvalidCorpusException>(
                () => new JsonLinesSource([path], _folder.Path).Read().Count());
            Assert.Contains(path, error.Message);
        }

        string two = _folder.Write("two.jsonl.gz", [.. whole, .. whole]);
        Assert.Equal(400, new JsonLinesSource([two], _folder.Path).Read().Count());
        Assert.Empty(new JsonLinesSource([_folder.WriteGZip("none.jsonl.gz", "")], _folder.Path).Read());
    }

    [Fact]
    public void A_path_opens_as_whatever_it_holds()
    {
        string text = _folder.Write("mixed/a.txt", "text");
        _folder.Write("mixed/b.jsonl", "{\"text\":\"json\"}");
        _folder.Write("mixed/c.xml", "<doc><members><member name='T:A.B'><summary>xml</summary></member></members></doc>");
        IReadOnlyList<IDocumentSource> sources = DocumentSources.Open(_folder.File("mixed"));
        Assert.Equal(["text", "json", "A.B\nxml"], sources.SelectMany(source => source.Read()).Select(document => document.Text));
        Assert.All(sources, source => Assert.Equal("mixed", source.Name));
        Assert.Equal("a.txt", Assert.Single(DocumentSources.Open(text)[0].Read()).Id);

        Directory.CreateDirectory(_folder.File("empty"));
        Assert.Contains(".jsonl", Assert.Throws<InvalidCorpusException>(() => DocumentSources.Open(_folder.File("empty"))).Message);
        Assert.Throws<InvalidCorpusException>(() => DocumentSources.Open(_folder.File("absent")));
        Assert.Throws<InvalidCorpusException>(() => new TextFolderSource(_folder.File("empty")));
    }

    [Fact]
    public void Fingerprints_change_with_files_and_settings()
    {
        string path = _folder.Write("a.txt", "text");
        ulong before = new TextFolderSource([path], _folder.Path, "x").Fingerprint;
        Assert.Equal(before, new TextFolderSource([path], _folder.Path, "x").Fingerprint);
        Assert.NotEqual(before, new TextFolderSource([path], _folder.Path, "y").Fingerprint);
        _folder.Write("a.txt", "longer text");
        Assert.NotEqual(before, new TextFolderSource([path], _folder.Path, "x").Fingerprint);
    }
}
