using System.Runtime.Intrinsics;

namespace Cria.Alignment;

/// <summary>
/// A linear score fitted to pairs by the ranking loss with an L2 penalty: minimises mean(−log σ(w·x − m)) + penalty/2·|w|² over the
/// differences x of standardised features. Newton's method, whose steps come from conjugate gradients: the matrix of second derivatives
/// is never formed, so features may be many. The problem is convex, so the result depends on the pairs alone.
/// </summary>
internal static class RankingRegression
{
    private const int MaximumIterations = 50;
    private const int MaximumConjugateSteps = 1000;
    private const double Tolerance = 1e-9;

    /// <summary>Fits the weights.</summary>
    /// <param name="differences">For each pair the chosen answer's features minus the rejected one's, all of one length.</param>
    /// <param name="margins">The margin of each pair.</param>
    /// <param name="penalty">Positive.</param>
    public static double[] Fit(IReadOnlyList<double[]> differences, IReadOnlyList<double> margins, double penalty)
    {
        int n = differences[0].Length;
        double[] weights = new double[n];
        for (int iteration = 0; iteration < MaximumIterations; iteration++)
        {
            double[] step = NewtonStep(differences, margins, weights, penalty);
            double scale = StepScale(differences, margins, weights, step, penalty);
            AddScaled(weights, -scale, step);
            if (scale * step.Max(Math.Abs) < Tolerance)
            {
                break;
            }
        }

        return weights;
    }

    /// <summary>The objective that <see cref="Fit"/> minimises.</summary>
    public static double Objective(IReadOnlyList<double[]> differences, IReadOnlyList<double> margins, double[] weights, double penalty)
    {
        double loss = 0;
        for (int i = 0; i < differences.Count; i++)
        {
            loss += RankingLoss.Of(Dot(weights, differences[i]), 0, margins[i]);
        }

        return (loss / differences.Count) + (penalty / 2 * Dot(weights, weights));
    }

    /// <summary>The scalar product; its rounding does not depend on the machine: eight sums in a fixed order.</summary>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        Vector512<double> sums = Vector512<double>.Zero;
        int i = 0;
        for (; i <= x.Length - Vector512<double>.Count; i += Vector512<double>.Count)
        {
            sums += Vector512.Create(x[i..]) * Vector512.Create(y[i..]);
        }

        double sum = Vector512.Sum(sums);
        for (; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }

    /// <summary>y += factor·x.</summary>
    private static void AddScaled(Span<double> y, double factor, ReadOnlySpan<double> x)
    {
        int i = 0;
        for (; i <= y.Length - Vector512<double>.Count; i += Vector512<double>.Count)
        {
            (Vector512.Create<double>(y[i..]) + (factor * Vector512.Create(x[i..]))).CopyTo(y[i..]);
        }

        for (; i < y.Length; i++)
        {
            y[i] += factor * x[i];
        }
    }

    /// <summary>The whole Newton step, or the largest half, quarter, … of it that does not make things worse.</summary>
    private static double StepScale(
        IReadOnlyList<double[]> differences, IReadOnlyList<double> margins, double[] weights, double[] step, double penalty)
    {
        double now = Objective(differences, margins, weights, penalty);
        for (double scale = 1; scale > 1e-6; scale /= 2)
        {
            double[] tried = [.. weights.Select((weight, i) => weight - (scale * step[i]))];
            if (Objective(differences, margins, tried, penalty) <= now)
            {
                return scale;
            }
        }

        return 0;
    }

    /// <summary>Solves H·step = gradient by conjugate gradients (Hestenes and Stiefel 1952).</summary>
    private static double[] NewtonStep(
        IReadOnlyList<double[]> differences, IReadOnlyList<double> margins, double[] weights, double penalty)
    {
        double[] gradient = [.. weights.Select(weight => penalty * weight)];
        double[] curvatures = new double[differences.Count];
        for (int p = 0; p < differences.Count; p++)
        {
            double wrong = -RankingLoss.Gradient(Dot(weights, differences[p]), 0, margins[p]);
            curvatures[p] = wrong * (1 - wrong) / differences.Count;
            AddScaled(gradient, -wrong / differences.Count, differences[p]);
        }

        double[] step = new double[weights.Length];
        double[] residual = [.. gradient];
        double[] direction = [.. gradient];
        double square = Dot(residual, residual);
        double goal = square * Tolerance * Tolerance;
        for (int i = 0; i < MaximumConjugateSteps && square > goal; i++)
        {
            double[] image = TimesSecondDerivatives(direction, differences, curvatures, penalty);
            double length = square / Dot(direction, image);
            AddScaled(step, length, direction);
            AddScaled(residual, -length, image);
            double next = Dot(residual, residual);
            double share = next / square;
            for (int j = 0; j < direction.Length; j++)
            {
                direction[j] = residual[j] + (share * direction[j]);
            }

            square = next;
        }

        return step;
    }

    private static double[] TimesSecondDerivatives(
        double[] direction, IReadOnlyList<double[]> differences, double[] curvatures, double penalty)
    {
        double[] result = [.. direction.Select(value => penalty * value)];
        for (int p = 0; p < differences.Count; p++)
        {
            AddScaled(result, curvatures[p] * Dot(direction, differences[p]), differences[p]);
        }

        return result;
    }
}
