using Cria.Models;

namespace Cria.Alignment.Tests;

/// <summary>Tiny models as they stand in memory, and comparisons that a tiny model can learn.</summary>
internal sealed class TinyReward : IDisposable
{
    private readonly TinyChat _chat;

    public TinyReward(ulong seed = 1, bool scalarHead = true)
    {
        _chat = new TinyChat(seed, scalarHead: scalarHead);
        Model = new LoadedModel
        {
            Weights = _chat.Weights,
            Tokenizer = TinyChat.Tokenizer,
            ChatFormat = ChatFormat.Llama2,
            GenerationDefaults = GenerationDefaults.Of(TinyChat.Tokenizer),
            Information = new ModelInformation("memory", "memory", "LlamaForCausalLM", _chat.Config, [], null, 0),
        };
    }

    public LoadedModel Model { get; }

    public static AnsweredPrompt Answer(string prompt, string answer) => new(TinyChat.Prompt(prompt), new AnswerText(answer));

    /// <summary>Pairs whose better answer speaks of the hill and whose worse one of the valley.</summary>
    public static Comparison[] Comparisons(int count, int first = 0) => [.. Enumerable.Range(first, count).Select(i =>
    {
        PreferenceRating rating = (PreferenceRating)(i % 4);
        return new Comparison(
            [new ChatMessage(ChatRole.User, $"What does llama {i % 10} do?")],
            new ComparedAnswer($"It returns the hill {i}.") { IsSafe = i % 3 != 0 },
            new ComparedAnswer($"It returns the valley {i}.") { IsSafe = i % 3 != 1 && i % 3 == 2 },
            rating) { PromptId = $"p{i % 10}", Origin = $"pairs, line {i + 1}" };
    })];

    public void Dispose() => _chat.Dispose();
}
