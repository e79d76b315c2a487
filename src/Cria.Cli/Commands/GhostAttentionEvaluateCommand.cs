using System.CommandLine;
using Cria.Alignment;
using Cria.Cli.Terminal;
using Cria.Compute;
using Cria.Evaluation;

namespace Cria.Cli.Commands;

/// <summary><c>cria ghost-attention evaluate</c>: how long a model obeys the first turn's instruction.</summary>
internal static class GhostAttentionEvaluateCommand
{
    public static Command Create()
    {
        Command command = new(
            "evaluate",
            "Ask dialogues with an instruction in the first turn only and count the answers of later turns that obey. The pool's "
            + "instructions are single ones and combinations that 'synthesise' never uses; a file's are taken as they are.");
        Argument<string> model = CommonOptions.Model();
        Option<string> dialogues = GhostAttentionCommand.Dialogues();
        Option<string?> instructions = GhostAttentionCommand.Instructions();
        Option<int[]> turns = NumberOption.List(
            "--turns", "Turns to measure, separated by commas; a dialogue counts as far as it goes.",
            turn => turn >= 1, "whole numbers from 1",
            [.. GhostAttentionEvaluation.PaperTurns]);
        AnswerArguments answers = new(temperature: 0);
        Option<bool> json = CommonOptions.Json("the figures");
        command.Arguments.Add(model);
        command.Options.Add(dialogues);
        command.Options.Add(instructions);
        command.Options.Add(turns);
        answers.AddTo(command);
        command.Options.Add(json);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                IReadOnlyList<Dialogue> scripts = DialogueFile.Read(parsed.GetRequiredValue(dialogues));
                ulong seed = answers.Seed(parsed);
                IReadOnlyList<GhostInstructionSet> sets =
                    GhostAttentionCommand.Draw(parsed.GetValue(instructions), scripts.Count, seed, heldOut: true);
                using CpuDevice device = answers.Device(parsed);
                using OpenChatModel chat = new(parsed.GetRequiredValue(model), device);
                GhostAttentionScores scores = GhostAttentionEvaluation.Measure(
                    chat.Sampler, scripts, sets, parsed.GetRequiredValue(turns), answers.Temperature(parsed), answers.MaximumTokens(parsed),
                    seed, cancellation);
                Report(scores, parsed.GetValue(json));
            },
            cancellation));
        return command;
    }

    private static void Report(GhostAttentionScores scores, bool asJson)
    {
        IReadOnlyList<GhostAttentionTurn> single = scores.Over(instruction => !instruction.IsCombined);
        IReadOnlyList<GhostAttentionTurn> combined = scores.Over(instruction => instruction.IsCombined);
        if (asJson)
        {
            Console.WriteLine(JsonOutput.IndentedObject(json =>
            {
                json.WriteStartArray("turns");
                foreach ((int i, GhostAttentionTurn turn) in scores.Turns.Index())
                {
                    json.WriteStartObject();
                    json.WriteNumber("turn", turn.Turn);
                    json.WriteRate("obeyed", Rate(turn));
                    json.WriteRate("single", Rate(single[i]));
                    json.WriteRate("combined", Rate(combined[i]));
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }));
            return;
        }

        foreach ((int i, GhostAttentionTurn turn) in scores.Turns.Index())
        {
            Console.WriteLine(turn.Dialogues > 0
                ? $"turn {turn.Turn,2}: {RateText.Of(Rate(turn))} obey"
                    + $"{Part("single instructions", single[i])}{Part("combinations", combined[i])}"
                : $"turn {turn.Turn,2}: no dialogue came so far within the context");
        }

        static Rate Rate(GhostAttentionTurn turn) => new(turn.Obeyed, turn.Dialogues);

        static string Part(string name, GhostAttentionTurn turn) => turn.Dialogues > 0 ? $"; {name} {RateText.Of(Rate(turn))}" : "";
    }
}
