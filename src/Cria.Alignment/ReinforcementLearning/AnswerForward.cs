using Cria.Compute;
using Cria.Inference;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// A model's view of answers that are there already, forward only and in large passes. Only the tokens of the answers go through the
/// output head.
/// </summary>
internal sealed class AnswerForward : IDisposable
{
    // Twice as many tokens gained nothing in the shapes measured, and half as many lost 4%.
    private const int PassTokens = 2048;

    private readonly LlamaWeights _weights;
    private readonly Device _device;
    private readonly LlamaEngine _engine;
    private readonly EngineBatch _batch = new();
    private readonly int[] _targets;
    private readonly float[] _logProbabilities;
    private readonly float[] _entropies;
    private readonly float[] _values;

    /// <summary>Prepares passes over weights that the caller owns and may change between them.</summary>
    public AnswerForward(LlamaWeights weights, Device device)
    {
        _weights = weights;
        _device = device;
        int capacity = Math.Max(PassTokens, weights.Config.ContextLength);
        _engine = new LlamaEngine(weights, device, tokensPerPass: capacity);
        _targets = new int[capacity];
        _logProbabilities = new float[capacity];
        _entropies = new float[capacity];
        _values = new float[capacity];
    }

    /// <summary>Finds log-probabilities and, where asked, entropies and values of the tokens of all answers.</summary>
    /// <param name="answers">The answers behind their prompts.</param>
    /// <param name="logProbabilities">One for each token of the answers, one answer after another.</param>
    /// <param name="entropies">One for each token, or null.</param>
    /// <param name="valueHead">[1, D], or empty.</param>
    /// <param name="values">One for each token where there is a value head.</param>
    public void Run(
        IReadOnlyList<EncodedAnswer> answers, double[] logProbabilities, double[]? entropies = null, Tensor valueHead = default,
        double[]? values = null)
    {
        int token = 0;
        for (int first = 0; first < answers.Count;)
        {
            first = Fill(answers, first);
            int tokens = _batch.Tokens;
            ReadOnlySpan<int> targets = _targets.AsSpan(0, tokens);
            Tensor hidden = _engine.Hidden(_batch);
            _device.LogProbabilities(
                hidden, _weights.Head, targets, _logProbabilities.AsSpan(0, tokens),
                entropies is null ? default : _entropies.AsSpan(0, tokens));
            if (values is not null)
            {
                _device.ScalarHead(hidden, valueHead, _values.AsSpan(0, tokens));
            }

            for (int t = 0; t < tokens; t++)
            {
                if (targets[t] != Training.TokenBatch.NoTarget)
                {
                    logProbabilities[token] = _logProbabilities[t];
                    if (entropies is not null)
                    {
                        entropies[token] = _entropies[t];
                    }

                    if (values is not null)
                    {
                        values[token] = _values[t];
                    }

                    token++;
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _engine.Dispose();

    /// <summary>Adds answers to the pass from <paramref name="first"/> on; returns the first that did not fit.</summary>
    private int Fill(IReadOnlyList<EncodedAnswer> answers, int first) =>
        SharedPrompt.Fill(_batch, answers, first, _targets.Length, unread: 1, (prompt, answer) =>
        {
            (int[] ids, int[] targets) = AnswerTargets.Of(answers[answer]);
            targets.AsSpan(prompt.Skipped(answer)).CopyTo(_targets.AsSpan(_batch.Tokens));
            prompt.AddTo(_batch, answer, ids);
        });
}

/// <summary>An answer behind its prompt as a network reads it.</summary>
internal static class AnswerTargets
{
    /// <summary>
    /// The ids that the network reads, all but the last, and what it predicts: the answer's tokens, nothing before them.
    /// </summary>
    public static (int[] Ids, int[] Targets) Of(EncodedAnswer answer)
    {
        int[] targets = answer.Ids[1..];
        targets.AsSpan(0, answer.AnswerStart - 1).Fill(Training.TokenBatch.NoTarget);
        return (answer.Ids[..^1], targets);
    }
}
