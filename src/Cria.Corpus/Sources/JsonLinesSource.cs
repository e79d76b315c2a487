using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Cria.Corpus;

/// <summary>
/// JSON Lines (<c>.jsonl</c>, <c>.jsonl.gz</c>) as a source: one document a line, from its <c>text</c> field; other fields are passed over,
/// empty lines too.
/// </summary>
public sealed class JsonLinesSource : FileSource
{
    /// <summary>The longest line read, in bytes; a longer one is an error rather than a reason to run out of memory.</summary>
    public const int LineLimit = 1 << 28;

    internal static readonly string[] Suffixes = [".jsonl", ".jsonl.gz"];

    /// <summary>The given files, in their order; a document's id is the path relative to the folder with the line number.</summary>
    public JsonLinesSource(IEnumerable<string> files, string folder, string? name = null)
        : base(files, folder, name)
    {
    }

    /// <inheritdoc/>
    public override IEnumerable<Document> Read()
    {
        long done = 0;
        foreach (string file in Files)
        {
            string id = IdOf(file);
            using LineReader lines = new(file, LineLimit);
            while (lines.Read())
            {
                string? text = ReadText(lines.Line, file, lines.Number);
                if (!string.IsNullOrEmpty(text))
                {
                    double fraction = Size == 0 ? 1 : (double)(done + lines.BytesConsumed) / Size;
                    yield return new Document($"{id}:{lines.Number}", Name, text) { SourceFraction = Math.Min(1, fraction) };
                }
            }

            done += new FileInfo(file).Length;
        }
    }

    private static string? ReadText(ReadOnlyMemory<byte> line, string file, long number)
    {
        if (line.Span.IndexOfAnyExcept(" \t\r"u8) < 0)
        {
            return null;
        }

        try
        {
            Utf8JsonReader reader = new(line.Span);
            string? text = null;
            bool found = false;
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new InvalidCorpusException(
                    $"{file}: line {number}: expected a JSON object with a \"text\" field, found {reader.TokenType}.");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isText = reader.ValueTextEquals("text"u8);
                reader.Read();
                if (isText && reader.TokenType != JsonTokenType.String)
                {
                    throw new InvalidCorpusException($"{file}: line {number}: \"text\" must be a string, but is {reader.TokenType}.");
                }

                found |= isText;
                text = isText ? reader.GetString() : text;
                reader.Skip();
            }

            reader.Read();
            return found ? text : throw new InvalidCorpusException($"{file}: line {number}: the JSON object has no \"text\" field.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException is what the reader throws for text that is not UTF-8 or holds half a surrogate pair.
            throw new InvalidCorpusException($"{file}: line {number}: not valid JSON: {exception.Message}", exception);
        }
    }

    /// <summary>Reads a file, compressed or not, line by line as bytes. The line is valid until the next read.</summary>
    private sealed class LineReader : IDisposable
    {
        private readonly string _file;
        private readonly int _limit;
        private readonly FileStream _raw;
        private readonly Stream _stream;
        private byte[] _buffer = ArrayPool<byte>.Shared.Rent(1 << 18);
        private int _start;
        private int _end;
        private bool _isAtEnd;

        public LineReader(string file, int limit)
        {
            _file = file;
            _limit = limit;
            _raw = SourceFiles.OpenRaw(file);
            _stream = SourceFiles.Decompress(_raw, file);
        }

        public long Number { get; private set; }

        public ReadOnlyMemory<byte> Line { get; private set; }

        public long BytesConsumed => _raw.Position;

        public bool Read()
        {
            int searched = 0;
            Number++;
            while (true)
            {
                int length = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
                if (length >= 0 || (_isAtEnd && _end > _start))
                {
                    length = length < 0 ? _end - _start : length + searched;
                    Line = _buffer.AsMemory(_start, length);
                    _start = Math.Min(_end, _start + length + 1);
                    Line = Number == 1 && Line.Span.StartsWith(Encoding.UTF8.Preamble) ? Line[Encoding.UTF8.Preamble.Length..] : Line;
                    return true;
                }

                if (_isAtEnd)
                {
                    return false;
                }

                searched = _end - _start;
                Refill();
            }
        }

        public void Dispose()
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _stream.Dispose();
            _raw.Dispose();
        }

        private void Refill()
        {
            int length = _end - _start;
            if (length >= _limit)
            {
                throw new InvalidCorpusException($"{_file}: line {Number}: longer than {_limit} bytes.");
            }

            byte[] target = _buffer;
            if (length > _buffer.Length / 2)
            {
                target = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            }

            _buffer.AsSpan(_start, length).CopyTo(target);
            if (target != _buffer)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = target;
            }

            _start = 0;
            _end = length;
            int read = SourceFiles.Guard(_file, Number, () => _stream.Read(_buffer, _end, _buffer.Length - _end));
            _end += read;
            _isAtEnd = read == 0;
        }
    }
}
