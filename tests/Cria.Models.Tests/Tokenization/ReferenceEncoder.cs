using System.Text;

namespace Cria.Models.Tests;

/// <summary>SentencePiece's BPE encoding written out as plainly as possible: strings, and the best pair searched every time.</summary>
internal sealed class ReferenceEncoder
{
    private readonly SentencePieceModel _model;
    private readonly Dictionary<string, int> _pieces = [];

    public ReferenceEncoder(SentencePieceModel model)
    {
        _model = model;
        for (int id = 0; id < model.Pieces.Count; id++)
        {
            if (model.Pieces[id].Type is SentencePieceType.Normal or SentencePieceType.UserDefined)
            {
                _pieces[model.Pieces[id].Text] = id;
            }
        }
    }

    public int[] Encode(string text)
    {
        if (_model.Normalization.RemoveExtraWhitespaces)
        {
            text = text.TrimStart(' ');
            while (text.Contains("  ", StringComparison.Ordinal))
            {
                text = text.Replace("  ", " ", StringComparison.Ordinal);
            }
        }

        if (text.Length == 0)
        {
            return [];
        }

        text = "\u2581" + text.Replace(' ', '\u2581');
        if (_model.Normalization.RemoveExtraWhitespaces)
        {
            text = text.TrimEnd('\u2581');
        }

        List<(string Text, bool Frozen)> symbols = Split(text);
        while (BestPair(symbols) is int best and >= 0)
        {
            symbols[best] = (symbols[best].Text + symbols[best + 1].Text, false);
            symbols.RemoveAt(best + 1);
        }

        return Number(symbols);
    }

    private List<(string Text, bool Frozen)> Split(string text)
    {
        IEnumerable<SentencePiece> userDefined = _model.Pieces.Where(piece => piece.Type == SentencePieceType.UserDefined);
        string[] whole = [.. userDefined.Select(piece => piece.Text).OrderByDescending(piece => piece.Length)];
        List<(string Text, bool Frozen)> symbols = [];
        for (int position = 0; position < text.Length; position += symbols[^1].Text.Length)
        {
            string rest = text[position..];
            string? match = Array.Find(whole, piece => rest.StartsWith(piece, StringComparison.Ordinal));
            symbols.Add(match is null ? (Rune.GetRuneAt(rest, 0).ToString(), false) : (match, true));
        }

        return symbols;
    }

    private int BestPair(List<(string Text, bool Frozen)> symbols)
    {
        int best = -1;
        float bestScore = float.NegativeInfinity;
        for (int i = 0; i + 1 < symbols.Count; i++)
        {
            if (!symbols[i].Frozen && !symbols[i + 1].Frozen && _pieces.TryGetValue(symbols[i].Text + symbols[i + 1].Text, out int id)
                && _model.Pieces[id].Score > bestScore)
            {
                (best, bestScore) = (i, _model.Pieces[id].Score);
            }
        }

        return best;
    }

    private int[] Number(List<(string Text, bool Frozen)> symbols)
    {
        List<int> ids = [];
        int unknown = _model.Pieces.Index().First(piece => piece.Item.Type == SentencePieceType.Unknown).Index;
        foreach ((string text, _) in symbols)
        {
            if (_pieces.TryGetValue(text, out int id))
            {
                ids.Add(id);
            }
            else if (_model.Trainer.ByteFallback)
            {
                ids.AddRange(Encoding.UTF8.GetBytes(text).Select(value => IdOf($"<0x{value:X2}>")));
            }
            else if (ids.Count == 0 || ids[^1] != unknown)
            {
                ids.Add(unknown);
            }
        }

        return [.. ids];
    }

    private int IdOf(string text) => _model.Pieces.Index().First(piece => piece.Item.Text == text).Index;
}
