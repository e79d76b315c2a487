using System.CommandLine;
using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Pipeline;
using Cria.Cli.Terminal;
using Cria.Compute;
using Cria.Evaluation;

namespace Cria.Cli.Commands;

/// <summary><c>cria rejection-sample</c>: the best of K answers to every prompt, to fine-tune on.</summary>
internal static class RejectionSampleCommand
{
    private const int SweepPrompts = 64;

    public static Command Create()
    {
        Command command = new(
            "rejection-sample",
            "Sample K answers to every prompt, keep the one that scores best, for 'sft' to learn. Interrupted, the same command goes on.");
        Argument<string> model = CommonOptions.Model();
        Option<string> prompts = PromptInput.Prompts();
        RewardArguments reward = new(isRequired: true, hasSafety: true);
        Option<int> samples = NumberOption.Whole("--samples", "Answers to each prompt: K.", maximum: 1 << 16, defaultValue: 8);
        AnswerArguments answers = new(temperature: 1);
        Option<double[]> sweep = NumberOption.List<double>(
            "--sweep",
            $"Temperatures, separated by commas, to try on the first {SweepPrompts} prompts; the one with the best mean reward of best "
            + "answers takes the place of --temperature.",
            value => value >= 0 && float.IsFinite((float)value), "numbers from 0 separated by commas");
        Option<string> output = new("--output")
        {
            Description = "The file of the best answers as dialogues; all answers with their rewards go to <name>.samples.jsonl beside it.",
            Required = true,
        };
        Option<bool> json = CommonOptions.Json("the figures");
        command.Arguments.Add(model);
        command.Options.Add(prompts);
        reward.AddTo(command);
        command.Options.Add(samples);
        answers.AddTo(command);
        command.Options.Add(sweep);
        command.Options.Add(output);
        command.Options.Add(json);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                IReadOnlyList<AlignmentPrompt> asked = PromptInput.Read(parsed.GetRequiredValue(prompts));
                using CpuDevice device = answers.Device(parsed);
                using OpenChatModel chat = new(parsed.GetRequiredValue(model), device);
                using OpenRewards rewards = reward.Open(parsed, device)!;
                RejectionSamplingSettings settings = new()
                {
                    Samples = parsed.GetValue(samples),
                    Temperature = answers.Temperature(parsed),
                    MaximumTokens = answers.MaximumTokens(parsed),
                    Seed = answers.Seed(parsed),
                };
                rewards.Check(asked, chat, settings.MaximumTokens);
                Round round = new(chat, rewards, asked, parsed.GetRequiredValue(output), cancellation);
                IReadOnlyList<BestOfSamples> byTemperature = round.Sweep(ref settings, parsed.GetValue(sweep) ?? []);
                Report(round.Draw(settings), settings, byTemperature, round, parsed.GetValue(json));
            },
            cancellation));
        return command;
    }

    private static void Report(
        IReadOnlyList<PromptSamples> samples, RejectionSamplingSettings settings, IReadOnlyList<BestOfSamples> byTemperature,
        Round round, bool asJson)
    {
        int kept = samples.Count(sample => sample.IsTarget);
        IReadOnlyList<BestOfSamples> byCount = BestOfSamples.ByCount(samples, Counts(settings.Samples));
        if (asJson)
        {
            Console.WriteLine(JsonOutput.IndentedObject(json =>
            {
                json.WriteNumber("prompts", samples.Count);
                json.WriteNumber("samples", settings.Samples);
                json.WriteNumber("temperature", settings.Temperature);
                json.WriteNumber("kept", kept);
                BestOfSamplesView.Write(json, "by_count", "n", byCount);
                BestOfSamplesView.Write(json, "by_temperature", "temperature", byTemperature);
            }));
            return;
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{samples.Count:N0} prompts x {settings.Samples:N0} answers at temperature {settings.Temperature:G3}: "
            + $"{kept:N0} best answers in {round.Output}, {samples.Count - kept:N0} empty or cut off and left out; "
            + $"all answers in {round.AllSamples}"));
        BestOfSamplesView.Print(Console.Out, "N", byCount);
        if (byTemperature.Count > 0)
        {
            BestOfSamplesView.Print(Console.Out, "temperature", byTemperature);
        }
    }

    /// <summary>Powers of two, and the number of samples itself.</summary>
    private static IEnumerable<int> Counts(int samples)
    {
        for (int count = 1; count < samples; count *= 2)
        {
            yield return count;
        }

        yield return samples;
    }

    /// <summary>What is drawn from, by what it is scored, and where it goes.</summary>
    private sealed record Round(
        OpenChatModel Chat, OpenRewards Rewards, IReadOnlyList<AlignmentPrompt> Prompts, string Output, CancellationToken Cancellation)
    {
        public string AllSamples { get; } = Path.ChangeExtension(Output, null) + ".samples.jsonl";

        /// <summary>Tries temperatures and takes the best one.</summary>
        public BestOfSamples[] Sweep(ref RejectionSamplingSettings settings, double[] temperatures)
        {
            if (temperatures.Length == 0)
            {
                return [];
            }

            IReadOnlyList<IReadOnlyList<PromptSamples>> samples = RejectionSampling.Sweep(
                Chat.Sampler, [.. Prompts.Take(SweepPrompts)], Rewards.Combined, settings,
                [.. temperatures.Select(temperature => (float)temperature)], Cancellation);
            BestOfSamples[] figures = [.. samples.Select((of, t) => BestOfSamples.Of(temperatures[t], of))];
            settings = settings with { Temperature = (float)figures.MaxBy(entry => entry.Maximum.Mean)!.X };
            return figures;
        }

        /// <summary>Draws and scores, and writes the best answers.</summary>
        public IReadOnlyList<PromptSamples> Draw(RejectionSamplingSettings settings)
        {
            using ProgressLine line = new();
            IReadOnlyList<PromptSamples> samples = RejectionSampling.Run(
                Chat.Sampler, Prompts, Rewards.Combined, settings, AllSamples,
                StageRunner.Fingerprint(Chat.Version, Rewards.Version, ModelInput.Hash(Prompts)), SamplingLine.On(line), Cancellation);
            DialogueFile.Write(Output, samples.Where(sample => sample.IsTarget).Select(sample => sample.ToDialogue()));
            return samples;
        }
    }
}
