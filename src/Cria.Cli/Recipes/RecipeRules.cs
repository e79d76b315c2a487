namespace Cria.Cli.Recipes;

/// <summary>
/// The rules that values of a recipe obey; a broken one is an error that names file and key, what was expected and what was found.
/// </summary>
/// <param name="path">The recipe's file.</param>
internal sealed class RecipeRules(string path)
{
    /// <exception cref="CliException">The condition does not hold.</exception>
    public void Require(bool condition, string key, string expected, object found)
    {
        if (!condition)
        {
            throw new CliException($"{path}: {key} must be {expected}, but it is {found}.");
        }
    }

    public void Positive(string key, double value) => Require(value > 0, key, "greater than 0", value);

    public void NotNegative(string key, double value) => Require(value >= 0, key, "0 or more", value);

    public void Share(string key, double value) => Require(value is >= 0 and < 1, key, "a share from 0 to below 1", value);
}
