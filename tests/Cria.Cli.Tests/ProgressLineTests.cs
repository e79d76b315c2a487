using Cria.Cli.Terminal;

namespace Cria.Cli.Tests;

public class ProgressLineTests
{
    [Theory]
    [InlineData(4.4, "4 s")]
    [InlineData(65, "1 min 05 s")]
    [InlineData(7805, "2 h 10 min")]
    [InlineData(-3, "0 s")]
    public void Durations_read_as_people_say_them(double seconds, string expected) =>
        Assert.Equal(expected, ProgressLine.Duration(seconds));

    [Fact]
    public void A_file_gets_lines_without_control_characters()
    {
        StringWriter writer = new();
        using (ProgressLine line = new(writer, terminal: false))
        {
            line.Update(() => "one");
            line.Update(() => "too early");
            line.Note("done");
        }

        Assert.Equal($"one{Environment.NewLine}done{Environment.NewLine}", writer.ToString());
    }

    [Fact]
    public void A_terminal_gets_one_line_that_is_written_over()
    {
        StringWriter writer = new();
        using (ProgressLine line = new(writer, terminal: true))
        {
            line.Update(() => "one");
            line.Note("done");
        }

        Assert.Equal($"\rone\u001b[K\rdone\u001b[K{Environment.NewLine}", writer.ToString());
    }
}
