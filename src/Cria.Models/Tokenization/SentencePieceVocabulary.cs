using System.Text;

namespace Cria.Models;

/// <summary>
/// The tables by which text is encoded. Inside, a space stands for ▁, which saves two bytes and loses nothing: normalised text has no
/// other space. A <i>symbol</i> is the id of a piece, or a number from <see cref="SentencePieceModel.Pieces"/>' count on for a character
/// that occurs only inside longer pieces.
/// </summary>
internal sealed class SentencePieceVocabulary
{
    /// <summary>The symbol of a character that occurs in no piece.</summary>
    public const int UnknownSymbol = -1;

    private readonly Dictionary<int, int> _characterSymbols = [];
    private readonly int[] _asciiSymbols = new int[128];
    private readonly List<int> _symbolBytes = [];
    private readonly HashSet<(int Left, int Right)> _bigrams = [];

    public SentencePieceVocabulary(SentencePieceModel model)
    {
        PieceCount = model.Pieces.Count;
        Unused = [.. model.Pieces.Select(piece => piece.Type == SentencePieceType.Unused)];
        HasUnused = Unused.Contains(true);
        Dictionary<string, int> symbols = new(StringComparer.Ordinal);
        for (int id = 0; id < PieceCount; id++)
        {
            SentencePiece piece = model.Pieces[id];
            string text = WithSpaces(piece.Text);
            _symbolBytes.Add(Encoding.UTF8.GetByteCount(text));
            switch (piece.Type)
            {
                case SentencePieceType.Unknown:
                    UnknownId = id;
                    break;
                case SentencePieceType.Byte:
                    ByteIds[SentencePieceModel.ParseByte(piece.Text)] = id;
                    break;
                case SentencePieceType.Normal or SentencePieceType.UserDefined or SentencePieceType.Unused when !piece.Text.Contains(' '):
                    symbols[text] = id;
                    break;
            }
        }

        ByteFallback = model.Trainer.ByteFallback;
        UserDefined = Matcher(model, inside: true);
        AddCharacters(symbols);
        Merges = BuildMerges(model, symbols);
        Array.Fill(_asciiSymbols, UnknownSymbol);
        foreach ((int character, int symbol) in _characterSymbols.Where(entry => entry.Key < 128))
        {
            _asciiSymbols[character] = symbol;
        }

        BuildBoundaries(symbols);
    }

    public int PieceCount { get; }

    public int UnknownId { get; }

    public bool ByteFallback { get; }

    public bool HasUnused { get; }

    /// <summary>For each piece, whether it may not be left in a result.</summary>
    public bool[] Unused { get; }

    public int[] ByteIds { get; } = new int[256];

    public MergeTable Merges { get; }

    public PieceMatcher UserDefined { get; }

    /// <summary>How each byte cuts the text into chunks that no merge crosses; see <see cref="ByteBoundary"/>.</summary>
    public ByteBoundary[] Boundaries { get; } = new ByteBoundary[256];

    public int CharacterSymbol(int character) => character < 128
        ? _asciiSymbols[character]
        : _characterSymbols.GetValueOrDefault(character, UnknownSymbol);

    /// <summary>The bytes of a symbol's text, each ▁ counted as one.</summary>
    public int SymbolBytes(int symbol) => _symbolBytes[symbol];

    /// <summary>Whether two characters, given by their symbols, are neighbours in any piece; if not, no merge joins them.</summary>
    public bool MayJoin(int left, int right) => _bigrams.Contains((left, right));

    /// <summary>The user-defined pieces, as they match raw text or (<paramref name="inside"/>) text with spaces for ▁.</summary>
    public static PieceMatcher Matcher(SentencePieceModel model, bool inside) => new(
        model.Pieces.Index()
            .Where(piece => piece.Item.Type == SentencePieceType.UserDefined && !(inside && piece.Item.Text.Contains(' ')))
            .Select(piece => (Encoding.UTF8.GetBytes(inside ? WithSpaces(piece.Item.Text) : piece.Item.Text), piece.Index)));

    public static string WithSpaces(string piece) => piece.Replace(SentencePiece.Space, ' ');

    private void AddCharacters(Dictionary<string, int> symbols)
    {
        foreach (string text in symbols.Keys.ToArray())
        {
            foreach (Rune character in text.EnumerateRunes())
            {
                string one = character.ToString();
                if (!symbols.TryGetValue(one, out int symbol))
                {
                    symbol = _symbolBytes.Count;
                    symbols.Add(one, symbol);
                    _symbolBytes.Add(character.Utf8SequenceLength);
                }

                _characterSymbols[character.Value] = symbol;
            }
        }
    }

    private MergeTable BuildMerges(SentencePieceModel model, Dictionary<string, int> symbols)
    {
        IEnumerable<float> used = symbols.Values.Where(symbol => symbol < PieceCount).Select(id => model.Pieces[id].Score);
        float[] scores = [.. used.Distinct().OrderDescending()];
        Dictionary<float, int> ranks = scores.Index().ToDictionary(score => score.Item, score => score.Index);
        Dictionary<(int Left, int Right), Merge> merges = [];
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = symbols.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach ((string text, int symbol) in symbols)
        {
            for (int split = 1; split < text.Length; split++)
            {
                if (!char.IsLowSurrogate(text[split]) && lookup.TryGetValue(text.AsSpan(0, split), out int left)
                    && lookup.TryGetValue(text.AsSpan(split), out int right))
                {
                    merges[(left, right)] = new Merge(symbol, ranks[model.Pieces[symbol].Score]);
                }
            }
        }

        return new MergeTable(merges);
    }

    private void BuildBoundaries(Dictionary<string, int> symbols)
    {
        HashSet<int> joins = [];
        bool spaceInside = false;
        foreach (string text in symbols.Keys)
        {
            Rune? previous = null;
            foreach (Rune character in text.EnumerateRunes())
            {
                if (previous is { } left)
                {
                    _bigrams.Add((_characterSymbols[left.Value], _characterSymbols[character.Value]));
                    joins.Add(left.Value);
                    joins.Add(character.Value);
                    spaceInside |= character.Value == ' ' && left.Value != ' ';
                }

                previous = character;
            }
        }

        if (HasUnused)
        {
            // How an unused piece is taken apart depends on merges considered anywhere in the text, so it must stay whole.
            return;
        }

        for (int value = 0; value < 128; value++)
        {
            Boundaries[value] = !joins.Contains(value) ? ByteBoundary.Alone
                : value == ' ' && !spaceInside ? ByteBoundary.Before
                : ByteBoundary.None;
        }
    }
}

/// <summary>Where a byte lets the text be cut without changing its pieces.</summary>
internal enum ByteBoundary : byte
{
    /// <summary>Nowhere: merges may join it to both neighbours.</summary>
    None,

    /// <summary>Before a run of it: no piece has it after another character (spaces, in a vocabulary learnt word by word).</summary>
    Before,

    /// <summary>On both sides: it is in no piece of several characters (digits and line feeds, in Llama 2's vocabulary).</summary>
    Alone,
}
