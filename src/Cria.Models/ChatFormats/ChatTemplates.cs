namespace Cria.Models;

/// <summary>
/// Chat formats as the Jinja templates that other programs read from <c>tokenizer_config.json</c>: rendered by transformers, a dialogue is
/// the text that the format writes. <see cref="ChatFormat.FromTemplate"/> recognises them.
/// </summary>
internal static class ChatTemplates
{
    /// <summary>Llama 2's format; the system message stands inside the first user message; messages are stripped as Meta does.</summary>
    public const string Llama2 =
        """
        {%- set state = namespace(system='') -%}
        {%- for message in messages -%}
        {%- if message['role'] == 'system' -%}
        {%- set state.system = '<<SYS>>\n' + message['content'] + '\n<</SYS>>\n\n' -%}
        {%- elif message['role'] == 'user' -%}
        {{- bos_token + '[INST] ' + (state.system + message['content']) | trim + ' [/INST]' -}}
        {%- set state.system = '' -%}
        {%- elif message['role'] == 'assistant' -%}
        {{- ' ' + message['content'] | trim + ' ' + eos_token -}}
        {%- else -%}
        {{- raise_exception('Roles are system, user and assistant.') -}}
        {%- endif -%}
        {%- endfor -%}
        """;

    private const string ChatMlMessages =
        """
        {%- for message in messages -%}
        {{- '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' -}}
        {%- endfor -%}
        {%- if add_generation_prompt -%}
        {{- '<|im_start|>assistant\n' -}}
        {%- endif -%}
        """;

    /// <summary>ChatML, with the system message that is put before a dialogue without one, or null.</summary>
    public static string ChatMl(string? defaultSystemMessage) => defaultSystemMessage is null
        ? ChatMlMessages
        : "{%- if messages[0]['role'] != 'system' -%}\n{{- '<|im_start|>system\\n" + Literal(defaultSystemMessage)
            + "<|im_end|>\\n' -}}\n{%- endif -%}\n" + ChatMlMessages;

    private static string Literal(string text) => text
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("'", "\\'", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal);
}
