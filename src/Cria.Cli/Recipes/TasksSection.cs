namespace Cria.Cli.Recipes;

/// <summary>What the chat model is asked, made from the documentation that the corpus holds: the numbers of each set.</summary>
internal sealed class TasksSection
{
    /// <summary>The kind of tasks that are made from .NET documentation.</summary>
    public const string Documentation = "documentation";

    /// <summary>No tasks: the run ends with the base model.</summary>
    public const string None = "none";

    /// <summary>The kinds there are.</summary>
    internal static readonly string[] Kinds = [None, Documentation];

    /// <summary><c>documentation</c>, or <c>none</c>: the run ends with the base model.</summary>
    public string Kind { get; set; } = None;

    /// <summary>Questions with answers for supervised fine-tuning.</summary>
    public int Dialogues { get; set; } = 6000;

    /// <summary>Dialogues of several turns for supervised fine-tuning.</summary>
    public int Conversations { get; set; } = 600;

    /// <summary>
    /// Dialogues of two or three turns, for supervised fine-tuning, with an instruction in each turn that the answer obeys: what ghost
    /// attention later carries over from the first turn.
    /// </summary>
    public int InstructedDialogues { get; set; } = 1500;

    /// <summary>Dialogues held out of supervised fine-tuning, for its validation loss.</summary>
    public int ValidationDialogues { get; set; } = 200;

    /// <summary>Questions of each round of preferences.</summary>
    public int PreferencePrompts { get; set; } = 1500;

    /// <summary>
    /// Questions of the last round of preferences, after which PPO maximises what the reward models have learned; 0 for as many as in the
    /// others. Llama 2's batches grew too, from 6 to 249 thousand comparisons (Touvron et al. 2023, §A.3.1).
    /// </summary>
    public int LastPreferencePrompts { get; set; }

    /// <summary>Questions of each round of rejection sampling, none of them asked for preferences.</summary>
    public int SamplingPrompts { get; set; } = 800;

    /// <summary>Red-team prompts of each round, in preferences as in rejection sampling.</summary>
    public int RedTeamPrompts { get; set; } = 150;

    /// <summary>Harmless how-to questions with answers for supervised fine-tuning.</summary>
    public int HowToDialogues { get; set; } = 600;

    /// <summary>Safety demonstrations that there are.</summary>
    public int SafetyDialogues { get; set; } = 600;

    /// <summary>
    /// Share of the safety demonstrations that supervised fine-tuning sees; the rest of them shows how much more would help.
    /// </summary>
    public double SafetyShare { get; set; } = 0.1;

    /// <summary>Questions of PPO.</summary>
    public int PpoQuestions { get; set; } = 1600;

    /// <summary>Harmless prompts of PPO that look like attacks.</summary>
    public int PpoBorderlinePrompts { get; set; } = 400;

    /// <summary>
    /// Red-team prompts of PPO. A refusal of an attack gains more safety than a refusal of a harmless prompt costs helpfulness (gaps of
    /// about 8 and 3 between the raw scores): with one answer to a prompt and as many of these as borderline prompts a small model learned
    /// to refuse whatever looks like an attack, and false refusals rose from 4% to 29%.
    /// </summary>
    public int PpoRedTeamPrompts { get; set; } = 130;

    /// <summary>Questions about held-out members by which versions are compared.</summary>
    public int EvaluationPrompts { get; set; } = 400;
}
