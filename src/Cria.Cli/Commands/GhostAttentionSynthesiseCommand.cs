using System.CommandLine;
using Cria.Alignment;
using Cria.Cli.Terminal;
using Cria.Compute;

namespace Cria.Cli.Commands;

/// <summary><c>cria ghost-attention synthesise</c>: dialogues that teach to remember the first turn's instruction.</summary>
internal static class GhostAttentionSynthesiseCommand
{
    public static Command Create()
    {
        Command command = new(
            "synthesise",
            "Let a model answer dialogues with an instruction in every turn; write them with the instruction in the first turn only, for "
            + "'sft' to learn their last answers. What does not obey is left out.");
        Argument<string> model = CommonOptions.Model();
        Option<string> dialogues = GhostAttentionCommand.Dialogues();
        Option<string?> instructions = GhostAttentionCommand.Instructions();
        RewardArguments reward = new(isRequired: false);
        Option<int> samples = NumberOption.Whole(
            "--samples", "Samples of each answer, of which the best obedient one is taken.", maximum: 1 << 16, defaultValue: 4);
        Option<int> learned = NumberOption.Whole(
            "--learned-answers", "Answers of a dialogue to learn, counted from the last one; 0: all but the first turn's.", minimum: 0,
            defaultValue: 1);
        AnswerArguments answers = new(temperature: 0.7f);
        Option<string> output = new("--output") { Description = "The file of training dialogues.", Required = true };
        command.Arguments.Add(model);
        command.Options.Add(dialogues);
        command.Options.Add(instructions);
        reward.AddTo(command);
        command.Options.Add(samples);
        command.Options.Add(learned);
        answers.AddTo(command);
        command.Options.Add(output);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                IReadOnlyList<Dialogue> scripts = DialogueFile.Read(parsed.GetRequiredValue(dialogues));
                if (scripts.All(script => script.Messages.Count < 4))
                {
                    throw new AlignmentDataException(
                        $"{parsed.GetRequiredValue(dialogues)}: expected dialogues of two turns or more, "
                        + $"but all {scripts.Count:N0} have one.");
                }

                GhostAttentionSettings settings = new()
                {
                    Samples = parsed.GetValue(samples),
                    LearnedAnswers = parsed.GetValue(learned),
                    Temperature = answers.Temperature(parsed),
                    MaximumTokens = answers.MaximumTokens(parsed),
                    Seed = answers.Seed(parsed),
                };
                IReadOnlyList<GhostInstructionSet> sets =
                    GhostAttentionCommand.Draw(parsed.GetValue(instructions), scripts.Count, settings.Seed, heldOut: false);
                using CpuDevice device = answers.Device(parsed);
                using OpenChatModel chat = new(parsed.GetRequiredValue(model), device);
                using OpenRewards? rewards = reward.Open(parsed, device);
                using ProgressLine line = new();
                GhostAttentionResult result = GhostAttention.Synthesise(
                    chat.Sampler, scripts, sets, settings, rewards?.Combined.ToFunction(),
                    new InlineProgress<(int Done, int Turns)>(turn => line.Update(() => $"  turn {turn.Done} of {turn.Turns}")),
                    cancellation);
                line.Dispose();
                DialogueFile.Write(parsed.GetRequiredValue(output), result.Dialogues);
                Console.WriteLine(
                    $"{result.Dialogues.Count:N0} training dialogues in {parsed.GetRequiredValue(output)} from {result.Synthesised:N0}; "
                    + $"{result.Disobeyed:N0} questions were left out because no answer obeyed, "
                    + $"{result.TooLong:N0} dialogues ended early at the end of the context.");
            },
            cancellation));
        return command;
    }
}
