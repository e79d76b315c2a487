namespace Cria.Models;

/// <summary>How text is split into words before byte pairs are merged (GGUF's <c>tokenizer.ggml.pre</c>).</summary>
public enum ByteLevelPreTokenizer
{
    /// <summary>GPT-2: words with the space before them, runs of digits, runs of signs.</summary>
    Gpt2,

    /// <summary>SmolLM: every digit alone, the rest as GPT-2.</summary>
    SmolLm,

    /// <summary>Llama 3: up to three digits together, line ends with the signs before them, whole words looked up before merging.</summary>
    Llama3,

    /// <summary>What llama.cpp does for a file that says <c>default</c>: signs apart, then GPT-2, digits in threes.</summary>
    Default,
}
