using Xunit.Runner.InProc.SystemConsole;

namespace Cria.Alignment.Tests;

internal static class Program
{
    private static int Main(string[] args) => ConsoleRunner.Run(args).GetAwaiter().GetResult();
}
