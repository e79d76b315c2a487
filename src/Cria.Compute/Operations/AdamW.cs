namespace Cria.Compute;

/// <content>The optimiser's step.</content>
public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override void AdamW(Tensor parameters, Tensor gradients, Tensor firstMoment, Tensor secondMoment, in AdamWStep step)
    {
        ShapeCheck.Shape(parameters, 1, parameters.Columns);
        ShapeCheck.Shape(gradients, 1, parameters.Columns);
        ShapeCheck.Shape(firstMoment, 1, parameters.Columns);
        ShapeCheck.Shape(secondMoment, 1, parameters.Columns);
        int blocks = (parameters.Columns + AdamWKernel.Block - 1) / AdamWKernel.Block;
        Run(new AdamWKernel(parameters, gradients, firstMoment, secondMoment, step), blocks, 4 * AdamWKernel.Block);
    }
}

/// <summary>Items are blocks of values.</summary>
internal readonly unsafe struct AdamWKernel : IRangeKernel
{
    public const int Block = 4096;

    private readonly int _count;
    private readonly float* _parameters;
    private readonly float* _gradients;
    private readonly float* _firstMoment;
    private readonly float* _secondMoment;
    private readonly AdamWStep _step;
    private readonly float _keep;
    private readonly float _rate;
    private readonly float _inverseCorrection;

    public AdamWKernel(Tensor parameters, Tensor gradients, Tensor firstMoment, Tensor secondMoment, in AdamWStep step)
    {
        _count = parameters.Columns;
        _parameters = parameters.Data;
        _gradients = gradients.Data;
        _firstMoment = firstMoment.Data;
        _secondMoment = secondMoment.Data;
        _step = step;
        _keep = (float)(1 - ((double)step.Rate * step.Decay));
        _rate = (float)(step.Rate / (1 - Math.Pow(step.Beta1, step.Step)));
        _inverseCorrection = (float)(1 / Math.Sqrt(1 - Math.Pow(step.Beta2, step.Step)));
    }

    public void Range<TSimd, TVector>(int start, int end, int worker)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        int first = start * Block;
        int last = (int)Math.Min((long)end * Block, _count);
        int whole = first + ((last - first) / TSimd.Count * TSimd.Count);
        Values<TSimd, TVector>(first, whole);
        Values<SimdScalar, float>(whole, last);
    }

    private void Values<TSimd, TVector>(int start, int end)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        TVector gradientScale = TSimd.Create(_step.GradientScale);
        TVector beta1 = TSimd.Create((float)_step.Beta1);
        TVector beta2 = TSimd.Create((float)_step.Beta2);
        TVector oneLessBeta1 = TSimd.Create((float)(1 - _step.Beta1));
        TVector oneLessBeta2 = TSimd.Create((float)(1 - _step.Beta2));
        TVector epsilon = TSimd.Create(_step.Epsilon);
        TVector keep = TSimd.Create(_keep);
        TVector rate = TSimd.Create(-_rate);
        TVector inverseCorrection = TSimd.Create(_inverseCorrection);
        for (int i = start; i < end; i += TSimd.Count)
        {
            TVector g = TSimd.Multiply(TSimd.Load(_gradients + i), gradientScale);
            TVector m = TSimd.MultiplyAdd(beta1, TSimd.Load(_firstMoment + i), TSimd.Multiply(oneLessBeta1, g));
            TVector v = TSimd.MultiplyAdd(beta2, TSimd.Load(_secondMoment + i), TSimd.Multiply(oneLessBeta2, TSimd.Multiply(g, g)));
            TSimd.Store(_firstMoment + i, m);
            TSimd.Store(_secondMoment + i, v);
            TVector denominator = TSimd.MultiplyAdd(TSimd.Sqrt(v), inverseCorrection, epsilon);
            TVector change = TSimd.Divide(TSimd.Multiply(rate, m), denominator);
            TSimd.Store(_parameters + i, TSimd.MultiplyAdd(TSimd.Load(_parameters + i), keep, change));
        }
    }
}
