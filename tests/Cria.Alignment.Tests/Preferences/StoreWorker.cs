using System.Globalization;

namespace Cria.Alignment.Tests;

/// <summary>A process that works on a store, for tests that run several or kill one.</summary>
internal static class StoreWorker
{
    public const string AddVerb = "add-preferences";
    public const string JudgeVerb = "judge-preferences";

    /// <summary>Adds comparisons one after the other for ever and says the number of each when it is stored.</summary>
    public static async Task AddAsync(string store)
    {
        PreferenceStore opened = await PreferenceStore.OpenAsync(store);
        for (int i = 0; ; i++)
        {
            await opened.AddAsync([Numbered(i)]);
            Console.WriteLine(i.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Judges pairs until none is free, each by a transaction of its own.</summary>
    public static async Task JudgeAsync(string store, string annotator)
    {
        PreferenceStore opened = await PreferenceStore.OpenAsync(store);
        while (await opened.ClaimPairAsync(annotator, TimeSpan.FromMinutes(5)) is { } pair)
        {
            await opened.JudgeAsync([(pair, pair.Judge(chooseFirst: true, PreferenceRating.Better, annotator))]);
        }
    }

    public static Comparison Numbered(int number) =>
        new(TinyChat.Prompt($"What is {number}?").Messages, new("A number."), new("A hill."), PreferenceRating.Better);
}
