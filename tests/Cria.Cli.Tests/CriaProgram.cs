using System.Diagnostics;
using System.Text;

namespace Cria.Cli.Tests;

/// <summary>What a run of the program left: its exit code and both streams.</summary>
internal sealed record ProgramResult(int ExitCode, string Output, string Error)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Runs the built <c>cria</c> as a user does: a process of its own.</summary>
internal static class CriaProgram
{
    private static readonly string Executable =
        Path.Combine(AppContext.BaseDirectory, "cria" + (OperatingSystem.IsWindows() ? ".exe" : ""));

    public static ProgramResult Run(string folder, params string[] arguments) => RunWithInput(folder, "", arguments);

    public static ProgramResult RunWithInput(string folder, string input, params string[] arguments) =>
        Finish(Start(folder, arguments), input);

    /// <summary>Runs a line of shell in which <c>cria</c> is the program.</summary>
    public static ProgramResult Shell(string folder, string line, string input = "")
    {
        ProcessStartInfo start = StartInfo("bash", folder);
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("cria() { \"$CRIA\" \"$@\"; }\n" + line);
        start.Environment["CRIA"] = Executable;

        // The runtime maps its code from a file, which a limit on the size of files would hit as well.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        return Finish(Process.Start(start)!, input);
    }

    public static Process Start(string folder, params string[] arguments)
    {
        ProcessStartInfo start = StartInfo(Executable, folder);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    public static ProgramResult Finish(Process process, string input = "")
    {
        using (process)
        {
            Task<string> error = process.StandardError.ReadToEndAsync();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            try
            {
                process.StandardInput.Write(input);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended without reading its input.
            }

            process.WaitForExit();
            return new ProgramResult(process.ExitCode, output.Result, error.Result);
        }
    }

    private static ProcessStartInfo StartInfo(string file, string folder) => new(file)
    {
        WorkingDirectory = folder,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        StandardOutputEncoding = Encoding.UTF8,
        StandardErrorEncoding = Encoding.UTF8,
        StandardInputEncoding = new UTF8Encoding(false),
    };
}
