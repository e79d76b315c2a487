using System.CommandLine;
using Cria.Inference;

namespace Cria.Cli.Commands;

/// <summary>The options of sampling, the same with every verb that generates.</summary>
internal sealed class SamplingArguments
{
    private readonly Option<int?> _maxTokens =
        NumberOption.OptionalWhole("--max-tokens", "Tokens to add at most; default: as many as the context holds.", minimum: 0);

    private readonly Option<float?> _temperature = NumberOption.Real(
        "--temperature", "0 takes the most probable token; default: what the model's files say, or else 0.6.",
        value => value >= 0, "a number from 0");

    private readonly Option<int> _topK =
        NumberOption.Whole("--top-k", "Keep the k most probable tokens; 0 keeps all.", minimum: 0, defaultValue: 0);

    private readonly Option<float?> _topP = NumberOption.Real(
        "--top-p", "Keep the most probable tokens up to this mass; default: what the model's files say, or else 0.9.",
        value => value is > 0 and <= 1, "a number above 0 and at most 1");

    private readonly Option<float?> _minP = NumberOption.Real(
        "--min-p", "Drop tokens less probable than this share of the most probable one.",
        value => value is >= 0 and <= 1, "a number from 0 to 1");

    private readonly Option<float?> _repetitionPenalty = NumberOption.Real(
        "--repetition-penalty", "Makes tokens that occurred before less probable; 1 changes nothing.",
        value => value > 0, "a number above 0");

    private readonly Option<ulong> _seed = CommonOptions.Seed();
    private readonly Option<string[]> _stop = new("--stop")
    {
        Description = "End the text where this string appears. May be given several times.",
        DefaultValueFactory = _ => [],
    };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _maxTokens, _temperature, _topK, _topP, _minP, _repetitionPenalty, _seed, _stop })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The options as given, the others as <paramref name="defaults"/> has them.</summary>
    public SamplingOptions Read(ParseResult parsed, SamplingOptions defaults)
    {
        SamplingOptions options = defaults with
        {
            MaxTokens = parsed.GetValue(_maxTokens) ?? defaults.MaxTokens,
            Temperature = parsed.GetValue(_temperature) ?? defaults.Temperature,
            TopK = parsed.GetValue(_topK),
            TopP = parsed.GetValue(_topP) ?? defaults.TopP,
            MinP = parsed.GetValue(_minP) ?? defaults.MinP,
            RepetitionPenalty = parsed.GetValue(_repetitionPenalty) ?? defaults.RepetitionPenalty,
            Seed = parsed.GetValue(_seed),
            StopStrings = [.. defaults.StopStrings, .. parsed.GetValue(_stop) ?? []],
        };
        options.Validate();
        return options;
    }
}
