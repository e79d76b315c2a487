using System.Runtime.Intrinsics;

namespace Cria.Compute;

/// <content>The three matrix products of training.</content>
public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override void Linear(Tensor x, Tensor weight, Tensor y, Tensor residual = default)
    {
        ShapeCheck.Shape(weight, weight.Rows, x.Columns);
        ShapeCheck.Shape(y, x.Rows, weight.Rows);
        ShapeCheck.OptionalShape(residual, x.Rows, weight.Rows);
        Multiply(ProductArguments.Linear(x, weight, y, residual));
    }

    /// <inheritdoc/>
    public override void LinearBackwardInput(Tensor dy, Tensor weight, Tensor dx, bool accumulate)
    {
        ShapeCheck.Shape(dy, dx.Rows, weight.Rows);
        ShapeCheck.Shape(dx, dy.Rows, weight.Columns);
        Multiply(ProductArguments.BackwardInput(dy, weight, dx, accumulate));
    }

    /// <inheritdoc/>
    public override void LinearBackwardWeight(Tensor dy, Tensor x, Tensor weightGradient)
    {
        ShapeCheck.Shape(dy, x.Rows, weightGradient.Rows);
        ShapeCheck.Shape(weightGradient, dy.Columns, x.Columns);
        Multiply(ProductArguments.BackwardWeight(dy, x, weightGradient));
    }

    private void Multiply(in ProductArguments product)
    {
        switch (Level)
        {
            case SimdLevel.Bits512:
                Multiply<Simd512, Vector512<float>>(product);
                break;
            case SimdLevel.Bits256:
                Multiply<Simd256, Vector256<float>>(product);
                break;
            case SimdLevel.Bits128:
                Multiply<Simd128, Vector128<float>>(product);
                break;
            default:
                Multiply<SimdScalar, float>(product);
                break;
        }
    }

    private void Multiply<TSimd, TVector>(in ProductArguments product)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        bool alongRows = product.AInnerStride == 1 && product.BInnerStride == 1;
        if (alongRows && product.Rows <= StreamedProduct<TSimd, TVector>.MostRows)
        {
            StreamedProduct<TSimd, TVector>.Run(product, Team);
        }
        else
        {
            BlockedProduct<TSimd, TVector>.Run(product, Team, _productWorkspace);
        }
    }
}
