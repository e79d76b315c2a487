using Cria.Alignment.Tests.FineTuning;
using Xunit.Runner.InProc.SystemConsole;

namespace Cria.Alignment.Tests;

internal static class Program
{
    /// <summary>The test runner, or with another verb the process that a test starts, most of them to kill it.</summary>
    private static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case [TinyFineTuning.Verb, string folder]:
                TinyFineTuning.Run(folder);
                return 0;
            case [TinyFineTuning.LoraVerb, string folder]:
                TinyFineTuning.Run(folder, TinyFineTuning.AdapterSettings);
                return 0;
            case [TinyPpo.Verb, string folder]:
                TinyPpo.RunToTheEnd(folder);
                return 0;
            case [TinyDpo.Verb, string folder]:
                TinyDpo.RunToTheEnd(folder);
                return 0;
            case [TinyRewardTraining.Verb, string folder]:
                TinyRewardTraining.RunToTheEnd(folder);
                return 0;
            case [StoreWorker.AddVerb, string store]:
                await StoreWorker.AddAsync(store);
                return 0;
            case [StoreWorker.JudgeVerb, string store, string annotator]:
                await StoreWorker.JudgeAsync(store, annotator);
                return 0;
            default:
                return await ConsoleRunner.Run(args);
        }
    }
}
