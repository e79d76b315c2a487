using System.CommandLine;
using Cria.Cli.Pipeline;

namespace Cria.Cli.Commands;

/// <summary><c>cria pretrain</c>: the base model of a recipe whose corpus is built.</summary>
internal static class PretrainCommand
{
    public static Command Create()
    {
        Command command = new("pretrain", "Train the base model on the corpus that 'corpus build' made.");
        RecipeArguments arguments = new();
        arguments.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                using RaisePipeline pipeline = arguments.Open(parsed, cancellation);
                pipeline.Pretrain();
            },
            cancellation));
        return command;
    }
}
