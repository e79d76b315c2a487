using Cria.Models;

namespace Cria.Inference.Tests;

public sealed class StopStringFilterTests
{
    [Fact]
    public void A_stop_string_across_pieces_never_shows()
    {
        StopStringFilter filter = new(["</answer>"]);
        Assert.Equal("so ", filter.Append("so <"));
        Assert.Equal("", filter.Append("/ans"));
        Assert.Equal("</anst", filter.Append("t"));
        Assert.Equal(" ", filter.Append(" </answ"));
        Assert.Equal("", filter.Append("er> and more"));
        Assert.True(filter.Stopped);
        Assert.Equal("", filter.Append("more"));
        Assert.Equal("", filter.Flush());
    }

    [Fact]
    public void What_was_held_back_is_text_when_nothing_follows()
    {
        StopStringFilter filter = new(["\n\nUser:"]);
        Assert.Equal("Yes.", filter.Append("Yes.\n\nUs"));
        Assert.Equal("\n\nUs", filter.Flush());
        Assert.False(filter.Stopped);
    }

    [Fact]
    public void Any_cut_into_pieces_gives_the_text_before_the_first_stop_string()
    {
        string[] stops = ["aab", "abab", "ba", "ccc"];
        DeterministicRandom random = new(1);
        for (int trial = 0; trial < 3000; trial++)
        {
            string[] used = [.. stops.Where(_ => random.NextInt(2) == 0)];
            string text = new([.. Enumerable.Range(0, random.NextInt(12)).Select(_ => "abc"[random.NextInt(3)])]);
            int end = used.Select(stop => text.IndexOf(stop, StringComparison.Ordinal)).Where(i => i >= 0).DefaultIfEmpty(-1).Min();

            StopStringFilter filter = new(used);
            string streamed = "";
            for (int i = 0; i < text.Length;)
            {
                int length = Math.Min(1 + random.NextInt(3), text.Length - i);
                streamed += filter.Append(text.Substring(i, length));
                i += length;
                if (filter.Stopped)
                {
                    // Which of two overlapping stop strings is complete first depends on the pieces; text before both is certain.
                    string seen = text[..i];
                    end = used.Select(stop => seen.IndexOf(stop, StringComparison.Ordinal)).Where(at => at >= 0).Min();
                    break;
                }
            }

            streamed += filter.Flush();
            Assert.Equal(end >= 0, filter.Stopped);
            Assert.Equal(end >= 0 ? text[..end] : text, streamed);
        }
    }
}
