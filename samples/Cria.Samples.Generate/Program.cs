// Continues a text with any Llama: dotnet run -c Release --project samples/Cria.Samples.Generate -- MODEL "text"
using Cria.Compute;
using Cria.Inference;
using Cria.Models;

using LoadedModel model = ModelLoader.Load(args[0]);
using CpuDevice device = new();
using LlamaEngine engine = new(model.Weights, device);
using Generator generator = new(engine, model.Tokenizer);

int[] prompt = generator.EncodePrompt(args[1]);
SamplingOptions options = new() { Temperature = 0.6f, MaxTokens = 64, Seed = 1 };
GenerationResult result = generator.Generate(prompt, options, Console.Write);
Console.WriteLine($"\n({result.Ids.Length} tokens, {result.FinishReason})");
