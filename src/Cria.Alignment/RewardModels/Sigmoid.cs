namespace Cria.Alignment;

/// <summary>The logistic function, exact at both ends.</summary>
internal static class Sigmoid
{
    /// <summary>σ(x) = 1 / (1 + e⁻ˣ).</summary>
    public static double Of(double x)
    {
        double e = Math.Exp(-Math.Abs(x));
        return x >= 0 ? 1 / (1 + e) : e / (1 + e);
    }

    /// <summary>−log σ(x), which is finite for every x and keeps its digits where it is tiny.</summary>
    public static double NegativeLog(double x) => Math.Max(-x, 0) + LogOnePlus(Math.Exp(-Math.Abs(x)));

    /// <summary>log(1 + x) for 0 ≤ x ≤ 1 without losing the digits of a small x (Kahan's correction).</summary>
    private static double LogOnePlus(double x)
    {
        double y = 1 + x;
        return y == 1 ? x : Math.Log(y) * (x / (y - 1));
    }
}
