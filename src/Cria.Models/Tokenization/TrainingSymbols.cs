namespace Cria.Models;

/// <summary>
/// The symbols of a training run: characters first, then one for each learnt merge. Knows which two may be joined, by SentencePiece's rules
/// for a valid piece.
/// </summary>
internal sealed class TrainingSymbols
{
    /// <summary>Ends a word; joined with nothing.</summary>
    public const int WordEnd = 0;

    /// <summary>Stands for all characters outside the vocabulary; joined with nothing.</summary>
    public const int Unknown = 1;

    /// <summary>The symbol of the first required character.</summary>
    public const int FirstCharacter = 2;

    private readonly SentencePieceTrainerOptions _options;
    private readonly List<int[]> _characters = [[], []];
    private readonly List<int> _lengths = [1, 1];
    private readonly int[] _scripts = new int[0x110000];

    public TrainingSymbols(SentencePieceTrainerOptions options, IReadOnlyList<int> characters)
    {
        _options = options;
        foreach (int character in characters)
        {
            _characters.Add([character]);
            _lengths.Add(1);
            _scripts[character] = UnicodeScripts.Of(character);
        }
    }

    /// <summary>How many characters a symbol has.</summary>
    public int Length(int symbol) => _lengths[symbol];

    /// <summary>The code points of a symbol, ▁ for a space.</summary>
    public ReadOnlySpan<int> Characters(int symbol) => _characters[symbol];

    /// <summary>Makes the symbol of a learnt merge.</summary>
    public int Add(int left, int right)
    {
        _characters.Add([.. _characters[left], .. _characters[right]]);
        _lengths.Add(_characters[^1].Length);
        return _characters.Count - 1;
    }

    /// <summary>The order of the joined spellings of two pairs, by code points (as UTF-8 sorts).</summary>
    public int CompareText(int left1, int right1, int left2, int right2)
    {
        int[] a = _characters[left1];
        int[] b = _characters[left2];
        int length = Math.Min(a.Length + _characters[right1].Length, b.Length + _characters[right2].Length);
        for (int i = 0; i < length; i++)
        {
            int x = i < a.Length ? a[i] : _characters[right1][i - a.Length];
            int y = i < b.Length ? b[i] : _characters[right2][i - b.Length];
            if (x != y)
            {
                return x.CompareTo(y);
            }
        }

        return (a.Length + _characters[right1].Length).CompareTo(b.Length + _characters[right2].Length);
    }

    /// <summary>Whether two symbols, joined, are a valid piece.</summary>
    public bool MayJoin(int left, int right)
    {
        if (left < FirstCharacter || right < FirstCharacter || _lengths[left] + _lengths[right] > _options.MaxSentencePieceLength)
        {
            return false;
        }

        PieceRules rules = new(_options, _scripts, _lengths[left] + _lengths[right], IsWhitespace(left) && IsWhitespace(right));
        return rules.Accept(_characters[left]) && rules.Accept(_characters[right]);
    }

    private bool IsWhitespace(int symbol) => !_characters[symbol].AsSpan().ContainsAnyExcept(SentencePiece.Space);

    /// <summary>Looks at the characters of a would-be piece one after another.</summary>
    private ref struct PieceRules(SentencePieceTrainerOptions options, int[] scripts, int length, bool allWhitespace)
    {
        private const int AnyScript = -1;

        private readonly bool _freeWhitespace = options.AllowWhitespaceOnlyPieces && allWhitespace;
        private int _position;
        private int _script = AnyScript;

        public bool Accept(ReadOnlySpan<int> characters)
        {
            foreach (int character in characters)
            {
                if (!Accept(character))
                {
                    return false;
                }

                _position++;
            }

            return true;
        }

        private bool Accept(int character)
        {
            if (character == SentencePiece.Space)
            {
                // A space may begin a piece; it may stand inside only where words are not cut at spaces, and never end one.
                return _freeWhitespace || _position == 0 || (!options.SplitByWhitespace && _position < length - 1);
            }

            bool digit = character is (>= '0' and <= '9') or (>= 0xFF10 and <= 0xFF19);
            if (digit && options.SplitDigits && length > 1)
            {
                return false;
            }

            int script = digit && !options.SplitByNumber ? AnyScript : scripts[character];
            bool mixes = options.SplitByUnicodeScript && script != AnyScript && _script != AnyScript && script != _script;
            _script = script;
            return !mixes;
        }
    }
}
