using System.CommandLine;
using Cria.Inference;

namespace Cria.Cli.Commands;

/// <summary>The options of sampling, the same with every verb that generates.</summary>
internal sealed class SamplingArguments
{
    private readonly Option<int?> _maxTokens = new("--max-tokens") { Description = "Tokens to add at most; default: as many as the context holds." };
    private readonly Option<float?> _temperature = new("--temperature") { Description = "0 takes the most probable token." };
    private readonly Option<int> _topK = new("--top-k") { Description = "Keep the k most probable tokens; 0 keeps all." };
    private readonly Option<float?> _topP = new("--top-p") { Description = "Keep the most probable tokens up to this mass." };
    private readonly Option<float> _minP = new("--min-p") { Description = "Drop tokens less probable than this share of the most probable one." };
    private readonly Option<float> _repetitionPenalty = new("--repetition-penalty")
    {
        Description = "Makes tokens that occurred before less probable; 1 changes nothing.",
        DefaultValueFactory = _ => 1,
    };

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
            MinP = parsed.GetValue(_minP),
            RepetitionPenalty = parsed.GetValue(_repetitionPenalty),
            Seed = parsed.GetValue(_seed),
            StopStrings = [.. defaults.StopStrings, .. parsed.GetValue(_stop) ?? []],
        };
        options.Validate();
        return options;
    }
}
