using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Cria.Compute;

/// <summary>The values that a tile broadcasts: element (row, step) lies at Data + row·RowStride + step·InnerStride.</summary>
internal readonly unsafe struct TileSource(float* data, nint rowStride, nint innerStride)
{
    public readonly float* Data = data;
    public readonly nint RowStride = rowStride;
    public readonly nint InnerStride = innerStride;
}

/// <summary>Lines of memory to ask for on a tile's way: one at <paramref name="first"/>, the next <paramref name="step"/> values on.</summary>
internal unsafe struct LineRun(float* first, nint step)
{
    /// <summary>Values from one line to the next.</summary>
    public readonly nint Step = step;

    /// <summary>The next line.</summary>
    public float* Line = first;

    /// <summary>Asks for the next line. The second-level cache is near enough; the first one is the tiles'.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Ask()
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(Line);
            Line += Step;
        }
    }
}

/// <summary>Where a tile's sums go: result = sums, or result = addend + sums. The addend may be the result's own memory.</summary>
internal readonly unsafe struct TileTarget(float* result, nint resultStride, float* addend, nint addendStride)
{
    public readonly float* Result = result;
    public readonly nint ResultStride = resultStride;
    public readonly float* Addend = addend;
    public readonly nint AddendStride = addendStride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store<TSimd, TVector>(int row, TVector column)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        if (Addend != null)
        {
            column = TSimd.Add(column, TSimd.Load(Addend + (row * AddendStride)));
        }

        TSimd.Store(Result + (row * ResultStride), column);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store<TSimd, TVector>(int row, TVector left, TVector right)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        float* target = Result + (row * ResultStride);
        if (Addend != null)
        {
            float* addend = Addend + (row * AddendStride);
            left = TSimd.Add(left, TSimd.Load(addend));
            right = TSimd.Add(right, TSimd.Load(addend + TSimd.Count));
        }

        TSimd.Store(target, left);
        TSimd.Store(target + TSimd.Count, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store<TSimd, TVector>(int row, TVector left, TVector middle, TVector right)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        float* target = Result + (row * ResultStride);
        if (Addend != null)
        {
            float* addend = Addend + (row * AddendStride);
            left = TSimd.Add(left, TSimd.Load(addend));
            middle = TSimd.Add(middle, TSimd.Load(addend + TSimd.Count));
            right = TSimd.Add(right, TSimd.Load(addend + (2 * TSimd.Count)));
        }

        TSimd.Store(target, left);
        TSimd.Store(target + TSimd.Count, middle);
        TSimd.Store(target + (2 * TSimd.Count), right);
    }
}
