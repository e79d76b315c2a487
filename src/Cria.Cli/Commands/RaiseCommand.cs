using System.CommandLine;
using Cria.Cli.Pipeline;

namespace Cria.Cli.Commands;

/// <summary><c>cria raise</c>: the whole pipeline, resumable at any point.</summary>
internal static class RaiseCommand
{
    public static Command Create()
    {
        Command command = new(
            "raise",
            "Raise a Llama: corpus, tokenizer, pretraining, and, where the recipe has tasks, the whole alignment with its report. "
            + "Interrupted, the same command goes on.");
        RecipeArguments arguments = new();
        arguments.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                using RaisePipeline pipeline = arguments.Open(parsed, cancellation);
                pipeline.BuildCorpus();
                pipeline.Pretrain();
                pipeline.ShowSamples();
                pipeline.Align();
            },
            cancellation));
        return command;
    }
}
