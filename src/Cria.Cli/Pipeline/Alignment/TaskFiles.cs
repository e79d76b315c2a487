namespace Cria.Cli.Pipeline;

/// <summary>The files of a run's <c>tasks</c> folder: what each stage of alignment asks. A team puts its own in their place.</summary>
internal sealed class TaskFiles(string folder)
{
    public string Folder => folder;

    /// <summary>Dialogues of supervised fine-tuning.</summary>
    public string FineTuning => Path.Combine(folder, "fine-tuning.jsonl");

    /// <summary>Dialogues of its validation loss.</summary>
    public string Validation => Path.Combine(folder, "fine-tuning-validation.jsonl");

    /// <summary>Questions about held-out members.</summary>
    public string HeldOut => Path.Combine(folder, "held-out.jsonl");

    /// <summary>Red-team prompts of evaluation.</summary>
    public string RedTeam => Path.Combine(folder, "red-team.jsonl");

    /// <summary>Harmless prompts that look like red-team ones, of evaluation.</summary>
    public string Borderline => Path.Combine(folder, "borderline.jsonl");

    /// <summary>Prompts of a round's safety comparisons: red-team prompts and harmless ones that look like them.</summary>
    public string SafetyPreferences(int round) => Path.Combine(folder, $"safety-preferences-{round}.jsonl");

    /// <summary>Prompts of a round's helpfulness comparisons.</summary>
    public string Preferences(int round) => Path.Combine(folder, $"preferences-{round}.jsonl");

    /// <summary>Prompts of a round's rejection sampling, or of PPO in the last round.</summary>
    public string Sampling(int round) => Path.Combine(folder, $"sampling-{round}.jsonl");
}
