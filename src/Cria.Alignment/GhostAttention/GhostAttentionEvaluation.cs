using Cria.Models;

namespace Cria.Alignment;

/// <summary>How many answers of a turn obey an instruction of the first turn.</summary>
/// <param name="Turn">The turn, from 1.</param>
/// <param name="Obeyed">Answers that obey.</param>
/// <param name="Dialogues">Dialogues that came to this turn within the context.</param>
public sealed record GhostAttentionTurn(int Turn, int Obeyed, int Dialogues)
{
    /// <summary>The share that obeys; 0 where no dialogue came so far.</summary>
    public double Share => Dialogues > 0 ? (double)Obeyed / Dialogues : 0;

    /// <summary>Its standard error (binomial).</summary>
    public double StandardError => Dialogues > 0 ? Math.Sqrt(Share * (1 - Share) / Dialogues) : 0;
}

/// <summary>One dialogue of the evaluation as it went.</summary>
/// <param name="Instruction">Given in the first turn.</param>
/// <param name="Messages">The user's scripted messages and the model's answers.</param>
/// <param name="Obeyed">For each turn that was answered, whether its answer obeys.</param>
public sealed record GhostAttentionDialogue(
    GhostInstructionSet Instruction, IReadOnlyList<ChatMessage> Messages, IReadOnlyList<bool> Obeyed);

/// <summary>The outcome of a ghost-attention evaluation.</summary>
/// <param name="Measured">The turns that count.</param>
/// <param name="Dialogues">Every dialogue.</param>
public sealed record GhostAttentionScores(IReadOnlyList<int> Measured, IReadOnlyList<GhostAttentionDialogue> Dialogues)
{
    /// <summary>The measured turns over all dialogues.</summary>
    public IReadOnlyList<GhostAttentionTurn> Turns => Over(_ => true);

    /// <summary>The measured turns over the dialogues with certain instructions.</summary>
    /// <param name="isCounted">Which instructions count.</param>
    public IReadOnlyList<GhostAttentionTurn> Over(Func<GhostInstructionSet, bool> isCounted)
    {
        GhostAttentionDialogue[] counted = [.. Dialogues.Where(dialogue => isCounted(dialogue.Instruction))];
        return
        [
            .. Measured.Select(turn => new GhostAttentionTurn(
                turn, counted.Count(dialogue => dialogue.Obeyed.ElementAtOrDefault(turn - 1)),
                counted.Count(dialogue => dialogue.Obeyed.Count >= turn))),
        ];
    }
}

/// <summary>
/// Measures how long a model remembers: the user's messages are scripted and name the instruction in the first turn only, the answers are
/// the model's own (Touvron et al. 2023, §3.3 and table 30: turns 2, 4, 6, 20).
/// </summary>
public static class GhostAttentionEvaluation
{
    /// <summary>The turns of the paper.</summary>
    public static IReadOnlyList<int> PaperTurns { get; } = [2, 4, 6, 20];

    /// <summary>Plays the dialogues and measures.</summary>
    /// <param name="sampler">The model.</param>
    /// <param name="dialogues">Scripts of as many turns as the last of <paramref name="turns"/>, or fewer; their answers are not
    /// used.</param>
    /// <param name="instructions">An instruction for each.</param>
    /// <param name="turns">Which turns count.</param>
    /// <param name="temperature">0 is greedy.</param>
    /// <param name="maximumTokens">The most tokens of an answer.</param>
    /// <param name="seed">Decides the draws.</param>
    /// <param name="cancellation">Interrupts with <see cref="OperationCanceledException"/>.</param>
    public static GhostAttentionScores Measure(
        AnswerSampler sampler, IReadOnlyList<Dialogue> dialogues, IReadOnlyList<GhostInstructionSet> instructions, IReadOnlyList<int> turns,
        float temperature = 0, int maximumTokens = 48, ulong seed = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sampler);
        ArgumentNullException.ThrowIfNull(dialogues);
        ArgumentNullException.ThrowIfNull(instructions);
        ArgumentNullException.ThrowIfNull(turns);
        if (instructions.Count != dialogues.Count)
        {
            throw new ArgumentException(
                $"{dialogues.Count} dialogues need as many instructions; found {instructions.Count}.", nameof(instructions));
        }

        string[][] questions = [.. dialogues.Select(GhostAttention.Questions)];
        List<ChatMessage>[] played = [.. dialogues.Select(GhostAttention.SystemMessage)];
        List<int> going = [.. Enumerable.Range(0, dialogues.Count)];
        List<bool>[] obeyed = [.. dialogues.Select(_ => new List<bool>())];
        for (int turn = 1; turn <= turns.Max(); turn++)
        {
            going.RemoveAll(i => turn > questions[i].Length);
            foreach (int i in going)
            {
                string question = questions[i][turn - 1];
                played[i].Add(new ChatMessage(ChatRole.User, turn == 1 ? instructions[i].AddTo(question) : question));
            }

            going.RemoveAll(i => !sampler.Fits(played[i], maximumTokens));
            SampledAnswer[][] answers = sampler.Sample(
                [.. going.Select(i => new AlignmentPrompt($"{dialogues[i].Origin}, turn {turn}", [.. played[i]]))],
                1, temperature, maximumTokens, seed + (ulong)turn, cancellation: cancellation);
            for (int k = 0; k < going.Count; k++)
            {
                played[going[k]].Add(new ChatMessage(ChatRole.Assistant, answers[k][0].Text));
                obeyed[going[k]].Add(instructions[going[k]].IsObeyed(answers[k][0].Text));
            }
        }

        return new GhostAttentionScores(
            [.. turns.Distinct().Order()],
            [.. played.Select((messages, i) => new GhostAttentionDialogue(instructions[i], messages, obeyed[i]))]);
    }
}
