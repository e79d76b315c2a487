using System.Text.Json;
using Cria.Testing;

namespace Cria.Alignment.Tests;

public sealed class RougeLTests
{
    [Fact]
    public void Scores_equal_the_golden_ones()
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.Golden("statistics/passk.json")));
        JsonElement rouge = golden.RootElement.GetProperty("rouge");
        double sum = 0;
        int count = 0;
        foreach (JsonElement pair in rouge.GetProperty("pairs").EnumerateArray())
        {
            JsonElement expected = pair.GetProperty("rougeL");
            RougeL found = RougeL.Of(pair.GetProperty("target").GetString()!, pair.GetProperty("prediction").GetString()!);
            Assert.Equal(expected.GetProperty("precision").GetDouble(), found.Precision, 1e-12);
            Assert.Equal(expected.GetProperty("recall").GetDouble(), found.Recall, 1e-12);
            Assert.Equal(expected.GetProperty("f1").GetDouble(), found.F1, 1e-12);
            sum += found.F1;
            count++;
        }

        Assert.Equal(rouge.GetProperty("corpus_mean_f1").GetProperty("rougeL").GetDouble(), sum / count, 1e-12);
    }

    [Theory]
    [InlineData("", "Adds an item.")]
    [InlineData("Adds an item.", "")]
    [InlineData("...", "?!")]
    public void Texts_without_words_have_nothing_in_common(string reference, string answer) =>
        Assert.Equal(0, RougeL.Of(reference, answer).F1);
}
