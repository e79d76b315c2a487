using Cria.Cli.Recipes;
using Cria.Testing;

namespace Cria.Cli.Tests;

public class RecipeReaderTests
{
    private const string Small = """
        name: mine
        corpus:
          sources:
            - kind: text
              path: docs
        pretraining:
          steps: 7
        quick:
          pretraining:
            steps: 3
        """;

    private static Recipe Parse(string text, bool quick = false, params string[] overrides) =>
        RecipeReader.Parse(text, "my.yaml", quick, overrides);

    [Fact]
    public void Missing_keys_have_their_defaults()
    {
        Recipe recipe = Parse(Small);
        Assert.Equal(7, recipe.Pretraining.Steps);
        Assert.Equal(new PretrainingSection().LearningRate, recipe.Pretraining.LearningRate);
        Assert.Equal("docs", recipe.Corpus.Sources[0].Path);
    }

    [Fact]
    public void Quick_lays_its_section_over_the_recipe_and_names_the_run()
    {
        Recipe recipe = Parse(Small, quick: true);
        Assert.Equal(3, recipe.Pretraining.Steps);
        Assert.Equal("mine-quick", recipe.Name);
        Assert.Equal("docs", recipe.Corpus.Sources[0].Path);
    }

    [Fact]
    public void Overrides_reach_any_key()
    {
        Recipe recipe = Parse(Small, false, "pretraining.steps=9", "model.dim=64", "corpus.sources.0.path=other");
        Assert.Equal(9, recipe.Pretraining.Steps);
        Assert.Equal(64, recipe.Model.Dim);
        Assert.Equal("other", recipe.Corpus.Sources[0].Path);
    }

    [Theory]
    [InlineData("pretraining:\n  lerning-rate: 1", "line 2", "pretraining.lerning-rate")]
    [InlineData("nmae: x", "line 1", "nmae")]
    [InlineData("corpus:\n  sources:\n    - kidn: text", "line 3", "kidn")]
    [InlineData("quick:\n  model:\n    dmi: 3", "line 3", "dmi")]
    public void An_unknown_key_is_named_with_its_line(string text, string line, string key)
    {
        CliException error = Assert.Throws<CliException>(() => Parse(text));
        Assert.Contains("my.yaml", error.Message, StringComparison.Ordinal);
        Assert.Contains(line, error.Message, StringComparison.Ordinal);
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pretraining.steps=many", "many")]
    [InlineData("pretraining.lerning-rate=1", "lerning-rate")]
    [InlineData("model.heads=3", "model.heads")]
    [InlineData("model.dim=-1", "model.dim")]
    [InlineData("corpus.sources.7.path=x", "corpus.sources.7")]
    [InlineData("nonsense", "nonsense")]
    [InlineData("corpus.held-out-members=1.5", "corpus.held-out-members")]
    [InlineData("name=../evil", "name")]
    public void A_wrong_override_is_refused_by_name(string text, string mentioned)
    {
        CliException error = Assert.Throws<CliException>(() => Parse(Small, false, text));
        Assert.Contains(mentioned, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pretraining: [1, 2]")]
    [InlineData("- a\n- b")]
    [InlineData("corpus:\n  sources: none")]
    [InlineData("name: [a")]
    [InlineData("model:\n  dim: wide")]
    public void A_file_of_another_form_is_refused(string text)
    {
        CliException error = Assert.Throws<CliException>(() => Parse(text));
        Assert.Contains("line", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_reads_back_the_same()
    {
        Recipe recipe = Parse(Small);
        string text = RecipeReader.Write(recipe);
        Assert.Equal(text, RecipeReader.Write(Parse(text)));
        Assert.Contains("learning-rate", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_recipe_of_the_repository_is_valid_with_its_quick_section_and_without()
    {
        string[] recipes = Directory.GetFiles(Path.Combine(SharedData.RepositoryRoot, "recipes"), "*.yaml");
        Assert.NotEmpty(recipes);
        foreach (string path in recipes)
        {
            Recipe recipe = RecipeReader.Read(path, quick: false, []);
            Assert.Equal(Path.GetFileNameWithoutExtension(path), recipe.Name);
            if (File.ReadLines(path).Contains("quick:"))
            {
                Assert.NotNull(RecipeReader.Read(path, quick: true, []));
            }
        }
    }
}
