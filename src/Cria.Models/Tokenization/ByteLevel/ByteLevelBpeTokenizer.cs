using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Cria.Models;

/// <summary>
/// Byte-level BPE (Radford et al. 2019), the tokenizer of GPT-2, SmolLM and Llama 3: text is split into words, each word's bytes of UTF-8
/// are merged by rank. No text is encoded to a control token.
/// </summary>
public sealed class ByteLevelBpeTokenizer : Tokenizer
{
    private const int NoToken = -1;

    [ThreadStatic]
    private static BytePairMerger? merger;

    private readonly string[] _tokens;
    private readonly byte[][] _bytes;
    private readonly bool[] _isControl;
    private readonly int[] _byteIds = new int[256];
    private readonly Dictionary<string, int> _textIds = new(StringComparer.Ordinal);
    private readonly string[] _addedTokens;
    private readonly SearchValues<string> _addedTokenSearch;
    private readonly bool _looksUpWords;
    private readonly MergeTable _merges;
    private readonly PieceScanner[] _scanners;
    private readonly PieceCache _cache = new();

    /// <summary>Makes a tokenizer of a vocabulary.</summary>
    /// <param name="vocabulary">Tokens, merges and special ids.</param>
    /// <exception cref="ArgumentException">A merge names no token, or a special id lies outside the vocabulary.</exception>
    public ByteLevelBpeTokenizer(ByteLevelVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        Vocabulary = vocabulary;
        _tokens = [.. vocabulary.Tokens];
        _isControl = new bool[_tokens.Length];
        foreach (int id in vocabulary.ControlIds)
        {
            _isControl[Check(id)] = true;
        }

        CheckSpecial(vocabulary.BosId);
        CheckSpecial(vocabulary.EosId);
        BosId = vocabulary.BosId;
        EosId = vocabulary.EosId;
        AddsBos = vocabulary.AddsBos;
        HashSet<int> added = [.. vocabulary.AddedIds.Select(Check)];
        _bytes = new byte[_tokens.Length][];
        for (int id = 0; id < _tokens.Length; id++)
        {
            _bytes[id] = _isControl[id] ? []
                : added.Contains(id) ? Encoding.UTF8.GetBytes(_tokens[id])
                : ByteAlphabet.Read(_tokens[id]);
            if (!_isControl[id])
            {
                _textIds.TryAdd(_tokens[id], id);
            }
        }

        _addedTokens =
        [
            .. added.Where(id => !_isControl[id] && _tokens[id].Length > 0).Select(id => _tokens[id])
                .OrderByDescending(token => token.Length),
        ];
        _addedTokenSearch = SearchValues.Create(_addedTokens, StringComparison.Ordinal);
        for (int value = 0; value < 256; value++)
        {
            _byteIds[value] = _textIds.GetValueOrDefault(ByteAlphabet.Write([(byte)value]), NoToken);
        }

        _merges = ReadMerges(vocabulary.Merges);
        _scanners = PieceScanner.Create(vocabulary.PreTokenizer);
        _looksUpWords = vocabulary.PreTokenizer == ByteLevelPreTokenizer.Llama3;
    }

    /// <summary>What the tokenizer is made of.</summary>
    public ByteLevelVocabulary Vocabulary { get; }

    /// <inheritdoc/>
    public override int VocabularySize => _tokens.Length;

    /// <inheritdoc/>
    public override int BosId { get; }

    /// <inheritdoc/>
    public override int EosId { get; }

    /// <inheritdoc/>
    public override bool AddsBos { get; }

    /// <summary>The ids of a text. Bytes that the vocabulary has no token for are left out, as the reference implementations do.</summary>
    public override int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> ids = new((text.Length / 3) + 4);
        Encode(text, ids);
        return [.. ids];
    }

    /// <summary>Appends the ids of a text.</summary>
    public void Encode(ReadOnlySpan<char> text, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        while (_addedTokens.Length > 0 && text.IndexOfAny(_addedTokenSearch) is int start and >= 0)
        {
            EncodeWords(text[..start], 0, ids);
            text = text[start..];
            foreach (string token in _addedTokens)
            {
                if (text.StartsWith(token, StringComparison.Ordinal))
                {
                    ids.Add(_textIds[token]);
                    text = text[token.Length..];
                    break;
                }
            }
        }

        EncodeWords(text, 0, ids);
    }

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> PieceBytes(int id) => _bytes[Check(id)];

    /// <inheritdoc/>
    public override string PieceText(int id) => _tokens[Check(id)];

    /// <inheritdoc/>
    public override bool IsControl(int id) => _isControl[Check(id)];

    private void EncodeWords(ReadOnlySpan<char> text, int stage, List<int> ids)
    {
        PieceScanner scanner = _scanners[stage];
        bool isLast = stage == _scanners.Length - 1;
        while (!text.IsEmpty)
        {
            int end = scanner.PieceEnd(text, 0);
            if (isLast)
            {
                EncodeWord(text[..end], ids);
            }
            else
            {
                EncodeWords(text[..end], stage + 1, ids);
            }

            text = text[end..];
        }
    }

    private void EncodeWord(ReadOnlySpan<char> word, List<int> ids)
    {
        if (_cache.TryGet(word, out ReadOnlySpan<int> known))
        {
            ids.AddRange(known);
            return;
        }

        int before = ids.Count;
        MergeWord(word, ids);
        _cache.Set(word, CollectionsMarshal.AsSpan(ids)[before..]);
    }

    private void MergeWord(ReadOnlySpan<char> word, List<int> ids)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(word)];
        Encoding.UTF8.GetBytes(word, bytes);
        if (_looksUpWords && _textIds.TryGetValue(ByteAlphabet.Write(bytes), out int whole))
        {
            ids.Add(whole);
            return;
        }

        int[] symbols = new int[bytes.Length];
        int count = 0;
        foreach (byte value in bytes)
        {
            if (_byteIds[value] != NoToken)
            {
                symbols[count++] = _byteIds[value];
            }
        }

        merger ??= new BytePairMerger();
        merger.Merge(symbols.AsSpan(0, count), _merges, ids);
    }

    private MergeTable ReadMerges(IReadOnlyList<string> merges)
    {
        Dictionary<(int Left, int Right), Merge> table = new(merges.Count);
        for (int rank = 0; rank < merges.Count; rank++)
        {
            string merge = merges[rank];
            int space = merge.IndexOf(' ', StringComparison.Ordinal);
            if (space < 0
                || !_textIds.TryGetValue(merge[..space], out int left)
                || !_textIds.TryGetValue(merge[(space + 1)..], out int right)
                || !_textIds.TryGetValue(merge.Remove(space, 1), out int merged))
            {
                throw new ArgumentException($"Merge {rank} ('{merge}') must be two tokens and a space, and their join a token.");
            }

            table.TryAdd((left, right), new Merge(merged, rank));
        }

        return new MergeTable(table);
    }

    private void CheckSpecial(int id)
    {
        if (id < -1 || id >= _tokens.Length)
        {
            throw new ArgumentException($"Special id {id} lies outside the vocabulary of {_tokens.Length} tokens.");
        }
    }

    private int Check(int id) => (uint)id < (uint)_tokens.Length
        ? id
        : throw new ArgumentOutOfRangeException(nameof(id), id, $"Not an id of a vocabulary of {_tokens.Length}.");
}
