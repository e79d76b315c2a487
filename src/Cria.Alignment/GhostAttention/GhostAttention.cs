using Cria.Models;

namespace Cria.Alignment;

/// <summary>How ghost-attention data are sampled.</summary>
public sealed record GhostAttentionSettings
{
    /// <summary>Samples of each answer; the first that obeys (or, with a reward, the best of those that obey) is taken.</summary>
    public int Samples { get; init; } = 4;

    /// <summary>Sampling temperature.</summary>
    public float Temperature { get; init; } = 0.7f;

    /// <summary>The most tokens of an answer.</summary>
    public int MaximumTokens { get; init; } = 56;

    /// <summary>
    /// How many answers of a dialogue are learned, counted from the last one: 1 in the paper; 0 for all but the first turn's, which
    /// teaches a small model what a dialogue for each of these answers would teach, at the price of one.
    /// </summary>
    public int LearnedAnswers { get; init; } = 1;

    /// <summary>Decides instructions and draws.</summary>
    public ulong Seed { get; init; }
}

/// <summary>The outcome of a ghost-attention synthesis.</summary>
/// <param name="Dialogues">What to fine-tune on: the instruction in the first turn only, the last answers learned.</param>
/// <param name="Synthesised">Dialogues that were begun.</param>
/// <param name="Disobeyed">Questions that were left out of their dialogues because no sample obeyed.</param>
/// <param name="TooLong">Of these, how many ended early because they outgrew the context.</param>
public sealed record GhostAttentionResult(IReadOnlyList<Dialogue> Dialogues, int Synthesised, int Disobeyed, int TooLong);

/// <summary>
/// Ghost attention (Touvron et al. 2023, §3.3): an instruction is added to every message of the user, the answers are sampled turn by
/// turn and chosen as in rejection sampling; the dialogue is then learned with the instruction in the first turn only, and of its answers
/// the last only, or the last few: a small model that has only seen the last turn of long dialogues forgets the instruction in between. As
/// attention looks back only, one sequence with several answers learned gives the gradients of as many dialogues that end with one of them
/// each. A question that no sample answers obediently is left out, and the dialogue goes on with the next one.
/// </summary>
public static class GhostAttention
{
    /// <summary>Makes training dialogues.</summary>
    /// <param name="sampler">The latest chat model.</param>
    /// <param name="dialogues">Dialogues whose user messages are asked; their answers are not used.</param>
    /// <param name="instructions">An instruction for each dialogue.</param>
    /// <param name="settings">How to sample.</param>
    /// <param name="reward">Chooses among samples that obey; null for the first of them.</param>
    /// <param name="progress">Told the turns that are done, and all of them.</param>
    /// <param name="cancellation">Interrupts with <see cref="OperationCanceledException"/>.</param>
    public static GhostAttentionResult Synthesise(
        AnswerSampler sampler, IReadOnlyList<Dialogue> dialogues, IReadOnlyList<GhostInstructionSet> instructions,
        GhostAttentionSettings settings, IRewardFunction? reward = null, IProgress<(int Done, int Turns)>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sampler);
        ArgumentNullException.ThrowIfNull(dialogues);
        ArgumentNullException.ThrowIfNull(instructions);
        ArgumentNullException.ThrowIfNull(settings);
        if (instructions.Count != dialogues.Count)
        {
            throw new ArgumentException(
                $"{dialogues.Count} dialogues need as many instructions; found {instructions.Count}.", nameof(instructions));
        }

        List<Script> scripts = [.. dialogues.Select((dialogue, i) => new Script(dialogue, instructions[i]))];
        int turns = scripts.Count == 0 ? 0 : scripts.Max(script => script.Questions.Length);
        int tooLong = 0;
        int disobeyed = 0;
        for (int turn = 0; turn < turns; turn++)
        {
            List<Script> asked = scripts.FindAll(script => script.Ask(turn));
            tooLong += asked.RemoveAll(script => !sampler.Fits(script.Instructed, settings.MaximumTokens) && script.End());
            List<AlignmentPrompt> prompts =
                [.. asked.Select(script => new AlignmentPrompt($"{script.Origin}, turn {turn + 1}", [.. script.Instructed]))];
            SampledAnswer[][] answers = sampler.Sample(
                prompts, settings.Samples, settings.Temperature, settings.MaximumTokens, settings.Seed + (ulong)turn,
                cancellation: cancellation);
            for (int i = 0; i < asked.Count; i++)
            {
                if (Choose(prompts[i], asked[i].Instruction, answers[i], reward) is { } chosen)
                {
                    asked[i].Answer(chosen.Text);
                }
                else
                {
                    asked[i].LeaveOut();
                    disobeyed++;
                }
            }

            progress?.Report((turn + 1, turns));
        }

