using System.Buffers.Binary;
using Cria.Compute;
using Cria.Models;

namespace Cria.Training;

/// <summary>
/// What a checkpoint holds besides step and settings: named sections, each a stretch of native memory of a fixed size or a state that is
/// handed over as bytes of any number. A training adds everything that its next step depends on and that the step's number does not decide.
/// </summary>
public sealed unsafe class CheckpointContent
{
    private readonly List<CheckpointSection> _sections = [];

    /// <summary>The sections in the order of the file.</summary>
    internal IReadOnlyList<CheckpointSection> Sections => _sections;

    /// <summary>Adds the weights of a model.</summary>
    /// <param name="name">Unique in the checkpoint.</param>
    /// <param name="weights">Saved and restored in place.</param>
    public CheckpointContent Add(string name, LlamaWeights weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return AddMemory(name, (byte*)weights.FlatPointer, weights.FlatLength * sizeof(float));
    }

    /// <summary>Adds a contiguous tensor.</summary>
    /// <param name="name">Unique in the checkpoint.</param>
    /// <param name="values">Saved and restored in place.</param>
    /// <exception cref="ArgumentException">The tensor's rows are strided.</exception>
    public CheckpointContent Add(string name, Tensor values) => values.IsContiguous
        ? AddMemory(name, (byte*)values.Data, values.Length * sizeof(float))
        : throw new ArgumentException($"{name} {values} is not contiguous.", nameof(values));

    /// <summary>Adds the moments and the step count of an optimiser.</summary>
    /// <param name="name">Unique in the checkpoint.</param>
    /// <param name="optimizer">Saved and restored in place.</param>
    public CheckpointContent Add(string name, AdamWOptimizer optimizer)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        AddMemory(name + ".first_moment", optimizer.FirstMoment.Pointer, optimizer.FirstMoment.Length);
        AddMemory(name + ".second_moment", optimizer.SecondMoment.Pointer, optimizer.SecondMoment.Length);
        return Add(
            name + ".steps",
            () =>
            {
                byte[] steps = new byte[sizeof(long)];
                BinaryPrimitives.WriteInt64LittleEndian(steps, optimizer.Steps);
                return steps;
            },
            steps => optimizer.Resume(BinaryPrimitives.ReadInt64LittleEndian(steps)));
    }

    /// <summary>Adds a state in bytes.</summary>
    /// <param name="name">Unique in the checkpoint.</param>
    /// <param name="save">Gives the bytes; called once for each checkpoint.</param>
    /// <param name="restore">
    /// Takes them back; called after every byte of the checkpoint was found undamaged. It may throw a
    /// <see cref="DamagedCheckpointException"/>.
    /// </param>
    public CheckpointContent Add(string name, Func<byte[]> save, Action<byte[]> restore)
    {
        ArgumentNullException.ThrowIfNull(save);
        ArgumentNullException.ThrowIfNull(restore);
        return Add(new CheckpointSection(name, 0, 0, save, restore));
    }

    private CheckpointContent AddMemory(string name, byte* memory, long bytes) =>
        Add(new CheckpointSection(name, (nint)memory, bytes, null, null));

    private CheckpointContent Add(CheckpointSection section)
    {
        if (_sections.Exists(other => other.Name == section.Name))
        {
            throw new ArgumentException($"The checkpoint has a section {section.Name} already.", nameof(section));
        }

        _sections.Add(section);
        return this;
    }
}

/// <summary>One section of a checkpoint.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Memory">The first byte of native memory, or 0 for a state.</param>
/// <param name="Bytes">The size of the memory.</param>
/// <param name="Save">Gives the bytes of a state.</param>
/// <param name="Restore">Takes the bytes of a state.</param>
internal sealed record CheckpointSection(string Name, nint Memory, long Bytes, Func<byte[]>? Save, Action<byte[]>? Restore);
