using System.CommandLine;
using System.Globalization;
using Cria.Alignment;
using Cria.Cli.Terminal;
using Cria.Compute;
using Cria.Models;

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
        Option<string> prompts = CommonOptions.JsonLines("\"prompt\" or \"messages\"");
        Option<string?> kind = PreferencesCommand.Kind("The guideline to judge by; default helpfulness.");
        Option<int?> batch = PreferencesCommand.Batch("The number of the batch; it belongs to these two models from now on. Default 0.");
        Option<int> holdOut = PreferencesCommand.HoldOutEvery();
        Option<int> pairs = NumberOption.Whole("--pairs", "Pairs for each prompt.", defaultValue: 1);
        Option<string> temperatures = new("--temperatures")
        {
            Description = "The temperatures that each answer's is drawn from, separated by commas.",
            DefaultValueFactory = _ => "0.6,0.8,1.0",
        };
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
                Temperatures = Temperatures(parsed.GetRequiredValue(temperatures)),
            };
            IReadOnlyList<AlignmentPrompt> asked = PromptFile.Read(parsed.GetRequiredValue(prompts));
            PreferenceStore opened = await PreferenceStore.OpenAsync(parsed.GetRequiredValue(store), cancellation);
            using CpuDevice device = new(CommonOptions.ThreadCount(parsed.GetValue(threads)));
            using Variant one = new(parsed.GetRequiredValue(first), device, parsed.GetValue(atOnce));
            using Variant other = new(parsed.GetRequiredValue(second), device, parsed.GetValue(atOnce));
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
        Variant one, Variant other, IReadOnlyList<AlignmentPrompt> prompts, PairSamplingOptions options, CancellationToken cancellation)
    {
        using ProgressLine line = new();
        int all = prompts.Count * options.PairsPerPrompt * 2;
        return PairSampler.Sample(
            one.Pair,
            other.Pair,
            prompts,
            options,
            new InlineProgress<int>(done => line.Update(() =>
                $"  {done:N0}/{all:N0} answers, {done / line.Seconds:F1}/s, "
                + $"{ProgressLine.Duration((all - done) * line.Seconds / done)} left")),
            cancellation);
    }

    private static double[] Temperatures(string text) =>
    [
        .. text.Split(',').Select(part =>
            double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            && value >= 0 && double.IsFinite(value)
                ? value
                : throw new CliException($"--temperatures must be numbers from 0 separated by commas, but one is '{part}'.")),
    ];

    /// <summary>A chat model, open to sample from.</summary>
    private sealed class Variant : IDisposable
    {
        private readonly LoadedModel _model;
        private readonly AnswerSampler _sampler;

        public Variant(string path, CpuDevice device, int atOnce)
        {
            _model = ModelLoader.Load(path, null);
            Tokenizer tokenizer = _model.Tokenizer ?? throw new CliException($"{_model.Source} has no tokenizer.");
            ChatFormat format =
                _model.ChatFormat ?? throw new CliException($"{_model.Source} has no chat format: it was not tuned for dialogue.");
            _sampler = new AnswerSampler(_model.Weights, tokenizer, format, device, atOnce);
            string source = Path.TrimEndingDirectorySeparator(Path.GetFullPath(_model.Source));
            Pair = new PairVariant(Path.GetFileName(source), ModelVersion.Of(source), _sampler);
        }

        public PairVariant Pair { get; }

        public void Dispose()
        {
            _sampler.Dispose();
            _model.Dispose();
        }
    }
}
