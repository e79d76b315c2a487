using System.Runtime.CompilerServices;

namespace Cria.Compute;

/// <summary>Checks at the entry of an operation, with messages that name the tensor.</summary>
internal static class ShapeCheck
{
    public static void Shape(Tensor tensor, int rows, int columns, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        if (tensor.Rows != rows || tensor.Columns != columns || (tensor.IsEmpty && tensor.Length > 0))
        {
            throw new ArgumentException($"{name} must be [{rows}, {columns}], but it is {(tensor.IsEmpty ? "absent" : tensor)}.", name);
        }
    }

    /// <summary>As <see cref="Shape"/>, or absent.</summary>
    public static void OptionalShape(Tensor tensor, int rows, int columns, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        if (!tensor.IsEmpty)
        {
            Shape(tensor, rows, columns, name);
        }
    }

    public static void Contiguous(Tensor tensor, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        if (!tensor.IsContiguous)
        {
            throw new ArgumentException(
                $"{name} must be contiguous, but its stride is {tensor.Stride} for {tensor.Columns} columns.", name);
        }
    }

    public static void Length(int found, int expected, string name)
    {
        if (found != expected)
        {
            throw new ArgumentException($"{name} must have {expected} values, but it has {found}.", name);
        }
    }

    /// <summary>Every id is in 0..limit, or −1 where <paramref name="allowSkip"/>.</summary>
    public static void Ids(ReadOnlySpan<int> ids, int limit, bool allowSkip, string name)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)limit && !(allowSkip && ids[i] == -1))
            {
                throw new ArgumentException($"{name}[{i}] is {ids[i]}, which is not within 0..{limit}.", name);
            }
        }
    }

    public static void SequenceStarts(ReadOnlySpan<int> starts, int tokens)
    {
        if (starts.Length < 2 || starts[0] != 0 || starts[^1] != tokens)
        {
            throw new ArgumentException($"sequenceStarts must begin with 0 and end with {tokens}.", nameof(starts));
        }

        for (int i = 1; i < starts.Length; i++)
        {
            if (starts[i] < starts[i - 1])
            {
                throw new ArgumentException($"sequenceStarts must ascend, but [{i}] is {starts[i]} after {starts[i - 1]}.", nameof(starts));
            }
        }
    }

    /// <summary>Branches follow at once the trunk that they name, which is none itself.</summary>
    public static void Trunks(ReadOnlySpan<int> trunks, int sequences)
    {
        if (!trunks.IsEmpty && trunks.Length != sequences)
        {
            throw new ArgumentException($"trunks has {trunks.Length} values for {sequences} sequences.", nameof(trunks));
        }

        for (int s = 0; s < trunks.Length; s++)
        {
            bool follows = s > 0 && (trunks[s] == trunks[s - 1] || (trunks[s] == s - 1 && trunks[s - 1] < 0));
            if (trunks[s] != -1 && !follows)
            {
                throw new ArgumentException(
                    $"trunks[{s}] is {trunks[s]}: a branch follows its trunk or another branch of it, and a trunk is no branch.",
                    nameof(trunks));
            }
        }
    }
}
