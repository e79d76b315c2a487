using Cria.Alignment;
using Cria.Cli.Pipeline;
using Cria.Compute;

namespace Cria.Cli.Commands;

/// <summary>Reward models, loaded and combined as Llama 2 does.</summary>
internal sealed class OpenRewards : IDisposable
{
    private readonly List<RewardModel> _models = [];

    /// <param name="paths">Their directories.</param>
    /// <param name="safety">The directory of the safety reward model; null where there is none.</param>
    /// <param name="device">Computes.</param>
    public OpenRewards(IReadOnlyList<string> paths, string? safety, Device device)
    {
        try
        {
            string[] all = safety is null ? [.. paths] : [.. paths, safety];
            _models.AddRange(all.Select(path => RewardModel.Load(path, device)));

            // Many reward models are called the same; their paths tell them apart.
            Functions = _models.Select(model => model.Name).Distinct().Count() == all.Length
                ? _models
                : [.. _models.Select((model, i) => new NamedReward(all[i], model))];
            Combined = safety is null
                ? CombinedRewards.Mean(Functions)
                : CombinedRewards.Llama2([.. Functions.SkipLast(1)], Functions[^1]);
            Version = StageRunner.Fingerprint([.. all.Select(ModelInput.Hash)]);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Each of them, the safety reward model last.</summary>
    public IReadOnlyList<IRewardFunction> Functions { get; }

    /// <summary>Their scores made one.</summary>
    public CombinedRewards Combined { get; }

    /// <summary>One value for all files of all of them.</summary>
    public string Version { get; }

    /// <summary>Checks before any time is spent that they can score what a model is going to answer.</summary>
    /// <param name="prompts">What it is asked.</param>
    /// <param name="chat">The model.</param>
    /// <param name="maximumTokens">The most tokens of an answer.</param>
    /// <exception cref="AlignmentDataException">
    /// A prompt is too long for the model or for a reward model, or a score is no finite number; the prompt is named.
    /// </exception>
    public void Check(IReadOnlyList<AlignmentPrompt> prompts, OpenChatModel chat, int maximumTokens)
    {
        chat.Sampler.Check(prompts);
        Combined.Score([new AnsweredPrompt(prompts[0], new AnswerText("", IsFinished: false))]);
        foreach (RewardModel model in _models)
        {
            foreach (AlignmentPrompt prompt in prompts)
            {
                int tokens = model.Encode(new AnsweredPrompt(prompt, new AnswerText("", IsFinished: false))).Ids.Length;
                int answer = Math.Min(maximumTokens, chat.ContextLength - tokens);
                if (tokens + answer > model.ContextLength)
                {
                    throw new AlignmentDataException(
                        $"The {prompt.Label} has {tokens} tokens and its answer up to {answer}; "
                        + $"the reward model '{model.Name}' reads {model.ContextLength}. Lower --max-tokens or leave it out.");
                }
            }
        }
    }

    public void Dispose() => _models.ForEach(model => model.Dispose());

    private sealed class NamedReward(string name, RewardModel model) : IRewardFunction
    {
        public string Name => name;

        public double[] Score(IReadOnlyList<AnsweredPrompt> answers) => model.Score(answers);
    }
}
