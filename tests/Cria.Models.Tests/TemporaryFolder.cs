namespace Cria.Models.Tests;

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("cria-models-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void CopyFrom(string folder)
    {
        foreach (string file in Directory.GetFiles(folder))
        {
            File.WriteAllBytes(this[System.IO.Path.GetFileName(file)], File.ReadAllBytes(file));
        }
    }

    public void Edit(string name, string oldText, string newText)
    {
        string text = File.ReadAllText(this[name]);
        Assert.Contains(oldText, text, StringComparison.Ordinal);
        File.WriteAllText(this[name], text.Replace(oldText, newText, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
