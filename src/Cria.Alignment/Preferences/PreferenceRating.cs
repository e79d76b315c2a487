namespace Cria.Alignment;

/// <summary>How much better the chosen answer is (Touvron et al. 2023, §3.2.1).</summary>
public enum PreferenceRating
{
    /// <summary>Negligibly better, or unsure.</summary>
    Negligibly,

    /// <summary>Slightly better.</summary>
    Slightly,

    /// <summary>Better.</summary>
    Better,

    /// <summary>Significantly better.</summary>
    Significantly,
}
