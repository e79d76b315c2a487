using System.Runtime.CompilerServices;
using System.Text;

namespace Cria.Models;

/// <summary>
/// Learns BPE merges from counted words. All words lie in one array of cells, a character each; a symbol is kept in the cell of its first
/// character. Merging a pair visits the places where it occurs and corrects the counts of its neighbours there, so the work is in
/// proportion to the text's different words, not to the text times the vocabulary.
/// </summary>
internal sealed class BpeLearner
{
    private const int Consumed = -1;

    private readonly TrainingSymbols _symbols;
    private readonly PairTable _pairs;
    private readonly PairHeap _heap;
    private readonly Cell[] _cells;
    private readonly List<(int Pair, int Place)> _newPlaces = [];
    private readonly HashSet<string> _taken;
    private int[] _places = [];
    private int _placesUsed;

    /// <summary>Prepares the words.</summary>
    /// <param name="words">UTF-8 with spaces for ▁.</param>
    /// <param name="characters">The characters of the vocabulary.</param>
    /// <param name="options">What a valid piece is.</param>
    /// <param name="taken">Spellings that are not to be learnt.</param>
    public BpeLearner(
        WordTable words,
        IReadOnlyList<int> characters,
        SentencePieceTrainerOptions options,
        IEnumerable<string> taken)
    {
        _symbols = new TrainingSymbols(options, characters);
        _pairs = new PairTable(_symbols);
        _heap = new PairHeap(_pairs, _symbols);
        _taken = new HashSet<string>(taken, StringComparer.Ordinal);
        _cells = MakeCells(words, characters);
        AddFirstPairs();
    }

    /// <summary>The next piece, or null where no two symbols are left to join.</summary>
    public string? Next()
    {
        while (_heap.TakeBest() is int best and >= 0)
        {
            (int left, int right) = (_pairs[best].Left, _pairs[best].Right);
            string text = Text(left, right);

            // The same spelling may come up again by another way ("aa" + "a", "a" + "aa"); it is then left unmerged, as in SentencePiece.
            if (_taken.Add(text))
            {
                Merge(best, left, right);
                return text;
            }
        }

        return null;
    }

    private static Cell[] MakeCells(WordTable words, IReadOnlyList<int> characters)
    {
        int[] symbolOf = new int[0x110000];
        Array.Fill(symbolOf, TrainingSymbols.Unknown);
        for (int i = 0; i < characters.Count; i++)
        {
            symbolOf[characters[i]] = TrainingSymbols.FirstCharacter + i;
        }

        symbolOf[' '] = symbolOf[SentencePiece.Space];
        CountedWord[] sorted = TrainingAlphabet.Sort(words);
        Cell[] cells = new Cell[checked(1 + sorted.Sum(word => word.Length + 1))];
        int used = 1;
        foreach (CountedWord word in sorted)
        {
            foreach (Rune character in new Utf8Characters(words.Text(word)))
            {
                cells[used++] = new Cell { Symbol = symbolOf[character.Value], LengthEndingHere = 1, Weight = word.Count };
            }

            // The cell between words stays zero: TrainingSymbols.WordEnd.
            used++;
        }

        return cells.AsSpan(0, used).ToArray();
    }

