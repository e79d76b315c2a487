using Cria.Compute;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment.Tests;

/// <summary>A tiny model that has been taught a few dialogues by heart.</summary>
internal sealed class TaughtChat : IDisposable
{
    private readonly TinyChat _chat;
    private readonly CpuDevice _device = new(1);

    public TaughtChat(int contextLength, int steps, params Dialogue[] dialogues)
    {
        const int Batch = 6;
        _chat = new TinyChat(contextLength: contextLength);
        using (Trainer trainer = new(_chat.Weights, _device, new AdamWSettings(), new LearningRateSchedule(1e-2, 10, steps), 4096))
        {
            TokenBatch batch = new(4096);
            for (int step = 0; step < steps; step++)
            {
                batch.Clear();
                for (int i = 0; i < Batch; i++)
                {
                    Add(batch, dialogues[((step * Batch) + i) % dialogues.Length]);
                }

                trainer.Step(batch);
            }
        }

        Sampler = new AnswerSampler(_chat.Weights, TinyChat.Tokenizer, ChatFormat.Llama2, _device);
    }

    public AnswerSampler Sampler { get; }

    public static Dialogue Dialogue(params string[] messages) =>
        new([.. messages.Select((text, i) => new ChatMessage(i % 2 == 0 ? ChatRole.User : ChatRole.Assistant, text))]);

    public void Dispose()
    {
        Sampler.Dispose();
        _device.Dispose();
        _chat.Dispose();
    }

    private static void Add(TokenBatch batch, Dialogue dialogue)
    {
        EncodedDialogue encoded = DialogueEncoder.Encode(TinyChat.Tokenizer, ChatFormat.Llama2, dialogue);
        int[] targets =
        [
            .. encoded.Ids.Skip(1).Zip(encoded.IsAssistant.Skip(1), (id, isLearned) => isLearned ? id : TokenBatch.NoTarget),
            TokenBatch.NoTarget,
        ];
        batch.Add(encoded.Ids, targets);
    }
}
