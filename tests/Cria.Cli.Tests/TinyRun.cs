using System.Globalization;
using Cria.Models;

[assembly: AssemblyFixture(typeof(Cria.Cli.Tests.TinyRun))]

namespace Cria.Cli.Tests;

/// <summary>
/// A folder with a small text, a recipe <c>tiny.yaml</c> for it and its finished run <c>runs/tiny</c>, made once for all tests. They read
/// it; what they write goes to folders of their own names.
/// </summary>
public sealed class TinyRun : IDisposable
{
    public const string Recipe = """
        name: tiny
        corpus:
          sources:
            - kind: text
              path: text
          held-out-documents: 0.05
        tokenizer:
          vocabulary-size: 300
        model:
          dim: 32
          layers: 1
          heads: 2
          kv-heads: 1
          context-length: 32
        pretraining:
          steps: 60
          batch-size: 4
          warmup-steps: 5
          validation-interval: 20
          validation-sequences: 8
          checkpoint-seconds: 0.01
        samples:
          prompts: ["The cat"]
          maximum-tokens: 12
        quick:
          pretraining:
            steps: 20
        """;

    /// <summary>The run directory, relative to the folder.</summary>
    public const string Run = "runs/tiny";

    private const int Documents = 60;

    public TinyRun()
    {
        WriteFiles(Folder);
        Finished = CriaProgram.Run(Folder, "raise", "--recipe", "tiny.yaml");
        Assert.True(Finished.ExitCode == 0, Finished.Error);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("cria-cli-").FullName;

    /// <summary>What the run said.</summary>
    internal ProgramResult Finished { get; }

    /// <summary>Writes the text and the recipe.</summary>
    public static void WriteFiles(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "text"));
        for (int i = 0; i < Documents; i++)
        {
            File.WriteAllText(Path.Combine(folder, "text", i.ToString("00", CultureInfo.InvariantCulture) + ".txt"), Text((ulong)i));
        }

        File.WriteAllText(Path.Combine(folder, "tiny.yaml"), Recipe);
    }

    /// <summary>Sentences of a few words, or of words of random letters.</summary>
    public static string Text(ulong seed, bool randomWords = false, int sentences = 25)
    {
        string[] words =
            "the cat dog sat ran on over under a red blue big small mat tree hill moon sun then saw heard old young llama grass".Split(' ');
        DeterministicRandom random = new(seed);
        List<string> lines = [];
        for (int i = 0; i < sentences; i++)
        {
            string[] sentence = new string[5 + random.NextInt(9)];
            for (int j = 0; j < sentence.Length; j++)
            {
                sentence[j] = randomWords ? Word(ref random) : words[random.NextInt(words.Length)];
            }

            lines.Add(string.Join(' ', sentence) + ".");
        }

        return string.Join('\n', lines) + "\n";
    }

    /// <summary>The full path of a file in the folder.</summary>
    public string PathOf(params string[] parts) => Path.Combine([Folder, .. parts]);

    /// <summary>Writes a file of the folder and returns its name.</summary>
    public string Write(string name, string content)
    {
        File.WriteAllText(PathOf(name), content);
        return name;
    }

    /// <summary>The weights of a run.</summary>
    public byte[] Weights(string run = Run) => File.ReadAllBytes(PathOf(run, "base", "model.safetensors"));

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string Word(ref DeterministicRandom random)
    {
        char[] letters = new char[2 + random.NextInt(6)];
        for (int i = 0; i < letters.Length; i++)
        {
            letters[i] = (char)('a' + random.NextInt(26));
        }

        return new string(letters);
    }
}
