using System.Text;

namespace Cria.Models;

/// <summary>
/// Turns text into token ids and back. Control tokens (BOS, EOS, the tags of a chat format) are only ever added by id: no text, whatever
/// it contains, is encoded to one. Instances are immutable and may be shared by threads.
/// </summary>
public abstract class Tokenizer
{
    private Dictionary<string, int>? _controlIds;

    /// <summary>How many ids there are: 0 to <c>VocabularySize - 1</c>.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>The id that begins a sequence, or -1 where the vocabulary has none.</summary>
    public abstract int BosId { get; }

    /// <summary>The id that ends a sequence, or -1 where the vocabulary has none.</summary>
    public abstract int EosId { get; }

    /// <summary>Whether a model with this tokenizer expects <see cref="BosId"/> in front of a prompt.</summary>
    public virtual bool AddsBos => BosId >= 0;

    /// <summary>Whether decoding drops spaces at the start of the text as long as nothing else has come, or only the first.</summary>
    protected internal virtual bool DropsAllLeadingSpaces => false;

    /// <summary>
    /// How bytes that are not UTF-8 are shown: one U+FFFD for each byte (SentencePiece), or one for each maximal invalid part
    /// (the Unicode standard's practice, §3.9, that Hugging Face's tokenizers follow).
    /// </summary>
    protected internal virtual bool ReplacesEachInvalidByte => false;

    /// <summary>The ids of a text, without BOS and EOS. Lone surrogates are encoded as U+FFFD.</summary>
    public abstract int[] Encode(string text);

    /// <summary>The bytes of UTF-8 that an id adds to the decoded stream; none for a control id.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in the vocabulary.</exception>
    public abstract ReadOnlyMemory<byte> PieceBytes(int id);

    /// <summary>The piece as the vocabulary spells it, e.g. <c>▁the</c>, <c>&lt;0x0A&gt;</c> or <c>&lt;/s&gt;</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in the vocabulary.</exception>
    public abstract string PieceText(int id);

    /// <summary>
    /// How many of the piece's first bytes decoding drops where no text came before it: 1 for a piece that starts with the space which
    /// encoding puts in front of every text, otherwise 0.
    /// </summary>
    protected internal virtual int LeadingSpaceBytes(int id) => 0;

    /// <summary>Whether an id stands for no text (BOS, EOS, a chat tag).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in the vocabulary.</exception>
    public abstract bool IsControl(int id);

    /// <summary>The control id that the vocabulary spells so (e.g. <c>&lt;|im_start|&gt;</c>), or -1.</summary>
    public int FindControl(string piece)
    {
        // Built on first use; two threads that build it at once build the same.
        _controlIds ??= Enumerable.Range(0, VocabularySize).Where(IsControl).GroupBy(PieceText)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        return _controlIds.GetValueOrDefault(piece, -1);
    }

    /// <summary>The text of the ids; control ids add nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        StreamingDecoder decoder = CreateStreamingDecoder();
        StringBuilder text = new();
        foreach (int id in ids)
        {
            decoder.Append(id, text);
        }

        decoder.Flush(text);
        return text.ToString();
    }

    /// <summary>A decoder for ids that arrive one by one; what it returns adds up to <see cref="Decode"/> of all of them.</summary>
    public StreamingDecoder CreateStreamingDecoder() => new(this);

    /// <summary>How many ids <see cref="Encode(string)"/> gives for a text.</summary>
    public virtual int CountTokens(string text) => Encode(text).Length;
}
