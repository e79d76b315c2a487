using System.Runtime.Intrinsics;

namespace Cria.Alignment;

/// <summary>
/// A linear score fitted to pairs by the ranking loss with an L2 penalty: minimises mean(−log σ(w·x − m)) + penalty/2·|w|² over the
/// differences x of standardised features, by Newton's method. The problem is convex, so the result depends on the pairs alone.
/// </summary>
internal static class RankingRegression
{
    private const int MaximumIterations = 50;
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
            (double[] gradient, double[] hessian) = Derivatives(differences, margins, weights, penalty);
            double[] step = SolvePositiveDefinite(hessian, gradient);
            double largest = 0;
            double scale = StepScale(differences, margins, weights, step, penalty);
            for (int i = 0; i < n; i++)
            {
                weights[i] -= scale * step[i];
                largest = Math.Max(largest, Math.Abs(scale * step[i]));
            }

            if (largest < Tolerance)
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

    private static (double[] Gradient, double[] Hessian) Derivatives(
        IReadOnlyList<double[]> differences, IReadOnlyList<double> margins, double[] weights, double penalty)
    {
        int n = weights.Length;
        double[] gradient = [.. weights.Select(weight => penalty * weight)];
        double[] hessian = new double[n * n];
        double[] curvatures = new double[differences.Count];
        for (int p = 0; p < differences.Count; p++)
        {
            double wrong = -RankingLoss.Gradient(Dot(weights, differences[p]), 0, margins[p]);
            curvatures[p] = wrong * (1 - wrong) / differences.Count;
            for (int i = 0; i < n; i++)
            {
                gradient[i] -= wrong / differences.Count * differences[p][i];
            }
        }

        // Every row is summed by one worker over the pairs in their order.
        Parallel.For(0, n, i =>
        {
            Span<double> row = hessian.AsSpan(i * n, i + 1);
            for (int p = 0; p < differences.Count; p++)
            {
                double factor = curvatures[p] * differences[p][i];
                ReadOnlySpan<double> x = differences[p].AsSpan(0, i + 1);
                AddScaled(row, factor, x);
            }

            row[i] += penalty;
        });
        return (gradient, hessian);
    }

    /// <summary>Solves A·x = b by the Cholesky factorisation of A, of which the lower triangle is given; A is overwritten.</summary>
    private static double[] SolvePositiveDefinite(double[] a, double[] b)
    {
        int n = b.Length;
        for (int j = 0; j < n; j++)
        {
            ReadOnlySpan<double> pivotRow = a.AsSpan(j * n, j);
            double pivot = Math.Sqrt(a[(j * n) + j] - Dot(pivotRow, pivotRow));
            a[(j * n) + j] = pivot;
            for (int i = j + 1; i < n; i++)
            {
                a[(i * n) + j] = (a[(i * n) + j] - Dot(a.AsSpan(i * n, j), a.AsSpan(j * n, j))) / pivot;
            }
        }

        double[] x = [.. b];
        for (int i = 0; i < n; i++)
        {
            x[i] = (x[i] - Dot(a.AsSpan(i * n, i), x.AsSpan(0, i))) / a[(i * n) + i];
        }

        for (int i = n - 1; i >= 0; i--)
        {
            x[i] /= a[(i * n) + i];
            for (int j = 0; j < i; j++)
            {
                x[j] -= a[(i * n) + j] * x[i];
            }
        }

        return x;
    }
}
