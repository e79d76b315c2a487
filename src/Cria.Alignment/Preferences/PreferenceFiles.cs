namespace Cria.Alignment;

/// <summary>
/// Files of comparisons, one JSON object a line, compressed where the name ends in <c>.gz</c>. Every form of
/// <see cref="PreferenceForm"/> is read, each line by the fields it has; fields that are not known are ignored.
/// </summary>
public static class PreferenceFiles
{
    /// <summary>Reads all comparisons of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Defaults of what a line lacks, and whether bad lines are skipped; null for the default options.</param>
    /// <exception cref="AlignmentDataException">
    /// The file cannot be read, or a line is no usable comparison (a missing field, an empty answer, an unknown role or rating, two equal
    /// answers): file, line and field are named.
    /// </exception>
    public static PreferenceReadResult Read(string path, PreferenceReadOptions? options = null)
    {
        options ??= new PreferenceReadOptions();
        List<Comparison> comparisons = [];
        List<string> skipped = [];
        int withoutRating = 0;
        foreach ((string where, string text) in DataLines.ReadTexts(path))
        {
            try
            {
                DataLine line = DataLines.Parse(where, text);
                (Comparison comparison, bool hasRating) = ComparisonJson.Read(line, options);
                if (ComparisonCheck.Problem(comparison) is { } problem)
                {
                    throw line.Error(problem);
                }

                comparisons.Add(comparison);
                withoutRating += hasRating ? 0 : 1;
            }
            catch (AlignmentDataException e) when (options.SkipBad)
            {
                skipped.Add(e.Message);
            }
        }

        return new PreferenceReadResult(comparisons, skipped, withoutRating);
    }

    /// <summary>Writes comparisons. <see cref="PreferenceForm.Cria"/> keeps everything but their origin.</summary>
    /// <param name="path">The file; replaced whole or not at all.</param>
    /// <param name="comparisons">The comparisons.</param>
    /// <param name="form">The form of the lines.</param>
    /// <exception cref="AlignmentDataException">A comparison is unusable, or the form cannot hold it; it is named.</exception>
    public static void Write(string path, IEnumerable<Comparison> comparisons, PreferenceForm form = PreferenceForm.Cria)
    {
        int number = 0;
        DataLines.Write(path, comparisons, (writer, comparison) =>
        {
            ComparisonCheck.Require(comparison);
            string where = $"Comparison {++number} ({(comparison.PromptId.Length > 0 ? comparison.PromptId : comparison.Origin)})";
            if (form == PreferenceForm.Cria)
            {
                ComparisonJson.Write(writer, comparison);
            }
            else
            {
                ForeignComparisonJson.Write(writer, comparison, form, where);
            }
        });
    }
}
