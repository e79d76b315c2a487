using Cria.Alignment.Tests.Dialogues;
using Cria.Models;
using Cria.Training;

namespace Cria.Alignment.Tests.FineTuning;

public sealed class DialogueBatchSourceTests
{
    private const int RowTokens = 120;
    private const int Rows = 3;

    [Fact]
    public void Every_epoch_has_every_dialogue_once_in_an_order_of_its_own()
    {
        EncodedDialogues dialogues = Dialogues(97);
        DialogueBatchSource source = new(dialogues, Rows, RowTokens, seed: 5);
        long firstEpoch = source.Steps(1);
        long secondEpoch = source.Steps(2);
        int[] first = Order(source, 1, firstEpoch);
        int[] second = Order(source, firstEpoch + 1, secondEpoch);
        Assert.Equal(Enumerable.Range(0, dialogues.Count), first.Order());
        Assert.Equal(Enumerable.Range(0, dialogues.Count), second.Order());
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void A_step_depends_on_seed_and_number_alone()
    {
        EncodedDialogues dialogues = Dialogues(97);
        DialogueBatchSource source = new(dialogues, Rows, RowTokens, seed: 5);
        long steps = source.Steps(3);
        int[][] inOrder = [.. Enumerable.Range(1, (int)steps).Select(step => source.DialoguesOf(step).ToArray())];
        Random random = new(1);
        DialogueBatchSource other = new(dialogues, Rows, RowTokens, seed: 5);
        for (int i = 0; i < 100; i++)
        {
            int step = random.Next((int)steps);
            Assert.Equal(inOrder[step], other.DialoguesOf(step + 1).ToArray());
        }

        Assert.NotEqual(inOrder[0], new DialogueBatchSource(dialogues, Rows, RowTokens, seed: 6).DialoguesOf(1).ToArray());
    }

    [Fact]
    public void Batches_are_evenly_filled_and_never_overfull()
    {
        EncodedDialogues dialogues = Dialogues(300);
        DialogueBatchSource source = new(dialogues, Rows, RowTokens, seed: 2);
        long steps = source.Steps(1);
        TokenBatch batch = new(source.BatchTokens);
        double total = 0;
        for (long step = 1; step <= steps; step++)
        {
            batch.Clear();
            source.Fill(step, batch);
            total += batch.Tokens;
            Assert.True(batch.Tokens > 0.5 * source.BatchTokens, $"step {step}: {batch.Tokens} of {source.BatchTokens}");
        }

        Assert.True(total / steps > 0.9 * source.BatchTokens, $"filled to {total / steps / source.BatchTokens:P0}");
        (long count, long tokens, long learned) = source.Measure(steps);
        Assert.Equal((300, (long)total), (count, tokens));
        Assert.InRange(learned, 1, tokens);
    }

    [Fact]
    public void Each_dialogue_is_a_sequence_whose_targets_are_the_answers()
    {
        Random random = new(1);
        Dialogue[] all = [.. Enumerable.Range(0, 20).Select(_ => DialogueEncoderTests.RandomDialogue(random))];
        EncodedDialogues dialogues = EncodedDialogues.Encode(TinyChat.Tokenizer, ChatFormat.Llama2, all, 1000);
        TokenBatch batch = new(10_000);
        for (int i = 0; i < all.Length; i++)
        {
            batch.Clear();
            dialogues.AddTo(batch, i);
            EncodedDialogue expected = DialogueEncoder.Encode(TinyChat.Tokenizer, ChatFormat.Llama2, all[i]);
            Assert.Equal(expected.Ids[..^1], batch.Ids.ToArray());
            Assert.Equal(Enumerable.Range(0, batch.Tokens), batch.Positions.ToArray());
            for (int t = 0; t < batch.Tokens; t++)
            {
                Assert.Equal(expected.IsAssistant[t + 1] ? expected.Ids[t + 1] : TokenBatch.NoTarget, batch.Targets[t]);
                Assert.Equal(expected.IsAssistant[t + 1] ? 1 : 0, batch.LossWeights[t]);
            }
        }
    }

    [Fact]
    public void Filling_a_batch_allocates_nothing()
    {
        DialogueBatchSource source = new(Dialogues(97), Rows, RowTokens, seed: 5);
        TokenBatch batch = new(source.BatchTokens);
        source.Fill(1, batch);
        long steps = source.Steps(4);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (long step = 1; step <= steps; step++)
        {
            batch.Clear();
            source.Fill(step, batch);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static int[] Order(DialogueBatchSource source, long first, long last)
    {
        List<int> order = [];
        for (long step = first; step <= last; step++)
        {
            order.AddRange(source.DialoguesOf(step));
        }

        return [.. order];
    }

    private static EncodedDialogues Dialogues(int count)
    {
        Random random = new(count);
        return EncodedDialogues.Encode(
            TinyChat.Tokenizer, ChatFormat.Llama2,
            [
                .. Enumerable.Range(0, count).Select(i => new Dialogue(
                    [new(ChatRole.User, $"What is {i}?"), new(ChatRole.Assistant, new string('y', random.Next(1, 60)))])),
            ],
            RowTokens);
    }
}
