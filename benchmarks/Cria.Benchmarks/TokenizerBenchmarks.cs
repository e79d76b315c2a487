using BenchmarkDotNet.Attributes;
using Cria.Models;

namespace Cria.Benchmarks;

/// <summary>Learning a vocabulary and encoding, on generated text whose word frequencies fall as in natural text (Zipf's law).</summary>
[MemoryDiagnoser]
public class TokenizerBenchmarks
{
    private const int Lines = 20_000;
    private const int WordsPerLine = 40;
    private const int DifferentWords = 50_000;

    private string[] _lines = [];
    private SentencePieceTokenizer? _tokenizer;

    [GlobalSetup]
    public void Setup()
    {
        DeterministicRandom random = new(1);
        string[] words = [.. Enumerable.Range(0, DifferentWords).Select(_ => Word(ref random))];
        _lines = [.. Enumerable.Range(0, Lines).Select(_ => Line(ref random, words))];
        _tokenizer = new SentencePieceTokenizer(Train());
    }

    [Benchmark]
    public SentencePieceModel Train() =>
        SentencePieceTrainer.Train(_lines, new SentencePieceTrainerOptions { VocabularySize = 8000, Threads = 2 });

    [Benchmark]
    public long Encode()
    {
        List<int> ids = [];
        long count = 0;
        foreach (string line in _lines)
        {
            ids.Clear();
            _tokenizer!.Encode(line, ids);
            count += ids.Count;
        }

        return count;
    }

    private static string Line(ref DeterministicRandom random, string[] words)
    {
        string[] line = new string[WordsPerLine];
        for (int i = 0; i < line.Length; i++)
        {
            line[i] = words[(int)Math.Pow(DifferentWords, random.NextDouble()) - 1];
        }

        return string.Join(' ', line);
    }

    private static string Word(ref DeterministicRandom random)
    {
        const string Consonants = "bcdfghklmnprstvw";
        const string Vowels = "aeiou";
        int syllables = 1 + random.NextInt(4);
        char[] word = new char[2 * syllables];
        for (int i = 0; i < syllables; i++)
        {
            word[2 * i] = Consonants[random.NextInt(Consonants.Length)];
            word[(2 * i) + 1] = Vowels[random.NextInt(Vowels.Length)];
        }

        return new string(word);
    }
}
