using Xunit.Runner.InProc.SystemConsole;

namespace Cria.Training.Tests;

internal static class Program
{
    /// <summary>The test runner, or with <c>tiny-training FOLDER</c> a training for the kill test to kill.</summary>
    private static int Main(string[] args)
    {
        if (args is [TinyTraining.Verb, string folder])
        {
            TinyTraining.RunToTheEnd(folder);
            return 0;
        }

        return ConsoleRunner.Run(args).GetAwaiter().GetResult();
    }
}