        return new GhostAttentionResult(
            [.. scripts.Where(script => script.Turns > 1).Select(script => script.ToTraining(settings.LearnedAnswers))],
            dialogues.Count, disobeyed, tooLong);
    }

    /// <summary>What the user asks, turn by turn.</summary>
    internal static string[] Questions(Dialogue dialogue) =>
        [.. dialogue.Messages.Where(message => message.Role == ChatRole.User).Select(message => message.Content)];

    /// <summary>The system message of a dialogue, where it has one: it stays in front.</summary>
    internal static List<ChatMessage> SystemMessage(Dialogue dialogue) =>
        [.. dialogue.Messages.Take(1).Where(message => message.Role == ChatRole.System)];

    private static SampledAnswer? Choose(
        AlignmentPrompt prompt, GhostInstructionSet instruction, SampledAnswer[] answers, IRewardFunction? reward)
    {
        List<SampledAnswer> obedient = [.. answers.Where(answer => answer.IsFinished && instruction.IsObeyed(answer.Text))];
        if (obedient.Count <= 1 || reward is null)
        {
            return obedient.FirstOrDefault();
        }

        double[] scores = reward.ScoreChecked([.. obedient.Select(answer => new AnsweredPrompt(prompt, answer))]);
        return obedient[Array.IndexOf(scores, scores.Max())];
    }

    /// <summary>A dialogue on its way: with the instruction in every message, and with it in the first only.</summary>
    private sealed class Script(Dialogue dialogue, GhostInstructionSet instruction)
    {
        private readonly List<ChatMessage> _plain = SystemMessage(dialogue);
        private readonly int _systemMessages = SystemMessage(dialogue).Count;
        private bool _hasEnded;

        public string[] Questions { get; } = Questions(dialogue);

        public GhostInstructionSet Instruction => instruction;

        public string Origin => dialogue.Origin;

        /// <summary>Turns that were answered.</summary>
        public int Turns => (_plain.Count - _systemMessages) / 2;

        public List<ChatMessage> Instructed { get; } = SystemMessage(dialogue);

        /// <summary>Asks the question of a turn; false where the dialogue has come to its end.</summary>
        public bool Ask(int turn)
        {
            if (_hasEnded || turn >= Questions.Length)
            {
                return false;
            }

            Instructed.Add(new ChatMessage(ChatRole.User, instruction.AddTo(Questions[turn])));
            _plain.Add(_plain.Count == _systemMessages ? Instructed[^1] : new ChatMessage(ChatRole.User, Questions[turn]));
            return true;
        }

        public void Answer(string text)
        {
            Instructed.Add(new ChatMessage(ChatRole.Assistant, text));
            _plain.Add(Instructed[^1]);
        }

        /// <summary>Takes the question that was asked last back.</summary>
        public void LeaveOut()
        {
            Instructed.RemoveAt(Instructed.Count - 1);
            _plain.RemoveAt(_plain.Count - 1);
        }

        /// <summary>Ends the dialogue before the question that was asked last.</summary>
        public bool End()
        {
            LeaveOut();
            return _hasEnded = true;
        }

        /// <summary>The dialogue to learn from.</summary>
        public Dialogue ToTraining(int learnedAnswers) => new([.. _plain])
        {
            // The first turn's answer has the instruction beside it, and is never learned.
            LearnedAnswers = learnedAnswers == 0 ? Turns - 1 : Math.Min(learnedAnswers, Turns - 1),
            Origin = $"ghost attention on {Origin}",
        };
    }
}
