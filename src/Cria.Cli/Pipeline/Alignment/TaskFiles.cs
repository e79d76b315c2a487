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

    /// <summary>Dialogues of several turns whose questions ghost attention asks.</summary>
    public string GhostAttention => Path.Combine(folder, "ghost-attention.jsonl");

    /// <summary>Dialogues of twenty turns about held-out members, by which obedience is measured.</summary>
    public string Obedience => Path.Combine(folder, "obedience.jsonl");

    /// <summary>Red-team prompts of context distillation.</summary>
    public string ContextDistillation => Path.Combine(folder, "context-distillation.jsonl");

    /// <summary>Helpful dialogues of every fine-tuning of the study of safety data.</summary>
    public string ScalingHelpful => Path.Combine(folder, "safety-scaling-helpful.jsonl");

    /// <summary>All safety demonstrations of that study; a share is so many of them from the beginning.</summary>
    public string ScalingSafety => Path.Combine(folder, "safety-scaling-safety.jsonl");

    /// <summary>Prompts of a round's safety comparisons: red-team prompts and harmless ones that look like them.</summary>
    public string SafetyPreferences(int round) => Path.Combine(folder, $"safety-preferences-{round}.jsonl");

    /// <summary>Prompts of a round's helpfulness comparisons.</summary>
    public string Preferences(int round) => Path.Combine(folder, $"preferences-{round}.jsonl");

    /// <summary>Prompts of a round's rejection sampling, or of PPO in the last round.</summary>
    public string Sampling(int round) => Path.Combine(folder, $"sampling-{round}.jsonl");
}
