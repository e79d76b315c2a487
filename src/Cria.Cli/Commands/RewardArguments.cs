using System.CommandLine;
using Cria.Compute;

namespace Cria.Cli.Commands;

/// <summary>The reward models that a verb works with.</summary>
internal sealed class RewardArguments(bool isRequired, bool hasSafety = false)
{
    private readonly Option<string[]> _rewards = new("--reward")
    {
        Description = "Directories of reward models; the mean of their scores counts.",
        Required = isRequired,
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _safety = new("--safety-reward")
    {
        Description = "Directory of a safety reward model: its score counts where a prompt is tagged \"safety\":true "
            + "or its sigmoid is below 0.15.",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_rewards);
        if (hasSafety)
        {
            command.Options.Add(_safety);
        }
    }

    /// <summary>Loads the models; null where none is named.</summary>
    public OpenRewards? Open(ParseResult parsed, Device device) => parsed.GetValue(_rewards) is { Length: > 0 } paths
        ? new OpenRewards(paths, hasSafety ? parsed.GetValue(_safety) : null, device)
        : null;
}
