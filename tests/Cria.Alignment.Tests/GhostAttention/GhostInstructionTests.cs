using Cria.Models;

namespace Cria.Alignment.Tests;

public sealed class GhostInstructionTests
{
    [Fact]
    public void What_is_made_obedient_obeys_and_nothing_else_does()
    {
        foreach (GhostInstructionSet set in
            GhostInstructions.Draw(300, 1, heldOut: false).Concat(GhostInstructions.Draw(100, 1, heldOut: true)))
        {
            string obedient = set.Apply("Gets the number of items.");
            Assert.True(set.IsObeyed(obedient), $"{set.Text} / {obedient}");
            Assert.False(set.IsObeyed("Gets the number of items."));
            ChatMessage question = new(ChatRole.User, set.AddTo("What is Count?"));
            Assert.True(AnswerForm.IsRight([question], new AnswerText(obedient)), obedient);
            Assert.All(set.Instructions, instruction => Assert.Contains(
                set.IsTerse ? instruction.Terse.TrimEnd('.') : instruction.Phrase, set.Text, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Half_are_shortened_and_evaluation_combines_otherwise()
    {
        IReadOnlyList<GhostInstructionSet> training = GhostInstructions.Draw(2000, 5, heldOut: false);
        IReadOnlyList<GhostInstructionSet> heldOut = GhostInstructions.Draw(500, 5, heldOut: true);
        Assert.InRange(training.Average(set => set.IsTerse ? 1.0 : 0), 0.45, 0.55);
        Assert.Empty(training.Select(Key).Intersect(heldOut.Where(set => set.Instructions.Count > 1).Select(Key)));
        Assert.All(heldOut.Index(), set => Assert.Equal(1 + (set.Index % 2), set.Item.Instructions.Count));
        Assert.Equal(GhostInstructions.All.Count, training.SelectMany(set => set.Instructions).Distinct().Count());

        static string Key(GhostInstructionSet set) => string.Join('|', set.Instructions.Select(instruction => instruction.Terse));
    }

    [Fact]
    public void A_pool_of_ones_own_is_combined_and_shortened_only_where_it_can_be()
    {
        GhostInstruction name = new(GhostInstructionKind.Name, "Call me Eve.", "", "Eve");
        GhostInstruction end = new(GhostInstructionKind.Closing, "End with \"Bye.\"", "End: Bye.", "Bye.");
        IReadOnlyList<GhostInstructionSet> sets = GhostInstructions.Draw([end, name], 200, 1);
        Assert.Equal([1, 2], sets.Select(set => set.Instructions.Count).Distinct().Order());
        Assert.All(sets, set => Assert.False(set.IsTerse && set.Instructions.Contains(name)));
        Assert.Contains(sets, set => set.IsTerse);
        Assert.Contains(sets, set => set.IsObeyed("Eve, yes. Bye.") && set.Instructions.Count == 2 && !set.IsObeyed("Yes. Bye."));
    }

    [Fact]
    public void Instructed_dialogues_obey_in_every_turn()
    {
        Dialogue[] dialogues = [.. Enumerable.Range(0, 50).Select(i =>
            TaughtChat.Dialogue($"What is item {i}?", $"Gets item {i}.", "And the next?", "Gets another."))];
        IReadOnlyList<Dialogue> instructed = GhostInstructions.Instruct(dialogues, 3);
        Assert.Equal(50, instructed.Count);
        Assert.All(instructed.Zip(GhostInstructions.Draw(50, 3, heldOut: false)), pair =>
        {
            Assert.Equal(4, pair.First.Messages.Count);
            Assert.All(pair.First.Messages, message => Assert.True(
                message.Role == ChatRole.User
                    ? message.Content.EndsWith(pair.Second.Text, StringComparison.Ordinal)
                    : pair.Second.IsObeyed(message.Content)));
        });
    }
}
