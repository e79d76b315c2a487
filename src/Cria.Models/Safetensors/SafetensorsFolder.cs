using System.Buffers;
using System.Text.Json;

namespace Cria.Models;

/// <summary>
/// The tensors of a model directory: one <c>model.safetensors</c>, or the shards that <c>model.safetensors.index.json</c> names.
/// </summary>
internal sealed class SafetensorsFolder : IDisposable
{
    public const string SingleName = "model.safetensors";
    public const string IndexName = "model.safetensors.index.json";
    private const string Extension = ".safetensors";

    private static readonly SearchValues<char> PlainCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, (SafetensorsFile File, SafetensorsTensor Tensor)> _tensors = new(StringComparer.Ordinal);

    private SafetensorsFolder()
    {
    }

    /// <summary>Every tensor and the file that holds it.</summary>
    public IReadOnlyCollection<(SafetensorsFile File, SafetensorsTensor Tensor)> Tensors => _tensors.Values;

    /// <summary>The bytes of all files.</summary>
    public long FileBytes => _files.Sum(file => file.FileBytes);

    /// <summary>Opens the files of a model directory.</summary>
    /// <exception cref="InvalidModelFileException">There are none, one is missing, or one breaks its format.</exception>
    public static SafetensorsFolder Open(string folder)
    {
        SafetensorsFolder opened = new();
        try
        {
            string single = Path.Combine(folder, SingleName);
            string index = Path.Combine(folder, IndexName);
            if (File.Exists(single))
            {
                SafetensorsFile file = opened.OpenFile(single);
                foreach (SafetensorsTensor tensor in file.Tensors)
                {
                    opened._tensors.Add(tensor.Name, (file, tensor));
                }
            }
            else if (File.Exists(index))
            {
                opened.OpenShards(folder, index);
            }
            else
            {
                throw new InvalidModelFileException($"{folder}: neither {SingleName} nor {IndexName} is there.");
            }

            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>The tensor of a name and the file that holds it, or null.</summary>
    public (SafetensorsFile File, SafetensorsTensor Tensor)? Find(string name) => _tensors.TryGetValue(name, out var found) ? found : null;

    /// <inheritdoc/>
    public void Dispose() => _files.ForEach(file => file.Dispose());

    /// <summary>Writes an index.</summary>
    /// <param name="path">The file to write or replace.</param>
    /// <param name="names">The name of each shard.</param>
    /// <param name="shards">What each shard holds.</param>
    public static void WriteIndex(string path, IReadOnlyList<string> names, IReadOnlyList<IReadOnlyList<SafetensorsSource>> shards)
    {
        (string FileName, SafetensorsSource Tensor)[] entries =
            [.. names.Zip(shards).SelectMany(shard => shard.Second.Select(tensor => (shard.First, tensor)))];
        AtomicFile.Write(path, stream =>
        {
            using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_parameters", entries.Sum(entry => entry.Tensor.Length));
            json.WriteNumber("total_size", entries.Sum(entry => entry.Tensor.Bytes));
            json.WriteEndObject();
            json.WriteStartObject("weight_map");
            foreach ((string fileName, SafetensorsSource tensor) in entries)
            {
                json.WriteString(tensor.Name, fileName);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private void OpenShards(string folder, string index)
    {
        JsonFields map = JsonFields.ReadFile(index).RequiredObject("weight_map");
        Dictionary<string, SafetensorsFile> shards = new(StringComparer.Ordinal);
        foreach (string name in map.Keys)
        {
            string shard = map.RequiredText(name);
            if (!shards.TryGetValue(shard, out SafetensorsFile? file))
            {
                CheckShardName(index, name, shard);
                string path = Path.Combine(folder, shard);
                file = File.Exists(path)
                    ? OpenFile(path)
                    : throw new InvalidModelFileException($"{index}: the shard {shard}, which holds {name}, is missing.");
                shards.Add(shard, file);
            }

            _tensors.Add(name, file.TryGetTensor(name, out SafetensorsTensor? tensor)
                ? (file, tensor)
                : throw new InvalidModelFileException($"{file.FilePath}: the tensor {name}, which the index places here, is missing."));
        }
    }

    // An index must not reach files outside its directory.
    private static void CheckShardName(string index, string tensor, string shard)
    {
        bool isPlain = shard.EndsWith(Extension, StringComparison.Ordinal)
            && shard.AsSpan().IndexOfAnyExcept(PlainCharacters) < 0
            && !shard.StartsWith('.');
        if (!isPlain)
        {
            throw new InvalidModelFileException($"{index}: {tensor}: '{shard}' is not the plain name of a {Extension} file.");
        }
    }

    private SafetensorsFile OpenFile(string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        _files.Add(file);
        return file;
    }
}
