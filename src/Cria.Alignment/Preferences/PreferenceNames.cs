using System.Text.Json;

namespace Cria.Alignment;

/// <summary>How ratings and kinds are written in files and at the command line.</summary>
public static class PreferenceNames
{
    /// <summary>The words of the ratings, weakest first.</summary>
    public static IReadOnlyList<string> Ratings { get; } = ["negligibly", "slightly", "better", "significantly"];

    /// <summary>The words of the kinds.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["helpfulness", "safety"];

    /// <summary>The word of a rating.</summary>
    public static string Name(this PreferenceRating rating) => Ratings[(int)rating];

    /// <summary>The word of a kind.</summary>
    public static string Name(this PreferenceKind kind) => Kinds[(int)kind];

    /// <summary>The rating of a word, or null where it is none.</summary>
    public static PreferenceRating? Rating(string word) => Ratings.ToList().IndexOf(word) is int i and >= 0 ? (PreferenceRating)i : null;

    /// <summary>The kind of a word, or null where it is none.</summary>
    public static PreferenceKind? Kind(string word) => Kinds.ToList().IndexOf(word) is int i and >= 0 ? (PreferenceKind)i : null;

    internal static PreferenceRating Rating(DataLine line, JsonElement value, string field) =>
        Rating(line.Text(value, field)) ?? throw line.Wrong(field, "significantly, better, slightly or negligibly", value);

    internal static PreferenceKind Kind(DataLine line, JsonElement value, string field) =>
        Kind(line.Text(value, field)) ?? throw line.Wrong(field, "helpfulness or safety", value);
}
