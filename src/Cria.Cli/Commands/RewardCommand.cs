using System.CommandLine;

namespace Cria.Cli.Commands;

/// <summary><c>cria reward train|evaluate|score|best-of-n</c>.</summary>
internal static class RewardCommand
{
    public static Command Create()
    {
        Command command = new(
            "reward", "Reward models: train them on comparisons, measure them, score answers, choose the best of several.");
        command.Subcommands.Add(RewardTrainCommand.Create());
        command.Subcommands.Add(RewardEvaluateCommand.Create());
        command.Subcommands.Add(RewardScoreCommand.Create());
        command.Subcommands.Add(RewardBestOfNCommand.Create());
        return command;
    }

    /// <summary>The reward model that a verb works with.</summary>
    public static Argument<string> Model() => new("MODEL") { Description = "The directory of a reward model." };
}
