using System.Text;

namespace Cria.Models;

/// <summary>How far the training of a vocabulary has come.</summary>
/// <param name="Pieces">The pieces learnt so far; 0 while the words are being counted.</param>
/// <param name="Total">The pieces to learn.</param>
public readonly record struct SentencePieceTrainingProgress(int Pieces, int Total);

/// <summary>
/// Learns a BPE vocabulary as SentencePiece's <c>spm_train --model_type=bpe</c> does, with the rule <c>identity</c> (Sennrich et al. 2016;
/// Kudo and Richardson 2018). The pieces, their order and their scores equal SentencePiece's, but for two things that its results leave to
/// chance: which sentences are drawn where <see cref="SentencePieceTrainerOptions.InputSentenceSize"/> limits them, and which pairs it
/// looks at where more than a twentieth of all (and more than 1,000) are equally rare. Llama 2's own vocabulary was edited after training
/// (the scores of its runs of spaces); here such runs, where allowed, are learnt and scored as any other piece.
/// </summary>
public static class SentencePieceTrainer
{
    private const int PiecesPerReport = 100;

    /// <summary>Learns a vocabulary.</summary>
    /// <param name="sentences">
    /// The text, a line or paragraph each; read once, on several threads in turn but never on two at once. Too long ones are left out (see
    /// the options).
    /// </param>
    /// <param name="options">The size and the rules.</param>
    /// <param name="progress">Told every hundred pieces.</param>
    /// <exception cref="VocabularySizeException">The text supports no vocabulary of that size.</exception>
    public static SentencePieceModel Train(
        IEnumerable<string> sentences,
        SentencePieceTrainerOptions options,
        IProgress<SentencePieceTrainingProgress>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        ArgumentNullException.ThrowIfNull(options);
        Require(options);
        SortedDictionary<int, SentencePiece> special = SpecialPieces(options);
        WordTable words = TrainingWords.Count(Sample(sentences, options), options, [.. special.Values]);
        TrainingAlphabet alphabet = TrainingAlphabet.Find(words, options.CharacterCoverage);
        int merges = options.VocabularySize - special.Count - alphabet.Characters.Count;
        if (merges < 0 || alphabet.Characters.Count == 0)
        {
            throw TooSmall(options, special.Count, alphabet.Characters.Count);
        }

        BpeLearner learner = new(
            alphabet.ReplaceOthers(words), alphabet.Characters, options, special.Values.Select(piece => piece.Text));
        List<string> learnt = new(options.VocabularySize);
        while (learnt.Count < merges && learner.Next() is { } piece)
        {
            learnt.Add(piece);
            if (learnt.Count % PiecesPerReport == 0 || learnt.Count == merges)
            {
                progress?.Report(new SentencePieceTrainingProgress(learnt.Count, merges));
            }
        }

        int size = options.VocabularySize - merges + learnt.Count;
        if (size < options.VocabularySize && options.HardVocabularyLimit)
        {
            throw new VocabularySizeException(
                $"A vocabulary of {options.VocabularySize} pieces is larger than the text supports; at most {size} are possible.", size);
        }

        learnt.AddRange(alphabet.Characters.Select(character => new Rune(character).ToString()));
        return new SentencePieceModel(Number(special, learnt), options with { VocabularySize = size });
    }

    private static void Require(SentencePieceTrainerOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.VocabularySize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxSentencePieceLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxSentencePieceLength, SentencePieceModel.LongestPiece / 2);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.CharacterCoverage);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.CharacterCoverage, 1f);
        ArgumentOutOfRangeException.ThrowIfNegative(options.UnknownId);
        if (options.Normalization.Name != "identity")
        {
            throw new ArgumentException(
                $"The normalisation rule is '{options.Normalization.Name}'; only 'identity' is supported.", nameof(options));
        }
    }

    /// <summary>The pieces that are not learnt, by id: the special ones at theirs, the others at the first free ids.</summary>
    private static SortedDictionary<int, SentencePiece> SpecialPieces(SentencePieceTrainerOptions options)
    {
        SortedDictionary<int, SentencePiece> pieces = [];
        (int Id, string Text, SentencePieceType Type)[] fixedPieces =
        [
            (options.UnknownId, options.UnknownPiece, SentencePieceType.Unknown),
            (options.BosId, options.BosPiece, SentencePieceType.Control),
            (options.EosId, options.EosPiece, SentencePieceType.Control),
            (options.PadId, options.PadPiece, SentencePieceType.Control),
        ];
        foreach ((int id, string text, SentencePieceType type) in fixedPieces.Where(piece => piece.Id >= 0))
        {
            if (id >= options.VocabularySize || !pieces.TryAdd(id, new SentencePiece(text, 0, type)))
            {
                throw new ArgumentException($"The id {id} of {text} is taken or not below {options.VocabularySize}.", nameof(options));
            }
        }

        IEnumerable<SentencePiece> others =
        [
            .. options.ControlSymbols.Select(text => new SentencePiece(text, 0, SentencePieceType.Control)),
            .. options.UserDefinedSymbols.Select(text => new SentencePiece(text, 0, SentencePieceType.UserDefined)),
            .. Enumerable.Range(0, options.ByteFallback ? 256 : 0)
                .Select(value => new SentencePiece(SentencePiece.ByteText((byte)value), 0, SentencePieceType.Byte)),
        ];
        int free = 0;
        foreach (SentencePiece piece in others)
        {
            while (pieces.ContainsKey(free))
            {
                free++;
            }

            pieces.Add(free, piece);
        }

        return pieces;
    }

    private static SentencePiece[] Number(SortedDictionary<int, SentencePiece> special, List<string> learnt)
    {
        SentencePiece[] pieces = new SentencePiece[special.Count + learnt.Count];
        int next = 0;
        for (int id = 0; id < pieces.Length; id++)
        {
            if (!special.TryGetValue(id, out pieces[id]))
            {
                pieces[id] = new SentencePiece(learnt[next], -(float)next, SentencePieceType.Normal);
                next++;
            }
        }

        return pieces;
    }

    private static IEnumerable<string> Sample(IEnumerable<string> sentences, SentencePieceTrainerOptions options)
    {
        if (options.InputSentenceSize <= 0)
        {
            return sentences;
        }

        if (!options.ShuffleInputSentence)
        {
            return sentences.Take((int)Math.Min(options.InputSentenceSize, int.MaxValue));
        }

        // Every sentence is kept with the same chance (reservoir sampling); the order of sentences has no influence on the result.
        DeterministicRandom random = new(options.Seed);
        List<string> kept = [];
        int seen = 0;
        foreach (string sentence in sentences)
        {
            seen = checked(seen + 1);
            if (kept.Count < options.InputSentenceSize)
            {
                kept.Add(sentence);
            }
            else if (random.NextInt(seen) is int place && place < kept.Count)
            {
                kept[place] = sentence;
            }
        }

        return kept;
    }

    private static VocabularySizeException TooSmall(SentencePieceTrainerOptions options, int special, int characters) => characters == 0
        ? new VocabularySizeException("The text to learn the vocabulary from is empty, or all its lines are too long.")
        : new VocabularySizeException(
            $"A vocabulary of {options.VocabularySize} pieces has no room for {special} special and byte pieces and {characters} "
            + $"characters of the text; at least {special + characters} are needed, or a smaller character coverage.",
            special + characters);
}
