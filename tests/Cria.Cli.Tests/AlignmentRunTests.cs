using System.Text.Json;

namespace Cria.Cli.Tests;

/// <summary>The whole pipeline with every stage of alignment, at sizes that teach nothing.</summary>
public sealed class AlignmentRunTests : IDisposable
{
    private const string Recipe = """
        name: small
        corpus:
          sources:
            - kind: dotnet-documentation
          held-out-members: 0.05
          maximum-characters: 2500000
        tokenizer:
          vocabulary-size: 400
          training-characters: 100000
        model: { dim: 16, layers: 1, heads: 2, kv-heads: 1, context-length: 512 }
        pretraining: { steps: 40, sequence-length: 64, batch-size: 8, warmup-steps: 4, learning-rate: 0.01, validation-interval: 40, validation-sequences: 2 }
        samples: { maximum-tokens: 4 }
        tasks:
          kind: documentation
          dialogues: 40
          conversations: 4
          instructed-dialogues: 8
          validation-dialogues: 4
          how-to-dialogues: 4
          safety-dialogues: 8
          preference-prompts: 16
          last-preference-prompts: 24
          sampling-prompts: 4
          red-team-prompts: 40
          ppo-questions: 6
          ppo-borderline-prompts: 4
          ppo-red-team-prompts: 4
          evaluation-prompts: 4
        sft: { epochs: 1, batch-size: 4 }
        preferences: { held-out-every: 2, maximum-tokens: 12, preprompted-share: 0.5 }
        reward-helpfulness: { batch-pairs: 8, all-batches-from-round: 5 }
        reward-safety: { batch-pairs: 8 }
        rejection-sampling: { samples: 2, temperature-prompts: 2, maximum-tokens: 4, fine-tuning-dialogues: 8, epochs: 1 }
        ghost-attention: { dialogues: 3, turns: 2, long-dialogues: 1, long-turns: 3, samples: 1, maximum-tokens: 4 }
        context-distillation: { prompts: 4, maximum-tokens: 4 }
        ppo: { iterations: 1, batch-prompts: 2, answers-per-prompt: 2, mini-batch-answers: 4, answer-tokens: 4, evaluate-every: 1, held-out-prompts: 2 }
        safety-scaling: { dialogues: 8, how-to-dialogues: 2, safety-dialogues: 4, shares: [0, 1], epochs: 1, evaluation-prompts: 2 }
        margin-ablation: { pairs: 8 }
        evaluation: { maximum-tokens: 4, obedience-dialogues: 2 }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("cria-alignment-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_stage_runs_once_leaves_its_figures_and_runs_again_where_its_inputs_changed()
    {
        File.WriteAllText(Path.Combine(_folder, "small.yaml"), Recipe);
        ProgramResult first = Raise();
        Assert.True(first.ExitCode == 0, first.Error);
        string report = File.ReadAllText(Path.Combine(_folder, "runs", "small", "report.html"));
        Assert.DoesNotContain("no figures of this kind", report, StringComparison.Ordinal);
        foreach (string title in new[]
        {
            "Safety labels of the pairs", "Ablations on held-out helpfulness", "Reward against temperature", "Obedience by turn",
            "Effect of more safety data", "Distribution of the safety reward", "Win rate of the row over the column", "CO₂eq (g)",
        })
        {
            Assert.Contains(title, report, StringComparison.Ordinal);
        }

        Assert.True(Learned(5) > 3 * Learned(4), "the last reward model learns all comparisons");
        Assert.InRange(Learned(4), 1, 56);

        string[] ppoPrompts = Prompts("sampling-5");
        Assert.Equal(4, ppoPrompts.Count(line => line.Contains("\"id\":\"red-team", StringComparison.Ordinal)));
        Assert.Equal(4, ppoPrompts.Count(line => line.Contains("\"id\":\"borderline", StringComparison.Ordinal)));
        Assert.Equal(6, Questions("sampling-5"));

        Assert.Equal([16, 16, 16, 16, 24], Enumerable.Range(1, 5).Select(round => Questions($"preferences-{round}")));

        ProgramResult again = Raise();
        Assert.True(again.ExitCode == 0, again.Error);
        Assert.Empty(Rerun(again));

        AssertARoundWithoutComparisonsKeepsTheModel();

        ProgramResult changed = Raise("--set", "ghost-attention.samples=2", "--set", "safety-scaling.epochs=2");
        Assert.True(changed.ExitCode == 0, changed.Error);
        string[] rerun = Rerun(changed);
        Assert.Contains("ghost-attention", rerun);
        Assert.Contains("safety-scaling-0", rerun);
        Assert.Contains("safety-scaling-100", rerun);
        Assert.DoesNotContain("method-tasks", rerun);
        Assert.DoesNotContain("rlhf-v3", rerun);
        Assert.DoesNotContain("context-distillation", rerun);
    }

    /// <summary>The annotators of the second round could tell no pair apart.</summary>
    private void AssertARoundWithoutComparisonsKeepsTheModel()
    {
        string batch = Path.Combine(_folder, "runs", "small", "preferences", "batch-2.jsonl");
        File.WriteAllLines(
            batch, File.ReadAllLines(batch).Where(line => !line.Contains("\"kind\":\"helpfulness\"", StringComparison.Ordinal)));
        Directory.Delete(Reward(2), recursive: true);
        ProgramResult result = Raise();
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("no comparison to learn, the model of round 1 is kept", result.Output, StringComparison.Ordinal);
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(Reward(1), "model.safetensors")),
            File.ReadAllBytes(Path.Combine(Reward(2), "model.safetensors")));
    }

    private string Reward(int round) => Path.Combine(_folder, "runs", "small", "reward-helpfulness", $"reward-helpfulness-{round}");

    private string[] Prompts(string name) => File.ReadAllLines(Path.Combine(_folder, "runs", "small", "tasks", $"{name}.jsonl"));

    private int Questions(string name) => Prompts(name).Count(line => line.Contains("\"id\":\"round", StringComparison.Ordinal));

    private ProgramResult Raise(params string[] more) => CriaProgram.Run(_folder, ["raise", "--recipe", "small.yaml", .. more]);

    /// <summary>The comparisons that a round's helpfulness model was trained on.</summary>
    private int Learned(int round)
    {
        using JsonDocument training = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Reward(round), "training.json")));
        return training.RootElement.GetProperty("used").GetInt32();
    }

    private static string[] Rerun(ProgramResult result) =>
        [.. result.Lines.Where(line => line.EndsWith(" …", StringComparison.Ordinal)).Select(line => line.Split(' ')[0])];
}
