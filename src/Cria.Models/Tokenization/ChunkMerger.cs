using System.Text;

namespace Cria.Models;

/// <summary>
/// Merges the characters of a chunk of normalised text into pieces and writes their ids. Chunks of a few symbols are searched for their
/// best pair again and again, which beats a heap; long ones are cut where neighbours occur together in no piece, then use the heap.
/// </summary>
internal sealed class ChunkMerger
{
    private const int LongestSearched = 32;

    private readonly SentencePieceVocabulary _vocabulary;
    private readonly HeapMerger _heap;
    private readonly Merge[] _pairs = new Merge[LongestSearched];
    private int[] _symbols = new int[64];
    private int[] _starts = new int[65];

    public ChunkMerger(SentencePieceVocabulary vocabulary)
    {
        _vocabulary = vocabulary;
        _heap = new HeapMerger(vocabulary);
    }

    /// <summary>Whether the last chunk had a character that became, or was joined to, the unknown piece.</summary>
    public bool FoundUnknown { get; private set; }

    /// <summary>Writes the chunk's ids from <paramref name="count"/> on and returns the new count.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="ids">The ids so far, with room for three a byte of the chunk.</param>
    /// <param name="count">How many ids there are before this chunk.</param>
    public int Merge(ReadOnlySpan<byte> text, int[] ids, int count)
    {
        int characters = ReadCharacters(text);
        FoundUnknown = false;
        for (int start = 0; start < characters;)
        {
            int end = characters;
            if (characters > LongestSearched && !_vocabulary.HasUnused)
            {
                end = start + 1;
                while (end < characters && _vocabulary.MayJoin(_symbols[end - 1], _symbols[end]))
                {
                    end++;
                }
            }

            count = MergeRun(text, start, end - start, ids, count);
            start = end;
        }

        return count;
    }

    private int ReadCharacters(ReadOnlySpan<byte> text)
    {
        if (_symbols.Length < text.Length)
        {
            _symbols = new int[text.Length * 2];
            _starts = new int[_symbols.Length + 1];
        }

        int characters = 0;
        for (int position = 0; position < text.Length; characters++)
        {
            _starts[characters] = position;
            int character = text[position];
            if (character < 128)
            {
                position++;
            }
            else
            {
                Rune.DecodeFromUtf8(text[position..], out Rune rune, out int consumed);
                character = rune.Value;
                position += consumed;
            }

            _symbols[characters] = _vocabulary.CharacterSymbol(character);
        }

        _starts[characters] = text.Length;
        return characters;
    }

    private int MergeRun(ReadOnlySpan<byte> text, int start, int length, int[] ids, int count)
    {
        Span<int> symbols = _symbols.AsSpan(start, length);
        int end = _starts[start + length];
        Span<int> starts = _starts.AsSpan(start, length);
        if (_vocabulary.HasUnused || length > LongestSearched)
        {
            length = _heap.Merge(symbols, starts);
        }
        else if (length > 1)
        {
            length = SearchMerge(symbols, starts);
        }

        for (int i = 0; i < length; i++)
        {
            int next = i + 1 < length ? starts[i + 1] : end;
            count = Emit(symbols[i], text[starts[i]..next], ids, count);
        }

        return count;
    }

    private int SearchMerge(Span<int> symbols, Span<int> starts)
    {
        int length = symbols.Length;
        Span<Merge> pairs = _pairs;
        for (int i = 0; i + 1 < length; i++)
        {
            pairs[i] = _vocabulary.Merges.Find(symbols[i], symbols[i + 1]);
        }

        while (true)
        {
            int best = 0;
            for (int i = 1; i + 1 < length; i++)
            {
                if (pairs[i].Rank < pairs[best].Rank)
                {
                    best = i;
                }
            }

            if (length < 2 || pairs[best].Symbol < 0)
            {
                return length;
            }

            symbols[best] = pairs[best].Symbol;
            length--;
            symbols[(best + 2)..(length + 1)].CopyTo(symbols[(best + 1)..]);
            starts[(best + 2)..(length + 1)].CopyTo(starts[(best + 1)..]);
            if (best + 1 < length)
            {
                pairs[(best + 2)..length].CopyTo(pairs[(best + 1)..]);
                pairs[best] = _vocabulary.Merges.Find(symbols[best], symbols[best + 1]);
            }

            if (best > 0)
            {
                pairs[best - 1] = _vocabulary.Merges.Find(symbols[best - 1], symbols[best]);
            }
        }
    }

    private int Emit(int symbol, ReadOnlySpan<byte> text, int[] ids, int count)
    {
        if ((uint)symbol < (uint)_vocabulary.PieceCount)
        {
            if (_heap.TrySplitUnused(symbol, out int left, out int right))
            {
                int split = _vocabulary.SymbolBytes(left);
                return Emit(right, text[split..], ids, Emit(left, text[..split], ids, count));
            }

            ids[count] = symbol;
            return count + 1;
        }

        if (!_vocabulary.ByteFallback)
        {
            // SentencePiece joins neighbouring unknown characters.
            FoundUnknown = true;
            if (count == 0 || ids[count - 1] != _vocabulary.UnknownId)
            {
                ids[count++] = _vocabulary.UnknownId;
            }

            return count;
        }

        if (text[0] == (byte)' ')
        {
            text = SentencePieceNormalizer.Mark;
        }

        foreach (byte value in text)
        {
            ids[count++] = _vocabulary.ByteIds[value];
        }

        return count;
    }
}
