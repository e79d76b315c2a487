namespace Cria.Alignment;

/// <summary>The figures of one iteration, measured on its batch before the updates but for the losses.</summary>
public sealed record PpoFigures
{
    /// <summary>Mean raw score by each reward function, in their order.</summary>
    public required IReadOnlyList<(string Name, double Score)> Rewards { get; init; }

    /// <summary>Mean raw reward after the combination.</summary>
    public required double Reward { get; init; }

    /// <summary>See <see cref="ScoredAnswers.OverrideShare"/>.</summary>
    public required double OverrideShare { get; init; }

    /// <summary>KL divergence of an answer from the start policy, in nats.</summary>
    public required double AnswerKl { get; init; }

    /// <summary>Standard error of <see cref="AnswerKl"/>.</summary>
    public required double AnswerKlError { get; init; }

    /// <summary>KL divergence of a token, in nats.</summary>
    public required double TokenKl { get; init; }

    /// <summary>β of the iteration.</summary>
    public required double KlCoefficient { get; init; }

    /// <summary>Entropy of a token's distribution, in nats.</summary>
    public required double Entropy { get; init; }

    /// <summary>Clipped policy loss.</summary>
    public required double PolicyLoss { get; init; }

    /// <summary>Clipped value loss.</summary>
    public required double ValueLoss { get; init; }

    /// <summary>Share of the returns' variance that the values of the batch explain; negative where they are worse than the mean.</summary>
    public required double ExplainedVariance { get; init; }

    /// <summary>Share of tokens whose ratio was clipped.</summary>
    public required double ClipFraction { get; init; }

    /// <summary>Mean norm of the policy's gradients before clipping.</summary>
    public required double GradientNorm { get; init; }

    /// <summary>Tokens of an answer.</summary>
    public required double AnswerTokens { get; init; }

    /// <summary>Share of answers that came to their end.</summary>
    public required double EndShare { get; init; }

    /// <summary>Seconds of sampling.</summary>
    public required double GenerationSeconds { get; init; }

    /// <summary>Seconds of reward functions, reference and values.</summary>
    public required double ScoringSeconds { get; init; }

    /// <summary>Seconds of the optimiser steps.</summary>
    public required double UpdateSeconds { get; init; }

    /// <summary>The row of the metrics file.</summary>
    public IReadOnlyList<(string Name, double Value)> Row() =>
    [
        .. Rewards.Select(reward => ($"reward.{reward.Name}", reward.Score)),
        ("reward", Reward),
        ("safety_overrides", OverrideShare),
        ("kl", AnswerKl),
        ("kl_per_token", TokenKl),
        ("kl_coefficient", KlCoefficient),
        ("entropy", Entropy),
        ("policy_loss", PolicyLoss),
        ("value_loss", ValueLoss),
        ("explained_variance", ExplainedVariance),
        ("clip_fraction", ClipFraction),
        ("gradient_norm", GradientNorm),
        ("answer_tokens", AnswerTokens),
        ("end_share", EndShare),
        ("generation_seconds", Math.Round(GenerationSeconds, 3)),
        ("scoring_seconds", Math.Round(ScoringSeconds, 3)),
        ("update_seconds", Math.Round(UpdateSeconds, 3)),
    ];
}
