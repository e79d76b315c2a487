using Cria.Alignment.Tests.FineTuning;
using Xunit.Runner.InProc.SystemConsole;

namespace Cria.Alignment.Tests;

internal static class Program
{
    /// <summary>The test runner, or with the verb and folder of a tiny training that training, for the kill tests to kill.</summary>
    private static int Main(string[] args)
    {
        if (args is [TinyFineTuning.Verb, string folder])
        {
            TinyFineTuning.Run(folder);
            return 0;
        }

        return ConsoleRunner.Run(args).GetAwaiter().GetResult();
    }
}
