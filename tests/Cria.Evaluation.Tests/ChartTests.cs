using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;

namespace Cria.Evaluation.Tests;

public partial class ChartTests
{
    [Fact]
    public void Steps_are_counted_in_whole_numbers()
    {
        foreach (int last in new[] { 2, 3, 4, 13, 1_000 })
        {
            Axis axis = Axis.Within([1, last], 0, 100, isWhole: true);
            Assert.NotEmpty(axis.Ticks);
            Assert.All(axis.Ticks, tick => Assert.Equal(Math.Round(tick), tick));
        }
    }

    [Fact]
    public void A_rising_line_rises_on_the_page_and_stays_within_the_plot()
    {
        Random random = new(3);
        for (int round = 0; round < 50; round++)
        {
            double scale = Math.Pow(10, random.Next(-9, 9));
            double[] steps = [.. Enumerable.Range(0, 20).Select(_ => random.NextDouble() * scale)];
            ChartPoint[] points = [.. steps.Select((_, i) => new ChartPoint(i, steps.Take(i + 1).Sum() - scale))];
            (double X, double Y)[] path = Path(new LineChart("t", "x", "y", [new Series("s", points)]).Draw());
            Assert.Equal(points.Length, path.Length);
            Assert.All(path.Zip(path.Skip(1)), pair =>
            {
                Assert.True(pair.Second.X >= pair.First.X);
                Assert.True(pair.Second.Y <= pair.First.Y);
            });
            Assert.All(path, place => Assert.True(place is { X: >= 0 and <= 440, Y: >= 0 and <= 260 }));
        }
    }

    [Fact]
    public void Ticks_are_round_rise_and_hold_every_value() =>
        Check.QuickThrowOnFailure(Prop.ForAll<NormalFloat, NormalFloat>((first, second) =>
    {
        (double a, double b) = (first.Get, second.Get);
        if (Math.Abs(a) > 1e12 || Math.Abs(b) > 1e12)
        {
            return true;
        }

        Axis axis = Axis.Around([a, b], 0, 100);
        return axis.Ticks.Count is >= 2 and <= 12
            && axis.Ticks.Zip(axis.Ticks.Skip(1)).All(pair => pair.First < pair.Second)
            && axis.Place(a) is >= -1e-6 and <= 100.000001
            && axis.Place(b) is >= -1e-6 and <= 100.000001;
    }));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 5)]
    [InlineData(1e-300, 1e-300)]
    [InlineData(1e300, 1e300)]
    [InlineData(-3, double.NaN)]
    [InlineData(double.NaN, double.PositiveInfinity)]
    public void Flat_lines_and_figures_that_are_no_numbers_are_drawn(double first, double second)
    {
        string svg = Html.Page(
            new LineChart(
                "t", "x", "y", [new Series("s", [new ChartPoint(1, first), new ChartPoint(2, second)]) { HasMarkers = true }]).Draw());
        Assert.DoesNotContain("NaN", svg, StringComparison.Ordinal);
        Assert.DoesNotContain("∞", svg, StringComparison.Ordinal);
        Assert.DoesNotContain("Infinity", svg, StringComparison.Ordinal);
    }

    [Fact]
    public void Bars_are_as_long_as_their_values()
    {
        BarGroup[] groups = [.. new[] { 0.1, 0.2, 0.4 }.Select(value => new BarGroup($"{value}", [new Bar(value, value, value, "")]))];
        XElement chart = new BarChart("t", "x", [""], groups) { IsShare = true }.Draw();
        double[] widths = [
            .. chart.Descendants("rect").Select(bar => double.Parse(bar.Attribute("width")!.Value, CultureInfo.InvariantCulture))];
        Assert.Equal(widths[0] * 2, widths[1], 0.1);
        Assert.Equal(widths[0] * 4, widths[2], 0.1);
    }

    [Fact]
    public void Labels_at_the_ends_of_lines_do_not_touch()
    {
        Series[] series = [
            .. Enumerable.Range(0, 4).Select(i => new Series($"line {i}", [new ChartPoint(0, i), new ChartPoint(1, 3 + (i * 1e-6))]))];
        double[] heights = [
            .. new LineChart("t", "x", "y", series).Draw().Descendants("text").Where(
                text => text.Attribute("class") is { } name && name.Value.StartsWith("direct", StringComparison.Ordinal))
            .Select(text => double.Parse(text.Attribute("y")!.Value, CultureInfo.InvariantCulture)).Order()];
        Assert.Equal(4, heights.Length);
        Assert.All(heights.Zip(heights.Skip(1)), pair => Assert.True(pair.Second - pair.First >= 12));
    }

    [Fact]
    public void A_chart_says_in_words_what_it_shows()
    {
        XElement svg = new LineChart(
            "Loss", "step", "nats", [new Series("s", [new ChartPoint(1, 3), new ChartPoint(2, 1)])]).Draw().Descendants("svg").Single();
        Assert.Equal("img", svg.Attribute("role")!.Value);
        Assert.Equal("Loss. nats against step. s: from 3.00 to 1.00.", svg.Attribute("aria-label")!.Value);
    }

    private static (double X, double Y)[] Path(XElement chart) =>
        [.. Place().Matches(chart.Descendants("path").Single().Attribute("d")!.Value).Select(match => (
            double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture),
            double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)))];

    [GeneratedRegex(@"[ML](-?[\d.]+) (-?[\d.]+)")]
    private static partial Regex Place();
}
