namespace Cria.Alignment;

/// <summary>The forms of files of comparisons. Each line says by its fields which one it is; the form matters for writing only.</summary>
public enum PreferenceForm
{
    /// <summary>
    /// Cria's own, the only one that keeps everything:
    /// <c>{"prompt": […messages], "chosen": "…", "rejected": "…", "rating": "significantly", "safety": {"chosen": true}}</c>, with kind,
    /// batch, held_out, prompt_id, annotator, time, chosen_was_first, chosen_by and rejected_by where they are known.
    /// </summary>
    Cria,

    /// <summary>
    /// Anthropic's hh-rlhf: two whole transcripts, <c>{"chosen": "\n\nHuman: … \n\nAssistant: …", "rejected": …}</c>, that differ in the
    /// last answer. Keeps no rating and no system message.
    /// </summary>
    HhRlhf,

    /// <summary>TRL's plain form: <c>{"prompt": "…", "chosen": "…", "rejected": "…", "margin": 3}</c>; one message of the user.</summary>
    TrlText,

    /// <summary>TRL's conversational form: prompt, chosen and rejected are lists of messages.</summary>
    TrlMessages,

    /// <summary>TRL's conversational form with an implicit prompt: chosen and rejected are whole dialogues.</summary>
    TrlImplicit,
}
