namespace Cria.Cli.Recipes;

/// <summary>Checks the recipe's section <c>report</c>.</summary>
internal static class ReportValidator
{
    /// <exception cref="CliException">
    /// A value is out of range; the message names file and key, what was expected and what was found.
    /// </exception>
    public static void Validate(ReportSection report, string path)
    {
        try
        {
            report.ToOptions().Validate();
        }
        catch (ArgumentException e)
        {
            throw new CliException($"{path}: report: {e.Message}", e);
        }
    }
}