    private void AddFirstPairs()
    {
        for (int place = 0; place + 1 < _cells.Length; place++)
        {
            AddNeighbours(_cells[place].Symbol, _cells[place + 1].Symbol, place, _cells[place].Weight);
        }

        StoreNewPlaces(firstPair: 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Merge(int best, int left, int right)
    {
        int merged = _symbols.Add(left, right);
        int leftLength = _symbols.Length(left);
        int length = _symbols.Length(merged);
        int firstNew = _pairs.Count;
        int end = _pairs[best].FirstPlace + _pairs[best].Places;
        for (int i = _pairs[best].FirstPlace; i < end; i++)
        {
            int place = _places[i];
            ref Cell cell = ref _cells[place];
            ref Cell second = ref _cells[place + leftLength];
            if (cell.Symbol != left || second.Symbol != right)
            {
                continue;
            }

            int previous = place - _cells[place - 1].LengthEndingHere;
            int before = previous == place ? TrainingSymbols.WordEnd : _cells[previous].Symbol;
            int after = _cells[place + length].Symbol;
            RemoveNeighbours(before, left, previous, cell.Weight);
            RemoveNeighbours(right, after, place + leftLength, cell.Weight);
            second.Symbol = Consumed;
            cell.Symbol = merged;
            _cells[place + length - 1].LengthEndingHere = length;
            AddNeighbours(before, merged, previous, cell.Weight);
            AddNeighbours(merged, after, place, cell.Weight);
        }

        StoreNewPlaces(firstNew);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RemoveNeighbours(int left, int right, int place, long weight)
    {
        if (left == TrainingSymbols.WordEnd || right == TrainingSymbols.WordEnd)
        {
            return;
        }

        int pair = _pairs.GetOrAdd(left, right);
        if (pair >= 0 && (left != right || PlacesOf(pair).BinarySearch(place) >= 0))
        {
            _pairs[pair].Count -= weight;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddNeighbours(int left, int right, int place, long weight)
    {
        if (left != TrainingSymbols.WordEnd && right != TrainingSymbols.WordEnd && _pairs.GetOrAdd(left, right) is int pair and >= 0)
        {
            _pairs[pair].Count += weight;
            _pairs[pair].Places++;
            _newPlaces.Add((pair, place));
        }
    }

    /// <summary>Puts the places of the pairs made since the last call together by pair, and the pairs into the heap.</summary>
    private void StoreNewPlaces(int firstPair)
    {
        int needed = checked(_placesUsed + _newPlaces.Count);
        if (_places.Length < needed)
        {
            Array.Resize(ref _places, (int)Math.Min(Math.Max(2L * _places.Length, needed), Array.MaxLength));
        }

        for (int pair = firstPair; pair < _pairs.Count; pair++)
        {
            _pairs[pair].FirstPlace = _placesUsed;
            _placesUsed += _pairs[pair].Places;
            _pairs[pair].Places = 0;
        }

        foreach ((int pair, int place) in _newPlaces)
        {
            ref SymbolPair found = ref _pairs[pair];
            _places[found.FirstPlace + found.Places++] = place;
        }

        _newPlaces.Clear();
        for (int pair = firstPair; pair < _pairs.Count; pair++)
        {
            if (_pairs[pair].Left == _pairs[pair].Right)
            {
                DropOverlaps(ref _pairs[pair]);
            }

            _heap.Add(pair);
        }
    }

    private Span<int> PlacesOf(int pair) => _places.AsSpan(_pairs[pair].FirstPlace, _pairs[pair].Places);

    /// <summary>
    /// Forgets every place of a doubled symbol that overlaps the one before: "aaa" holds "a a" once. As in SentencePiece, a place forgotten
    /// never comes back, also not when the one before has passed.
    /// </summary>
    private void DropOverlaps(ref SymbolPair pair)
    {
        Span<int> places = _places.AsSpan(pair.FirstPlace, pair.Places);
        int length = _symbols.Length(pair.Left);
        int kept = 0;
        int end = 0;
        foreach (int place in places)
        {
            if (place == end)
            {
                pair.Count -= _cells[place].Weight;
                end = 0;
            }
            else
            {
                places[kept++] = place;
                end = place + length;
            }
        }

        pair.Places = kept;
    }

    private string Text(int left, int right)
    {
        StringBuilder text = new();
        foreach (int character in (ReadOnlySpan<int>)[.. _symbols.Characters(left), .. _symbols.Characters(right)])
        {
            text.Append(new Rune(character));
        }

        return text.ToString();
    }

    private struct Cell
    {
        /// <summary>The symbol that begins here, or <see cref="Consumed"/> inside one.</summary>
        public int Symbol;

        /// <summary>The length of the symbol that ends here; 0 between words.</summary>
        public int LengthEndingHere;

        /// <summary>How often the word occurs.</summary>
        public long Weight;
    }
}
