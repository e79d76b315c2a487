using Xunit.Runner.InProc.SystemConsole;

namespace Cria.Evaluation.Tests;

internal static class Program
{
    /// <summary>
    /// The test runner, or with <c>sample-run FOLDER</c> a run of invented figures with its report, to look at in a browser.
    /// </summary>
    private static int Main(string[] args)
    {
        if (args is ["sample-run", string folder])
        {
            SampleRun.Write(folder);
            Console.WriteLine(ReportWriter.Write(folder).Path);
            return 0;
        }

        return ConsoleRunner.Run(args).GetAwaiter().GetResult();
    }
}
