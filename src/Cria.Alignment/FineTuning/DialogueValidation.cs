using Cria.Models;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>Measures how well a model predicts the answers of dialogues that it was not trained on.</summary>
internal sealed class DialogueValidation
{
    private readonly TokenBatch _batch;
    private readonly long _bytes;

    /// <summary>Prepares the measurement.</summary>
    /// <param name="dialogues">At least one.</param>
    /// <param name="tokenizer">Says how many bytes a token stands for.</param>
    public DialogueValidation(EncodedDialogues dialogues, Tokenizer tokenizer)
    {
        _batch = new TokenBatch(Enumerable.Range(0, dialogues.Count).Sum(dialogues.Tokens));
        for (int i = 0; i < dialogues.Count; i++)
        {
            dialogues.AddTo(_batch, i);
        }

        foreach (int target in _batch.Targets)
        {
            _bytes += target == TokenBatch.NoTarget || tokenizer.IsControl(target) ? 0 : tokenizer.PieceBytes(target).Length;
        }
    }

    /// <summary>The mean loss of the answers' tokens, in nats.</summary>
    public ValidationResult Measure(TrainingNetwork network)
    {
        double nats = network.Loss(_batch);
        return new ValidationResult(nats / _batch.TargetTokens, nats / Math.Log(2) / _bytes, _batch.TargetTokens);
    }
}
