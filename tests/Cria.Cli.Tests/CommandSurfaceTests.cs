using System.CommandLine;
using Cria.Cli.Commands;

namespace Cria.Cli.Tests;

/// <summary>The verbs and options, frozen: who changes the surface changes this list, and sees what scripts will meet.</summary>
public class CommandSurfaceTests
{
    private const string Surface = """
        cria raise [--recipe] [--quick] [--output] [--documentation] [--set] [--threads]
        cria corpus build [--recipe] [--quick] [--output] [--documentation] [--set] [--threads]
        cria corpus stats RUN [--json]
        cria tokenizer train --input --vocabulary-size --output [--threads]
        cria tokenizer encode MODEL --jsonl [--tokenizer]
        cria tokenizer decode MODEL --jsonl [--tokenizer]
        cria pretrain [--recipe] [--quick] [--output] [--documentation] [--set] [--threads]
        cria sft [--recipe] [--quick] [--output] [--documentation] [--set] [--threads] [--show]
        cria preferences import FILE --store [--kind] [--batch] [--rating] [--hold-out-every] [--skip-bad]
        cria preferences export --store --output [--form] [--kind] [--batch] [--part]
        cria preferences sample MODEL MODEL2 --store --prompts [--kind] [--batch] [--hold-out-every] [--pairs] [--temperatures] [--max-tokens] [--seed] [--at-once] [--threads]
        cria preferences annotate --store [--annotator] [--kind] [--batch] [--simulated] [--noise] [--seed]
        cria preferences stats --store [--tokenizer] [--json]
        cria reward train [--recipe] [--quick] [--output] [--documentation] [--set] [--threads]
        cria reward evaluate MODEL --data [--skip] [--pairs] [--skip-bad] [--json] [--threads]
        cria reward score MODEL --jsonl [--threads]
        cria reward best-of-n [--recipe] [--quick] [--output] [--documentation] [--set] [--threads] [--json]
        cria rejection-sample MODEL --prompts --reward [--safety-reward] [--samples] [--temperature] [--max-tokens] [--seed] [--threads] [--sweep] --output [--json]
        cria ppo [--recipe] [--quick] [--output] [--documentation] [--set] [--threads]
        cria dpo [--recipe] [--quick] [--output] [--documentation] [--set] [--threads]
        cria ghost-attention synthesise MODEL --dialogues [--instructions] [--reward] [--samples] [--learned-answers] [--temperature] [--max-tokens] [--seed] [--threads] --output
        cria ghost-attention evaluate MODEL --dialogues [--instructions] [--turns] [--temperature] [--max-tokens] [--seed] [--threads] [--json]
        cria safety distil MODEL --prompts --reward [--temperature] [--max-tokens] [--seed] [--threads] --output
        cria safety evaluate MODEL --prompts [--borderline] [--reward] [--temperature] [--max-tokens] [--seed] [--threads] [--json]
        cria compare MODEL MODEL2 --prompts --reward [--temperature] [--max-tokens] [--seed] [--threads] [--json]
        cria generate MODEL --jsonl [--max-tokens] [--temperature] [--top-k] [--top-p] [--min-p] [--repetition-penalty] [--seed] [--stop] [--batch] [--tokenizer] [--threads]
        cria score MODEL --jsonl [--tokenizer] [--threads]
        cria chat MODEL [--system] [--format] [--max-tokens] [--temperature] [--top-k] [--top-p] [--min-p] [--repetition-penalty] [--seed] [--stop] [--tokenizer] [--threads]
        cria inspect MODEL [--json]
        cria report RUN [--watts] [--pue] [--carbon-intensity]
        cria bench train [--dim] [--layers] [--heads] [--kv-heads] [--hidden] [--vocab] [--seq] [--batch] [--threads] [--steps] [--warmup] [--pass-tokens] [--tied] [--lora] [--json]
        cria bench matmul [--tokens] [--threads] [--shape] [--json]
        cria bench generate [--model] [--shape] [--prompt] [--tokens] [--batch] [--tokenizer] [--threads] [--json]
        cria bench ppo [--dim] [--layers] [--heads] [--kv-heads] [--hidden] [--vocab] [--prompt] [--answer] [--batch] [--mini] [--threads] [--iterations] [--profile] [--json]
        """;

    [Fact]
    public void Verbs_and_options_are_these()
    {
        List<string> lines = [];
        List(RootVerbs.Create(), "cria", lines);
        Assert.Equal(Surface.ReplaceLineEndings("\n"), string.Join('\n', lines));
    }

    [Fact]
    public void Everything_has_a_description()
    {
        List<string> missing = [];
        void Visit(Command command, string name)
        {
            missing.AddRange(command.Options
                .Where(option => string.IsNullOrEmpty(option.Description))
                .Select(option => $"{name} {option.Name}"));
            missing.AddRange(command.Arguments
                .Where(argument => string.IsNullOrEmpty(argument.Description))
                .Select(argument => $"{name} {argument.Name}"));
            foreach (Command inner in command.Subcommands)
            {
                missing.AddRange(string.IsNullOrEmpty(inner.Description) ? [inner.Name] : []);
                Visit(inner, inner.Name);
            }
        }

        Visit(RootVerbs.Create(), "cria");
        Assert.Empty(missing);
    }

    private static void List(Command command, string name, List<string> lines)
    {
        if (command.Subcommands.Count == 0)
        {
            IEnumerable<string> arguments = command.Arguments.Select(argument => argument.Name);
            IEnumerable<string> options = command.Options.Select(option => option.Required ? option.Name : $"[{option.Name}]");
            lines.Add(string.Join(' ', [name, .. arguments, .. options]));
        }

        foreach (Command inner in command.Subcommands)
        {
            List(inner, $"{name} {inner.Name}", lines);
        }
    }
}
