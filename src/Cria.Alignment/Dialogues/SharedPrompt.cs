using Cria.Inference;
using Cria.Training;

namespace Cria.Alignment;

/// <summary>
/// Neighbouring answers to one prompt that go through a network together: the prompt once, as a trunk, and behind it each answer. The
/// trunk lacks the prompt's last token, which predicts the first one of each answer. Answers are mostly prompt: two of them together
/// cost a third less, four less than half.
/// </summary>
/// <param name="First">The first of them.</param>
/// <param name="Count">How many.</param>
/// <param name="Tokens">Of the trunk; 0 where nothing is shared.</param>
internal readonly record struct SharedPrompt(int First, int Count, int Tokens)
{
    /// <summary>The trunk of two answers: 0 where their prompts differ.</summary>
    public static int TokensOf(EncodedAnswer first, EncodedAnswer other)
    {
        int tokens = Math.Max(0, first.AnswerStart - 1);
        return first.AnswerStart == other.AnswerStart
            && first.Ids.AsSpan(0, first.AnswerStart).SequenceEqual(other.Ids.AsSpan(0, other.AnswerStart)) ? tokens : 0;
    }

    /// <summary>The next answers that fit a pass together.</summary>
    /// <param name="answers">All answers.</param>
    /// <param name="first">The next one.</param>
    /// <param name="end">Behind the last one that may be taken.</param>
    /// <param name="room">Tokens that still fit; where not even the next answer does, none is taken.</param>
    /// <param name="unread">Tokens at the end of each answer that the network does not read.</param>
    public static SharedPrompt Next(IReadOnlyList<EncodedAnswer> answers, int first, int end, int room, int unread)
    {
        int used = answers[first].Ids.Length - unread;
        if (used > room)
        {
            return new SharedPrompt(first, 0, 0);
        }

        int tokens = 0;
        int next = first + 1;
        while (next < end && TokensOf(answers[first], answers[next]) is > 0 and int shared)
        {
            used += answers[next].Ids.Length - unread - shared;
            if (used > room)
            {
                break;
            }

            tokens = shared;
            next++;
        }

        return new SharedPrompt(first, next - first, tokens);
    }

    /// <summary>Fills a pass of an inference engine with answers.</summary>
    /// <param name="batch">Cleared first.</param>
    /// <param name="answers">All answers.</param>
    /// <param name="first">The first one to add.</param>
    /// <param name="capacity">Tokens of the pass.</param>
    /// <param name="unread">Tokens at the end of each answer that the network does not read.</param>
    /// <param name="add">Adds one answer, which fits, by its prompt and its number.</param>
    /// <returns>The first answer that did not fit.</returns>
    /// <exception cref="ContextLengthException">Not even the first one fits.</exception>
    public static int Fill(
        EngineBatch batch, IReadOnlyList<EncodedAnswer> answers, int first, int capacity, int unread, Action<SharedPrompt, int> add)
    {
        batch.Clear();
        int next = first;
        while (next < answers.Count)
        {
            SharedPrompt prompt = Next(answers, next, answers.Count, capacity - batch.Tokens, unread);
            if (prompt.Count == 0)
            {
                // Not even alone: an empty pass again and again would never end.
                return next > first ? next : throw new ContextLengthException(answers[first].Ids.Length - unread, capacity);
            }

            for (int i = 0; i < prompt.Count; i++, next++)
            {
                add(prompt, next);
            }
        }

        return next;
    }

    /// <summary>Tokens of an answer and its prompt that are not read again for it.</summary>
    public int Skipped(int answer) => answer == First ? 0 : Tokens;

    /// <summary>Adds an answer, and before the first one the trunk; a row for each token that is not skipped.</summary>
    /// <param name="batch">Receives the answers in their order.</param>
    /// <param name="answer">Which of the answers.</param>
    /// <param name="ids">What the network reads of its prompt and of it.</param>
    /// <param name="targets">As many; none for tokens of the trunk.</param>
    public void AddTo(TokenBatch batch, int answer, ReadOnlySpan<int> ids, ReadOnlySpan<int> targets)
    {
        if (Tokens == 0)
        {
            batch.Add(ids, targets);
            return;
        }

        if (answer == First)
        {
            batch.Add(ids[..Tokens], []);
        }

        batch.AddBranch(ids[Tokens..], targets.IsEmpty ? [] : targets[Tokens..]);
    }

    /// <inheritdoc cref="AddTo(TokenBatch, int, ReadOnlySpan{int}, ReadOnlySpan{int})"/>
    public void AddTo(EngineBatch batch, int answer, ReadOnlySpan<int> ids)
    {
        if (Tokens == 0)
        {
            batch.AddWhole(ids, wantsLogits: false);
            return;
        }

        if (answer == First)
        {
            batch.AddWhole(ids[..Tokens], wantsLogits: false);
        }

        batch.AddBranch(ids[Tokens..], wantsLogits: false);
    }
}
