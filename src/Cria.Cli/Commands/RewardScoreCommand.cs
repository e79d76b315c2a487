using System.CommandLine;
using Cria.Alignment;
using Cria.Cli.Terminal;
using Cria.Compute;

namespace Cria.Cli.Commands;

/// <summary><c>cria reward score</c>: the score of each answer.</summary>
internal static class RewardScoreCommand
{
    private const int AnswersAtOnce = 64;

    public static Command Create()
    {
        Command command = new(
            "score", "Score the last answer of each dialogue: one JSON object a line with the raw score and its sigmoid.");
        Argument<string> model = RewardCommand.Model();
        Option<string> input = new("--jsonl")
        {
            Description = "A file of dialogues that end with an answer: \"messages\", or \"prompt\" and \"completion\".",
            Required = true,
        };
        Option<int> threads = CommonOptions.Threads();
        command.Arguments.Add(model);
        command.Options.Add(input);
        command.Options.Add(threads);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                AnsweredPrompt[] answers = [.. DialogueFile.Read(parsed.GetRequiredValue(input)).Select(AnswerOf)];
                using CpuDevice device = new(CommonOptions.ThreadCount(parsed.GetValue(threads)));
                using RewardModel reward = RewardModel.Load(parsed.GetRequiredValue(model), device);
                foreach (AnsweredPrompt[] part in answers.Chunk(AnswersAtOnce))
                {
                    cancellation.ThrowIfCancellationRequested();
                    foreach (double score in reward.ScoreChecked(part))
                    {
                        Console.WriteLine(JsonOutput.Object(json =>
                        {
                            json.WriteNumber("score", score);
                            json.WriteNumber("sigmoid", 1 / (1 + Math.Exp(-score)));
                        }));
                    }
                }
            },
            cancellation));
        return command;
    }

    private static AnsweredPrompt AnswerOf(Dialogue dialogue) => new(
        new AlignmentPrompt(dialogue.Origin, [.. dialogue.Messages.SkipLast(1)]), new AnswerText(dialogue.Messages[^1].Content));
}
