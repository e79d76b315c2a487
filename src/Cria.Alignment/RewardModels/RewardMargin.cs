namespace Cria.Alignment;

/// <summary>How far apart the ranking loss wants the two scores of a pair to be (Touvron et al. 2023, §3.2.2 and Table 27).</summary>
public enum RewardMargin
{
    /// <summary>No margin: the plain ranking loss.</summary>
    None,

    /// <summary>1, 2/3, 1/3, 0 from significantly to negligibly better.</summary>
    Small,

    /// <summary>3, 2, 1, 0 from significantly to negligibly better.</summary>
    Large,
}

/// <summary>The numbers behind <see cref="RewardMargin"/>.</summary>
public static class RewardMargins
{
    /// <summary>m(rating) of the ranking loss.</summary>
    public static double Of(this RewardMargin margin, PreferenceRating rating) => margin switch
    {
        RewardMargin.None => 0,
        RewardMargin.Small => (int)rating / 3.0,
        RewardMargin.Large => (int)rating,
        _ => throw new ArgumentOutOfRangeException(nameof(margin), margin, "No such margin."),
    };
}
