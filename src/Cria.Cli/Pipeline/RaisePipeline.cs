using Cria.Alignment;
using Cria.Cli.Recipes;
using Cria.Compute;
using Cria.Corpus;

namespace Cria.Cli.Pipeline;

/// <summary>The stages of a recipe in their order, in one run directory.</summary>
internal sealed class RaisePipeline : IDisposable
{
    private readonly Recipe _recipe;
    private readonly string? _documentation;
    private readonly int _threads;
    private readonly CancellationToken _cancellation;
    private readonly StageRunner _stages;
    private readonly Lazy<CpuDevice> _device;
    private CorpusBuilder? _builder;
    private IDisposable? _held;

    public RaisePipeline(Recipe recipe, RunDirectory run, string? documentation, int threads, CancellationToken cancellation)
    {
        _recipe = recipe;
        Run = run;
        _documentation = documentation;
        _threads = threads;
        _cancellation = cancellation;
        _stages = new StageRunner(run, Console.Out);
        _device = new Lazy<CpuDevice>(() => new CpuDevice(_threads));
    }

    public RunDirectory Run { get; }

    /// <summary>Reads the sources, trains the tokenizer on them and encodes them.</summary>
    public void BuildCorpus()
    {
        IReadOnlyList<IDocumentSource> sources = CorpusSources.Open(_recipe.Corpus, _documentation);
        _held ??= Run.Begin(_recipe);
        _builder = new CorpusBuilder(sources, CorpusSources.Options(_recipe, _threads));
        TokenizerStage.Run(_stages, Run, _recipe, _builder, sources, _threads);
        _cancellation.ThrowIfCancellationRequested();
        CorpusStage.Run(_stages, Run, _builder, _cancellation);
    }

    /// <summary>Trains the base model.</summary>
    public void Pretrain() => PretrainingStage.Run(_stages, Run, _recipe, _device.Value, _cancellation);

    /// <summary>The model that fine-tuning starts from.</summary>
    public string FineTuningStart => _recipe.Sft.Model.Length > 0 ? _recipe.Sft.Model : Run.Base;

    /// <summary>How it is fine-tuned.</summary>
    public FineTuningSettings FineTuningSettings => FineTuningStage.Settings(_recipe.Sft, _recipe.Seed);

    /// <summary>The dialogues that it learns from.</summary>
    public DialogueData Dialogues() => DialogueData.Read(_recipe.Sft, _recipe.Seed);

    /// <summary>Fine-tunes a model on dialogues.</summary>
    public void FineTune()
    {
        DialogueData data = Dialogues();
        _held ??= Run.Begin(_recipe);
        new FineTuningStage(_stages, Run, _recipe.Seed, _device.Value).Run(
            "sft", _recipe.Sft, FineTuningStart, data, Run.Sft, _cancellation);
    }

    /// <summary>Continues the recipe's prompts with the base model and says how to talk to it.</summary>
    public void ShowSamples() => BaseSamples.Show(Run, _recipe, _device.Value, Console.Out, _cancellation);

    /// <summary>Aligns the base model, where the recipe has tasks.</summary>
    public void Align()
    {
        if (_recipe.Tasks.Kind != TasksSection.None)
        {
            AlignmentPipeline.Run(
                new AlignmentContext(Run, _recipe, _stages, _device.Value, _cancellation),
                _builder ?? throw new InvalidOperationException("The tasks are made from the corpus; build it first."));
        }
    }

    public void Dispose()
    {
        if (_device.IsValueCreated)
        {
            _device.Value.Dispose();
        }

        _held?.Dispose();
    }
}
