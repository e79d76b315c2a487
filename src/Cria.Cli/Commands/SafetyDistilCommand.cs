using System.CommandLine;
using System.Globalization;
using Cria.Alignment;
using Cria.Compute;

namespace Cria.Cli.Commands;

/// <summary><c>cria safety distil</c>: context distillation.</summary>
internal static class SafetyDistilCommand
{
    public static Command Create()
    {
        Command command = new(
            "distil",
            "Answer red-team prompts behind safety preprompts and write prompt and answer without them, for 'sft' to learn, where the "
            + "safety reward model prefers the answer to the one without preprompt.");
        Argument<string> model = CommonOptions.Model();
        Option<string> prompts = PromptInput.Prompts("red-team prompts with \"safety\":true and \"category\"");
        RewardArguments reward = new(isRequired: true);
        AnswerArguments answers = new(temperature: 0.7f);
        Option<string> output = new("--output") { Description = "The file of training dialogues.", Required = true };
        command.Arguments.Add(model);
        command.Options.Add(prompts);
        reward.AddTo(command);
        answers.AddTo(command);
        command.Options.Add(output);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                IReadOnlyList<AlignmentPrompt> asked = PromptInput.Read(parsed.GetRequiredValue(prompts), isSafety: true);
                using CpuDevice device = answers.Device(parsed);
                using OpenChatModel chat = new(parsed.GetRequiredValue(model), device);
                using OpenRewards rewards = reward.Open(parsed, device)!;
                ContextDistillationSettings settings = new()
                {
                    Temperature = answers.Temperature(parsed),
                    MaximumTokens = answers.MaximumTokens(parsed),
                    Seed = answers.Seed(parsed),
                };
                rewards.Check(asked, chat, settings.MaximumTokens);
                Console.Error.WriteLine($"  {asked.Count:N0} prompts, answered three times each");
                ContextDistillationResult result =
                    SafetyContextDistillation.Make(chat.Sampler, asked, rewards.Combined.ToFunction(), settings, cancellation);
                DialogueFile.Write(parsed.GetRequiredValue(output), result.Dialogues);
                double Mean(Func<DistilledPrompt, ScoredAnswer> answer) => result.Prompts.Average(item => answer(item).Reward);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{result.Dialogues.Count:N0} of {asked.Count:N0} prompts got a better answer, in {parsed.GetRequiredValue(output)}; "
                    + $"mean score {Mean(item => item.Original):F2} without preprompt, "
                    + $"{Mean(item => item.Generic):F2} behind a generic one, "
                    + $"{Mean(item => item.Template):F2} behind one with the category's template"));
            },
            cancellation));
        return command;
    }
}
