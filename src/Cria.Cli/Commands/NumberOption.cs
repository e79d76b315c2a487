using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Cria.Cli.Commands;

/// <summary>Options that hold numbers: a value that is none, or out of range, is refused by the option's name.</summary>
internal static class NumberOption
{
    /// <summary>A whole number; without a default the option must be required.</summary>
    public static Option<int> Whole(string name, string description, int minimum = 1, int maximum = int.MaxValue, int? defaultValue = null)
    {
        Option<int> option = new(name)
        {
            Description = description,
            CustomParser = result => Parse(result, name, WithinRange(minimum, maximum), Range(minimum, maximum)),
        };
        if (defaultValue is { } value)
        {
            option.DefaultValueFactory = _ => value;
        }

        return option;
    }

    /// <summary>A whole number or null.</summary>
    public static Option<int?> OptionalWhole(string name, string description, int minimum) => new(name)
    {
        Description = description,
        CustomParser = result => Parse(result, name, WithinRange(minimum, int.MaxValue), Range(minimum, int.MaxValue)),
    };

    /// <summary>Whole numbers from 1.</summary>
    public static Option<int[]> WholeNumbers(string name, string description, int maximum, params int[] defaultValues) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => defaultValues,
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result =>
            [.. result.Tokens.Select(token => Parse(result, token.Value, name, WithinRange(1, maximum), Range(1, maximum)))],
    };

    /// <summary>A real number or null.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="description">For the help.</param>
    /// <param name="isValid">Whether a finite number is in range.</param>
    /// <param name="expected">The range, for messages.</param>
    public static Option<float?> Real(string name, string description, Predicate<float> isValid, string expected) => new(name)
    {
        Description = description,
        CustomParser = result => Parse<float>(result, name, value => float.IsFinite(value) && isValid(value), expected),
    };

    /// <summary>Numbers separated by commas or spaces.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="description">For the help.</param>
    /// <param name="isValid">Whether a number is in range.</param>
    /// <param name="expected">The range, for messages.</param>
    /// <param name="defaultValues">What stands where the option is not given.</param>
    public static Option<T[]> List<T>(string name, string description, Predicate<T> isValid, string expected, params T[] defaultValues)
        where T : INumber<T> => new(name)
        {
            Description = description,
            DefaultValueFactory = _ => defaultValues,
            AllowMultipleArgumentsPerToken = true,
            CustomParser = result =>
                [.. result.Tokens.SelectMany(token => token.Value.Split(',')).Select(part => Parse(result, part, name, isValid, expected))],
        };

    private static Predicate<int> WithinRange(int minimum, int maximum) => value => value >= minimum && value <= maximum;

    private static string Range(int minimum, int maximum) =>
        maximum == int.MaxValue ? $"a whole number from {minimum}" : $"a whole number from {minimum} to {maximum}";

    private static T Parse<T>(ArgumentResult result, string name, Predicate<T> isValid, string expected)
        where T : INumber<T> => Parse(result, result.Tokens[^1].Value, name, isValid, expected);

    private static T Parse<T>(ArgumentResult result, string text, string name, Predicate<T> isValid, string expected)
        where T : INumber<T>
    {
        if (T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out T? value) && isValid(value))
        {
            return value;
        }

        result.AddError($"{name} must be {expected}, but it is '{text}'.");
        return T.Zero;
    }
}
