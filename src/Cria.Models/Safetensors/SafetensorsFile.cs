using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Cria.Models;

/// <summary>
/// A safetensors file, memory-mapped: opening it reads and checks its header only. F32, F16 and BF16 tensors can be read as float32.
/// </summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly MappedFile _file;
    private readonly Dictionary<string, SafetensorsTensor> _tensors;

    private SafetensorsFile(MappedFile file)
    {
        _file = file;
        (List<SafetensorsTensor> tensors, Dictionary<string, string> metadata) = SafetensorsHeader.Read(file);
        Tensors = tensors;
        Metadata = metadata;
        _tensors = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>The path the file was opened by.</summary>
    public string FilePath => _file.FilePath;

    /// <summary>The file's length in bytes.</summary>
    public long FileBytes => _file.Length;

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyList<SafetensorsTensor> Tensors { get; }

    /// <summary>Text that the writer added.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="InvalidModelFileException">The file breaks the format.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static SafetensorsFile Open(string path)
    {
        MappedFile file = new(path);
        try
        {
            return new SafetensorsFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Finds a tensor by its name.</summary>
    public bool TryGetTensor(string name, [MaybeNullWhen(false)] out SafetensorsTensor tensor) => _tensors.TryGetValue(name, out tensor);

    /// <summary>Reads values as float32.</summary>
    /// <param name="tensor">A tensor of this file, of type F32, F16 or BF16.</param>
    /// <param name="first">The first value to read.</param>
    /// <param name="destination">As many values as are read.</param>
    /// <exception cref="InvalidModelFileException">The tensor has another element type.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The tensor has fewer values.</exception>
    public void Read(SafetensorsTensor tensor, long first, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (first < 0 || first > tensor.Length - destination.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(first), $"{destination.Length} values from {first} on are not within {tensor.Name} {tensor.ShapeText}.");
        }

        byte* start = _file.Pointer + tensor.Offset;
        switch (tensor.Type)
        {
            case nameof(SafetensorsType.F32):
                new ReadOnlySpan<byte>(start + (first * sizeof(float)), destination.Length * sizeof(float))
                    .CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case nameof(SafetensorsType.F16):
                FloatConversion.HalfToSingle(new ReadOnlySpan<ushort>(start + (2 * first), destination.Length), destination);
                break;
            case nameof(SafetensorsType.BF16):
                FloatConversion.BFloat16ToSingle(new ReadOnlySpan<ushort>(start + (2 * first), destination.Length), destination);
                break;
            default:
                throw new InvalidModelFileException(
                    $"{FilePath}: {tensor.Name}: elements of type {tensor.Type}; F32, F16 and BF16 are read.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
