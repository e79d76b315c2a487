namespace Cria.Cli.Recipes;

/// <summary>Checks a recipe's values before any work is done.</summary>
internal static class RecipeValidator
{
    private static readonly string[] SourceKinds = [SourceSection.DotNetDocumentation, "text", "jsonl"];

    /// <exception cref="CliException">
    /// A value is out of range; the message names file and key, what was expected and what was found.
    /// </exception>
    public static void Validate(Recipe recipe, string path)
    {
        RecipeRules rules = new(path);
        rules.Require(
            recipe.Name.Length > 0 && recipe.Name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.') && recipe.Name[0] != '.',
            "name", "letters, digits, '-', '_' and '.'", $"'{recipe.Name}'");
        foreach (SourceSection source in recipe.Corpus.Sources)
        {
            rules.Require(SourceKinds.Contains(source.Kind), "corpus.sources.kind", string.Join(" or ", SourceKinds), $"'{source.Kind}'");
            rules.Require(
                source.Kind == SourceSection.DotNetDocumentation || source.Path != SourceSection.Auto,
                "corpus.sources.path", $"a file or folder for kind {source.Kind}", source.Path);
        }

        rules.Share("corpus.held-out-members", recipe.Corpus.HeldOutMembers);
        rules.Share("corpus.held-out-documents", recipe.Corpus.HeldOutDocuments);
        rules.NotNegative("corpus.maximum-characters", recipe.Corpus.MaximumCharacters);
        rules.Positive("tokenizer.vocabulary-size", recipe.Tokenizer.VocabularySize);
        rules.NotNegative("tokenizer.training-characters", recipe.Tokenizer.TrainingCharacters);
        rules.Positive("model.dim", recipe.Model.Dim);
        rules.Positive("model.layers", recipe.Model.Layers);
        rules.Positive("model.heads", recipe.Model.Heads);
        rules.Positive("model.kv-heads", recipe.Model.KvHeads);
        rules.NotNegative("model.hidden-dim", recipe.Model.HiddenDim);
        rules.Positive("model.context-length", recipe.Model.ContextLength);
        rules.Require(
            recipe.Model.Dim % recipe.Model.Heads == 0, "model.heads", $"a divisor of model.dim ({recipe.Model.Dim})", recipe.Model.Heads);
        rules.Require(
            recipe.Model.Heads % recipe.Model.KvHeads == 0, "model.kv-heads", $"a divisor of model.heads ({recipe.Model.Heads})",
            recipe.Model.KvHeads);
        rules.Require(
            recipe.Model.Dim / recipe.Model.Heads % 2 == 0, "model.dim", "an even number of values per head (rotary pairs)",
            recipe.Model.Dim);
        PretrainingSection pretraining = recipe.Pretraining;
        rules.NotNegative("pretraining.steps", pretraining.Steps);
        rules.Positive("pretraining.epochs", pretraining.Epochs);
        rules.Positive("pretraining.batch-size", pretraining.BatchSize);
        rules.Require(
            pretraining.SequenceLength >= 0 && pretraining.SequenceLength <= recipe.Model.ContextLength, "pretraining.sequence-length",
            $"0 to model.context-length ({recipe.Model.ContextLength})", pretraining.SequenceLength);
        rules.Require(
            (long)pretraining.BatchSize * recipe.Model.ContextLength <= int.MaxValue,
            "pretraining.batch-size times model.context-length", "at most 2,147,483,647 tokens",
            $"{(long)pretraining.BatchSize * recipe.Model.ContextLength:N0}");
        rules.NotNegative("pretraining.pass-tokens", pretraining.PassTokens);
        rules.Positive("pretraining.learning-rate", pretraining.LearningRate);
        rules.NotNegative("pretraining.warmup-steps", pretraining.WarmupSteps);
        rules.Require(
            pretraining.FinalRateShare is >= 0 and <= 1, "pretraining.final-rate-share", "a share from 0 to 1", pretraining.FinalRateShare);
        rules.NotNegative("pretraining.weight-decay", pretraining.WeightDecay);
        rules.Positive("pretraining.clip-norm", pretraining.ClipNorm);
        rules.Positive("pretraining.validation-interval", pretraining.ValidationInterval);
        rules.Positive("pretraining.validation-sequences", pretraining.ValidationSequences);
        rules.Positive("pretraining.checkpoint-seconds", pretraining.CheckpointSeconds);
        rules.NotNegative("samples.maximum-tokens", recipe.Samples.MaximumTokens);
        rules.NotNegative("samples.temperature", recipe.Samples.Temperature);
        new AlignmentValidator(rules).Validate(recipe);
        ReportValidator.Validate(recipe.Report, path);
    }
}
