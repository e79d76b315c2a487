namespace Cria.Cli.Recipes;

/// <summary>Checks a recipe's values before any work is done.</summary>
internal static class RecipeValidator
{
    private static readonly string[] SourceKinds = [SourceSection.DotNetDocumentation, "text", "jsonl"];

    /// <exception cref="CliException">A value is out of range; the message names file and key, what was expected and what was found.</exception>
    public static void Validate(Recipe recipe, string path)
    {
        void Require(bool condition, string key, string expected, object found)
        {
            if (!condition)
            {
                throw new CliException($"{path}: {key} must be {expected}, but it is {found}.");
            }
        }

        void Positive(string key, double value) => Require(value > 0, key, "greater than 0", value);
        void NotNegative(string key, double value) => Require(value >= 0, key, "0 or more", value);
        void Share(string key, double value) => Require(value is >= 0 and < 1, key, "a share from 0 to below 1", value);

        Require(
            recipe.Name.Length > 0 && recipe.Name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.') && recipe.Name[0] != '.',
            "name", "letters, digits, '-', '_' and '.'", $"'{recipe.Name}'");
        Require(recipe.Corpus.Sources.Count > 0, "corpus.sources", "a list of at least one source", "empty");
        foreach (SourceSection source in recipe.Corpus.Sources)
        {
            Require(SourceKinds.Contains(source.Kind), "corpus.sources.kind", string.Join(" or ", SourceKinds), $"'{source.Kind}'");
            Require(
                source.Kind == SourceSection.DotNetDocumentation || source.Path != SourceSection.Auto,
                "corpus.sources.path", $"a file or folder for kind {source.Kind}", source.Path);
        }

        Share("corpus.held-out-members", recipe.Corpus.HeldOutMembers);
        Share("corpus.held-out-documents", recipe.Corpus.HeldOutDocuments);
        NotNegative("corpus.maximum-characters", recipe.Corpus.MaximumCharacters);
        Positive("tokenizer.vocabulary-size", recipe.Tokenizer.VocabularySize);
        NotNegative("tokenizer.training-characters", recipe.Tokenizer.TrainingCharacters);
        Positive("model.dim", recipe.Model.Dim);
        Positive("model.layers", recipe.Model.Layers);
        Positive("model.heads", recipe.Model.Heads);
        Positive("model.kv-heads", recipe.Model.KvHeads);
        NotNegative("model.hidden-dim", recipe.Model.HiddenDim);
        Positive("model.context-length", recipe.Model.ContextLength);
        Require(recipe.Model.Dim % recipe.Model.Heads == 0, "model.heads", $"a divisor of model.dim ({recipe.Model.Dim})", recipe.Model.Heads);
        Require(
            recipe.Model.Heads % recipe.Model.KvHeads == 0, "model.kv-heads", $"a divisor of model.heads ({recipe.Model.Heads})", recipe.Model.KvHeads);
        Require(
            recipe.Model.Dim / recipe.Model.Heads % 2 == 0, "model.dim", "an even number of values per head (rotary pairs)", recipe.Model.Dim);
        PretrainingSection pretraining = recipe.Pretraining;
        NotNegative("pretraining.steps", pretraining.Steps);
        Positive("pretraining.epochs", pretraining.Epochs);
        Positive("pretraining.batch-size", pretraining.BatchSize);
        Require(
            pretraining.SequenceLength >= 0 && pretraining.SequenceLength <= recipe.Model.ContextLength, "pretraining.sequence-length",
            $"0 to model.context-length ({recipe.Model.ContextLength})", pretraining.SequenceLength);
        Require(
            (long)pretraining.BatchSize * recipe.Model.ContextLength <= int.MaxValue,
            "pretraining.batch-size times model.context-length", "at most 2,147,483,647 tokens",
            $"{(long)pretraining.BatchSize * recipe.Model.ContextLength:N0}");
        NotNegative("pretraining.pass-tokens", pretraining.PassTokens);
        Positive("pretraining.learning-rate", pretraining.LearningRate);
        NotNegative("pretraining.warmup-steps", pretraining.WarmupSteps);
        Require(pretraining.FinalRateShare is >= 0 and <= 1, "pretraining.final-rate-share", "a share from 0 to 1", pretraining.FinalRateShare);
        NotNegative("pretraining.weight-decay", pretraining.WeightDecay);
        Positive("pretraining.clip-norm", pretraining.ClipNorm);
        Positive("pretraining.validation-interval", pretraining.ValidationInterval);
        Positive("pretraining.validation-sequences", pretraining.ValidationSequences);
        Positive("pretraining.checkpoint-seconds", pretraining.CheckpointSeconds);
        NotNegative("samples.maximum-tokens", recipe.Samples.MaximumTokens);
        NotNegative("samples.temperature", recipe.Samples.Temperature);
    }
}
