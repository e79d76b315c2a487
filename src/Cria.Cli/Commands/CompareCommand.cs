using System.CommandLine;
using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Terminal;
using Cria.Compute;
using Cria.Evaluation;

namespace Cria.Cli.Commands;

/// <summary><c>cria compare</c>: which of two models answers better, by reward models.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        Command command = new(
            "compare",
            "Let two models answer the same prompts and count whose answers score higher. A reward model that one of them was trained "
            + "against favours it: judge with another one.");
        Argument<string> first = CommonOptions.Model();
        Argument<string> second = new("MODEL2") { Description = "The other model." };
        Option<string> prompts = PromptInput.Prompts();
        RewardArguments reward = new(isRequired: true);
        AnswerArguments answers = new(temperature: 0);
        Option<bool> json = CommonOptions.Json("the figures");
        command.Arguments.Add(first);
        command.Arguments.Add(second);
        command.Options.Add(prompts);
        reward.AddTo(command);
        answers.AddTo(command);
        command.Options.Add(json);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                IReadOnlyList<AlignmentPrompt> asked = PromptInput.Read(parsed.GetRequiredValue(prompts));
                using CpuDevice device = answers.Device(parsed);
                using OpenChatModel one = new(parsed.GetRequiredValue(first), device);
                using OpenChatModel other = new(parsed.GetRequiredValue(second), device);
                using OpenRewards rewards = reward.Open(parsed, device)!;
                int tokens = answers.MaximumTokens(parsed);
                rewards.Check(asked, one, tokens);
                rewards.Check(asked, other, tokens);
                EvaluationTask task = new("prompts", asked, new AnswerSettings(answers.Temperature(parsed), answers.Seed(parsed), tokens))
                {
                    Rewards = rewards.Functions,
                };
                Report(
                    Answer(parsed.GetRequiredValue(first), one, task, cancellation),
                    Answer(parsed.GetRequiredValue(second), other, task, cancellation),
                    parsed.GetValue(json));
            },
            cancellation));
        return command;
    }

    private static EvaluationFile Answer(string name, OpenChatModel model, EvaluationTask task, CancellationToken cancellation)
    {
        Console.Error.WriteLine($"  {name} answers {task.Prompts.Count:N0} prompts");
        return VersionEvaluation.Run(name, model.Sampler, task, cancellation);
    }

    private static void Report(EvaluationFile first, EvaluationFile second, bool asJson)
    {
        foreach (string reward in first.Rewards)
        {
            WinTally tally = WinRateMatrix.Compare(first, second, reward);
            if (asJson)
            {
                Console.WriteLine(JsonOutput.Object(json =>
                {
                    json.WriteString("reward", reward);
                    json.WriteRate("win_rate", tally.Decided);
                    json.WriteNumber("ties", tally.Ties);
                    json.WriteNumber("sign_test", tally.SignTest);
                    json.WriteFigure("first", first.Mean(reward));
                    json.WriteFigure("second", second.Mean(reward));
                }));
                continue;
            }

            string decided = tally.Decided.IsDefined
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{first.Model} wins {RateText.Of(tally.Decided)} of decided comparisons, {tally.Ties:N0} ties, "
                    + $"sign test p = {tally.SignTest:G2}")
                : $"{tally.Ties:N0} ties and nothing decided";
            Console.WriteLine($"{reward}: {decided}; mean score {Mean(first, reward)} against {Mean(second, reward)}");
        }

        static string Mean(EvaluationFile file, string reward) => string.Create(
            CultureInfo.InvariantCulture, $"{file.Mean(reward).Mean:F3} ± {file.Mean(reward).StandardError:F3}");
    }
}
