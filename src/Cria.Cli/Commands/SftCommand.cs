using System.CommandLine;
using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Pipeline;
using Cria.Cli.Terminal;
using Cria.Models;
using Spectre.Console;

namespace Cria.Cli.Commands;

/// <summary><c>cria sft</c>: fine-tunes the recipe's model on its dialogues, or shows what would be learned.</summary>
internal static class SftCommand
{
    private const int ShownDialogues = 20;

    public static Command Create()
    {
        Command command = new("sft", "Fine-tune the recipe's model on dialogues: the loss is on the answers alone.");
        RecipeArguments arguments = new();
        Option<bool> show = new("--show")
        {
            Description = "Train nothing; print the first batch, what is learned apart from what is masked.",
        };
        arguments.AddTo(command);
        command.Options.Add(show);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                using RaisePipeline pipeline = arguments.Open(parsed, cancellation);
                if (parsed.GetValue(show))
                {
                    Show(pipeline);
                }
                else
                {
                    pipeline.FineTune();
                }
            },
            cancellation));
        return command;
    }

    private static void Show(RaisePipeline pipeline)
    {
        DialogueData data = pipeline.Dialogues();
        using LoadedModel model = ModelLoader.Load(pipeline.FineTuningStart);
        FineTuningBatch batch = SupervisedFineTuning.FirstBatch(pipeline.FineTuningSettings, model, data.Training);
        bool hasColor = !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
        DialogueView view = new(AnsiConsole.Console, model.Tokenizer!, hasColor);
        foreach (EncodedDialogue dialogue in batch.Dialogues.Take(ShownDialogues))
        {
            view.Show(dialogue);
        }

        if (batch.Dialogues.Count > ShownDialogues)
        {
            AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture, $"… and {batch.Dialogues.Count - ShownDialogues:N0} more."));
        }

        AnsiConsole.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Batch 1 of {batch.Steps:N0}: {batch.Dialogues.Count:N0} dialogues, {batch.Tokens:N0} tokens, {batch.LearnedTokens:N0} of "
            + $"them learned. {data.Training.Count:N0} dialogues in all, {batch.Skipped:N0} of them too long."));
    }
}
