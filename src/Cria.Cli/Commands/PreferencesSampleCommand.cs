using System.CommandLine;
using Cria.Alignment;
using Cria.Cli.Terminal;
using Cria.Compute;

namespace Cria.Cli.Commands;

/// <summary><c>cria preferences sample</c>: pairs of answers of two models, for people or a simulated annotator to judge.</summary>
internal static class PreferencesSampleCommand
{
    public static Command Create()
    {
        Command command =
            new("sample", "Sample pairs of answers from two models at varied temperatures into a store, where they wait for judgement.");
        Argument<string> first = CommonOptions.Model();
        Argument<string> second = new("MODEL2") { Description = "The other model; may be the same." };
        Option<string> store = PreferencesCommand.Store();
        Option<string> prompts = PromptInput.Prompts();
        Option<string?> kind = PreferencesCommand.Kind("The guideline to judge by; default helpfulness.");
        Option<int?> batch = PreferencesCommand.Batch("The number of the batch; it belongs to these two models from now on. Default 0.");
        Option<int> holdOut = PreferencesCommand.HoldOutEvery();
        Option<int> pairs = NumberOption.Whole("--pairs", "Pairs for each prompt.", defaultValue: 1);
        Option<double[]> temperatures = NumberOption.List(
            "--temperatures", "The temperatures that each answer's is drawn from, separated by commas.",
            value => value >= 0 && double.IsFinite(value), "numbers from 0 separated by commas", 0.6, 0.8, 1.0);
        Option<int> maximum = NumberOption.Whole("--max-tokens", "The most tokens of an answer.", defaultValue: 256);
        Option<ulong> seed = CommonOptions.Seed();
        Option<int> atOnce = NumberOption.Whole("--at-once", "Answers decoded at once at most.", defaultValue: 64);
        Option<int> threads = CommonOptions.Threads();
        command.Arguments.Add(first);
        command.Arguments.Add(second);
        command.Options.Add(store);
        command.Options.Add(prompts);
        command.Options.Add(kind);
        command.Options.Add(batch);
        command.Options.Add(holdOut);
        command.Options.Add(pairs);
        command.Options.Add(temperatures);
        command.Options.Add(maximum);
        command.Options.Add(seed);
        command.Options.Add(atOnce);
        command.Options.Add(threads);
        command.SetAction(async (parsed, cancellation) =>
        {
            PairSamplingOptions options = new()
            {
                Kind = PreferencesCommand.ToKind(parsed.GetValue(kind)) ?? PreferenceKind.Helpfulness,
                Batch = parsed.GetValue(batch) ?? 0,
                PairsPerPrompt = parsed.GetValue(pairs),
                MaximumTokens = parsed.GetValue(maximum),
                Seed = parsed.GetValue(seed),
                Temperatures = parsed.GetRequiredValue(temperatures),
            };
            IReadOnlyList<AlignmentPrompt> asked = PromptInput.Read(parsed.GetRequiredValue(prompts));
            PreferenceStore opened = await PreferenceStore.OpenAsync(parsed.GetRequiredValue(store), cancellation);
            using CpuDevice device = new(CommonOptions.ThreadCount(parsed.GetValue(threads)));
            using OpenChatModel one = new(parsed.GetRequiredValue(first), device, parsed.GetValue(atOnce));
            using OpenChatModel other = new(parsed.GetRequiredValue(second), device, parsed.GetValue(atOnce));
            await opened.StartBatchAsync(
                new PreferenceBatch(options.Batch, [one.Pair.Label, other.Pair.Label], parsed.GetValue(holdOut)), cancellation);
            PairSamplingResult result = Sample(one, other, asked, options, cancellation);
            StoreAddition addition = await opened.AddPairsAsync(result.Pairs, cancellation);
            Console.WriteLine(
                $"{addition.Added:N0} pairs wait for judgement in batch {options.Batch} ({addition.Repeated:N0} were there already); "
                + $"{result.Identical:N0} were dropped with two equal answers, {result.Empty:N0} with an empty one.");
        });
        return command;
    }

    private static PairSamplingResult Sample(
        OpenChatModel one, OpenChatModel other, IReadOnlyList<AlignmentPrompt> prompts, PairSamplingOptions options,
        CancellationToken cancellation)
    {
        using ProgressLine line = new();
        return PairSampler.Sample(
            one.Pair, other.Pair, prompts, options, AnswerProgress.On(line, prompts.Count * options.PairsPerPrompt * 2), cancellation);
    }
}
