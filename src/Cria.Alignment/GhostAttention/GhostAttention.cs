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

    /// <summary>Decides instructions and draws.</summary>
    public ulong Seed { get; init; }
}

/// <summary>The outcome of a ghost-attention synthesis.</summary>
/// <param name="Dialogues">What to fine-tune on: the instruction in the first turn only, the last answer learned only.</param>
/// <param name="Synthesised">Dialogues that were begun.</param>
/// <param name="Disobeyed">Dialogues dropped because no sample of a turn obeyed.</param>
/// <param name="TooLong">Dialogues dropped because they outgrew the context.</param>
public sealed record GhostAttentionResult(IReadOnlyList<Dialogue> Dialogues, int Synthesised, int Disobeyed, int TooLong);

/// <summary>
/// Ghost attention (Touvron et al. 2023, §3.3): an instruction is added to every message of the user, the answers are sampled turn by
/// turn and chosen as in rejection sampling; the dialogue is then learned with the instruction in the first turn only, and of its answers
/// only the last.
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
        int turns = scripts.Count == 0 ? 0 : scripts.Max(script => script.Questions.Count);
        int tooLong = 0;
        int disobeyed = 0;
        for (int turn = 0; turn < turns; turn++)
        {
            List<Script> asked = scripts.FindAll(script => turn < script.Questions.Count);
            scripts.ForEach(script => script.Ask(turn));
            tooLong += asked.RemoveAll(script => !script.Fits(sampler, settings.MaximumTokens) && scripts.Remove(script));
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
                    scripts.Remove(asked[i]);
                    disobeyed++;
                }
            }

            progress?.Report((turn + 1, turns));
        }

        return new GhostAttentionResult([.. scripts.Select(script => script.ToTraining())], dialogues.Count, disobeyed, tooLong);
    }

    private static SampledAnswer? Choose(
        AlignmentPrompt prompt, GhostInstructionSet instruction, SampledAnswer[] answers, IRewardFunction? reward)
    {
        List<SampledAnswer> obedient = [.. answers.Where(answer => answer.IsFinished && instruction.IsObeyed(answer.Text))];
        if (obedient.Count <= 1 || reward is null)
        {
            return obedient.FirstOrDefault();
        }

        double[] scores = reward.Score([.. obedient.Select(answer => new AnsweredPrompt(prompt, answer))]);
        return obedient[Array.IndexOf(scores, scores.Max())];
    }

    /// <summary>A dialogue on its way: with the instruction in every message, and with it in the first only.</summary>
    private sealed class Script(Dialogue dialogue, GhostInstructionSet instruction)
    {
        public List<string> Questions { get; } = [.. dialogue.Messages.Where(m => m.Role == ChatRole.User).Select(m => m.Content)];

        public GhostInstructionSet Instruction => instruction;

        public string Origin => dialogue.Origin;

        public List<ChatMessage> Instructed { get; } = [];

        private List<ChatMessage> Plain { get; } = [];

        public void Ask(int turn)
        {
            if (turn < Questions.Count)
            {
                Instructed.Add(new ChatMessage(ChatRole.User, instruction.AddTo(Questions[turn])));
                Plain.Add(turn == 0 ? Instructed[0] : new ChatMessage(ChatRole.User, Questions[turn]));
            }
        }

        public bool Fits(AnswerSampler sampler, int answerTokens) => sampler.Fits(Instructed, answerTokens);

        public void Answer(string text)
        {
            Instructed.Add(new ChatMessage(ChatRole.Assistant, text));
            Plain.Add(Instructed[^1]);
        }

        public Dialogue ToTraining() => new(Plain) { LastAnswerOnly = true, Origin = $"ghost attention on {dialogue.Origin}" };
    }
}
