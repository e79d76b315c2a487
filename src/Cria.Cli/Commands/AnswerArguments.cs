using System.CommandLine;
using Cria.Compute;

namespace Cria.Cli.Commands;

/// <summary>How a verb draws answers, and with how many threads it computes.</summary>
internal sealed class AnswerArguments(float temperature)
{
    private const int DefaultTokens = 256;

    private readonly Option<float?> _temperature =
        NumberOption.Real(
            "--temperature", FormattableString.Invariant($"0 takes the most probable token; default {temperature}."),
            value => value >= 0, "a number from 0");

    private readonly Option<int> _maximumTokens = NumberOption.Whole(
        "--max-tokens", "The most tokens of an answer.", defaultValue: DefaultTokens);
    private readonly Option<ulong> _seed = CommonOptions.Seed();
    private readonly Option<int> _threads = CommonOptions.Threads();

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _temperature, _maximumTokens, _seed, _threads })
        {
            command.Options.Add(option);
        }
    }

    public float Temperature(ParseResult parsed) => parsed.GetValue(_temperature) ?? temperature;

    public int MaximumTokens(ParseResult parsed) => parsed.GetValue(_maximumTokens);

    public ulong Seed(ParseResult parsed) => parsed.GetValue(_seed);

    public CpuDevice Device(ParseResult parsed) => new(CommonOptions.ThreadCount(parsed.GetValue(_threads)));
}
