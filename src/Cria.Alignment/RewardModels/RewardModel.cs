using Cria.Compute;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// A language model that scores answers (Touvron et al. 2023, §3.2.2): its input is the prompt with all previous turns and the answer, its
/// output one number, whose sigmoid is the answer's quality. Serves one thread at a time.
/// </summary>
public abstract class RewardModel : IRewardFunction, IDisposable
{
    /// <summary>Tokens of one pass: enough for full speed, few enough that activations stay small.</summary>
    private protected const int PassTokens = 2048;

    private readonly Tokenizer? _tokenizer;
    private readonly ChatFormat? _format;

    private protected RewardModel(string name, Tokenizer? tokenizer, ChatFormat? format, int contextLength)
    {
        Name = name;
        _tokenizer = tokenizer;
        _format = format;
        ContextLength = contextLength;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The most tokens of prompt and answer together.</summary>
    public int ContextLength { get; }

    /// <summary>Loads a reward model: a Hugging Face directory with a scalar head, or a head over features of another model.</summary>
    /// <param name="folder">Its directory; the name of the directory becomes the model's.</param>
    /// <param name="device">Computes; stays the caller's.</param>
    /// <param name="featureCache">
    /// A folder where a head over features keeps those of answers it has met, so that none goes through the model twice; empty for none.
    /// </param>
    /// <exception cref="InvalidModelFileException">The files break their format, or the model has no scalar head.</exception>
    /// <exception cref="IOException">There is no model there, or it cannot be read.</exception>
    public static RewardModel Load(string folder, Device device, string featureCache = "")
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(featureCache);
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        if (FeatureRewardModel.IsAt(folder))
        {
            return FeatureRewardModel.LoadFrom(folder, name, device, featureCache);
        }

        LoadedModel model = ModelLoader.Load(folder);
        try
        {
            return model.Config.ScalarHead
                ? new ScalarHeadRewardModel(name, model, device, ownsModel: true)
                : throw new InvalidModelFileException(
                    $"{folder}: the model predicts tokens; a reward model has a scalar head (score.weight).");
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="AlignmentDataException">An answer with its prompt is longer than the context; the prompt is named.</exception>
    public double[] Score(IReadOnlyList<AnsweredPrompt> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        EncodedAnswer[] encoded = new EncodedAnswer[answers.Count];
        for (int i = 0; i < encoded.Length; i++)
        {
            encoded[i] = Encode(answers[i]);
        }

        return ScoreEncoded(encoded);
    }

    /// <summary>Scores answers as <see cref="Encode"/> makes them.</summary>
    /// <param name="answers">Each of 1 to <see cref="ContextLength"/> tokens with its prompt.</param>
    /// <returns>One raw score for each, independent of the others.</returns>
    public abstract double[] ScoreEncoded(IReadOnlyList<EncodedAnswer> answers);

    /// <summary>The length of an answer in the model's tokens.</summary>
    /// <exception cref="InvalidModelFileException">The model has no tokenizer.</exception>
    public int TokensOf(AnswerText answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return _tokenizer is null ? throw WithoutText() : _tokenizer.Encode(answer.Text).Length;
    }

    /// <summary>What the model reads of an answer: the tokens of the dialogue that ends with it.</summary>
    /// <exception cref="AlignmentDataException">It is longer than the context, or cannot be expressed in the chat format.</exception>
    public EncodedAnswer Encode(AnsweredPrompt answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (_tokenizer is null || _format is null)
        {
            throw WithoutText();
        }

        EncodedAnswer encoded;
        try
        {
            encoded = AnswerEncoder.Encode(_tokenizer, _format, answer.Prompt.Messages, answer.Answer);
        }
        catch (InvalidDialogueException e)
        {
            throw new AlignmentDataException($"The {answer.Prompt.Label}: {e.Message}", e);
        }

        return encoded.Ids.Length <= ContextLength
            ? encoded
            : throw new AlignmentDataException(
                $"The {answer.Prompt.Label} and its answer have {encoded.Ids.Length} tokens; "
                + $"the reward model '{Name}' reads {ContextLength}.");
    }

    /// <inheritdoc/>
    public abstract void Dispose();

    private InvalidModelFileException WithoutText() => new(
        $"The reward model '{Name}' comes without a {(_tokenizer is null ? "tokenizer" : "chat template")}, and text needs one.");
}
