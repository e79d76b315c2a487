using System.Text.Json.Serialization.Metadata;

namespace Cria.Evaluation;

/// <summary>Figures of one kind that a stage leaves for the report, in a file of their own in <c>evaluation/</c>.</summary>
/// <typeparam name="TSelf">The record itself.</typeparam>
public interface IFigures<TSelf>
    where TSelf : class, IFigures<TSelf>
{
    /// <summary>The file's name.</summary>
    static abstract string FileName { get; }

    /// <summary>How it is written as JSON.</summary>
    static abstract JsonTypeInfo<TSelf> Json { get; }
}

/// <summary>Writes and reads the figures that stages leave for the report.</summary>
public static class FigureFile
{
    /// <summary>The folder of a run directory that holds evaluation results.</summary>
    public const string Folder = "evaluation";

    /// <summary>Writes figures, in the place of older ones of the same kind.</summary>
    /// <param name="run">The run directory.</param>
    /// <param name="figures">The figures.</param>
    public static void Write<T>(string run, T figures)
        where T : class, IFigures<T> => EvaluationJson.Write(PathOf<T>(run), figures, T.Json);

    /// <summary>Reads figures.</summary>
    /// <param name="run">The run directory.</param>
    /// <returns>Null where the run has none of this kind.</returns>
    /// <exception cref="EvaluationFileException">The file is damaged.</exception>
    public static T? Read<T>(string run)
        where T : class, IFigures<T> => File.Exists(PathOf<T>(run)) ? EvaluationJson.Read(PathOf<T>(run), T.Json) : null;

    /// <summary>Where a run keeps figures of one kind.</summary>
    /// <param name="run">The run directory.</param>
    public static string PathOf<T>(string run)
        where T : class, IFigures<T> => Path.Combine(run, Folder, T.FileName);
}
