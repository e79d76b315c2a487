namespace Cria.Training;

/// <summary>
/// Linear warm-up to the peak, then half a cosine down to a share of it, then constant (Touvron et al. 2023, §2.2: to 10%).
/// </summary>
/// <param name="Peak">Highest rate, reached at step <paramref name="WarmupSteps"/>.</param>
/// <param name="WarmupSteps">Steps of warm-up; the rate of step 0 is 0.</param>
/// <param name="TotalSteps">The step at which the cosine ends.</param>
/// <param name="FinalShare">The last rate, as a share of the peak.</param>
public sealed record LearningRateSchedule(double Peak, long WarmupSteps, long TotalSteps, double FinalShare = 0.1)
{
    /// <summary>The rate of a step; the first step is 1.</summary>
    public double At(long step)
    {
        double final = Peak * FinalShare;
        if (step < WarmupSteps)
        {
            return Peak * step / WarmupSteps;
        }

        if (step >= TotalSteps)
        {
            return final;
        }

        double progress = (double)(step - WarmupSteps) / (TotalSteps - WarmupSteps);
        return final + (0.5 * (1 + Math.Cos(Math.PI * progress)) * (Peak - final));
    }
}
