using Cria.Corpus;
using Cria.Models;

namespace Cria.Alignment;

/// <summary>
/// Compares answers by a judge's scores with noise, in place of a person. What it says is always marked as simulated by its name. The same
/// two answers are always judged the same way, in whichever order they come.
/// </summary>
public sealed class SimulatedAnnotator
{
    /// <summary>With what the names of simulated annotators begin.</summary>
    public const string NamePrefix = "simulated";

    private const double SlightGap = 0.1;
    private const double ClearGap = 0.25;
    private const double SignificantGap = 0.5;

    private readonly IJudge _judge;
    private readonly double _noise;
    private readonly ulong _seed;
    private readonly PreferenceKind _kind;

    /// <summary>An annotator.</summary>
    /// <param name="name">Begins with <see cref="NamePrefix"/>.</param>
    /// <param name="judge">Scores answers; a gap of 0.1, 0.25 and 0.5 is slightly better, better, significantly better.</param>
    /// <param name="noise">Standard deviation of the error that it makes on each score; 0 for none.</param>
    /// <param name="seed">Decides the errors.</param>
    /// <param name="kind">By which guideline it judges.</param>
    /// <exception cref="ArgumentException">The name does not say that it is simulated, or the noise is negative.</exception>
    public SimulatedAnnotator(
        string name, IJudge judge, double noise, ulong seed, PreferenceKind kind = PreferenceKind.Helpfulness)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(judge);
        if (!name.StartsWith(NamePrefix, StringComparison.Ordinal))
        {
            throw new ArgumentException($"A simulated annotator's name begins with '{NamePrefix}'; this one is '{name}'.", nameof(name));
        }

        if (!(noise >= 0 && double.IsFinite(noise)))
        {
            throw new ArgumentException($"The noise must be 0 or positive, but is {noise}.", nameof(noise));
        }

        Name = name;
        _judge = judge;
        _noise = noise;
        _seed = seed;
        _kind = kind;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Compares two answers to one prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="first">An answer.</param>
    /// <param name="second">Another.</param>
    /// <returns>The comparison with the better answer as chosen, both labelled safe or unsafe where the judge does that; null where it
    /// cannot tell them apart.</returns>
    public Comparison? Compare(AlignmentPrompt prompt, ComparedAnswer first, ComparedAnswer second)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        double firstScore = _judge.Score(prompt, first);
        double secondScore = _judge.Score(prompt, second);
        if (firstScore == secondScore)
        {
            return null;
        }

        double gap = firstScore + Error(prompt, first) - secondScore - Error(prompt, second);
        (ComparedAnswer chosen, ComparedAnswer rejected) = gap > 0 ? (first, second) : (second, first);
        return new Comparison(prompt.Messages, Label(prompt, chosen), Label(prompt, rejected), Rating(Math.Abs(gap)))
        {
            Kind = _kind,
            PromptId = prompt.Id,
            Annotator = Name,
        };
    }

    private ComparedAnswer Label(AlignmentPrompt prompt, ComparedAnswer answer) =>
        answer with { IsSafe = _judge.IsSafe(prompt, answer) };

    private static PreferenceRating Rating(double gap) => gap switch
    {
        < SlightGap => PreferenceRating.Negligibly,
        < ClearGap => PreferenceRating.Slightly,
        < SignificantGap => PreferenceRating.Better,
        _ => PreferenceRating.Significantly,
    };

    private double Error(AlignmentPrompt prompt, ComparedAnswer answer)
    {
        if (_noise == 0)
        {
            return 0;
        }

        StableHash.Accumulator hash = StableHash.Begin();
        hash.Add(prompt.Messages[^1].Content);
        hash.Add(answer.Text);
        hash.Add(answer.IsFinished ? 1 : 0);
        return _noise * new DeterministicRandom(_seed, hash.Finish()).NextGaussian();
    }
}
