using Cria.Training;

namespace Cria.Alignment.Tests;

public sealed class SharedPromptTests
{
    // Prompts of four tokens, answers of one to three.
    private static readonly EncodedAnswer[] Answers =
    [
        new([1, 2, 3, 4, 9], 4), new([1, 2, 3, 4, 8, 8, 8], 4), new([1, 2, 3, 4, 7, 7], 4), // one prompt
        new([1, 2, 3, 5, 9], 4), // another
        new([1, 2, 3, 9, 9], 3), // a shorter one
        new([1, 9], 1), new([1, 8], 1), // nothing stays of a prompt of one token without its last
    ];

    [Theory]
    [InlineData(0, 100, 3, 3)] // 5 + 4 + 3
    [InlineData(0, 12, 3, 3)]
    [InlineData(0, 11, 2, 3)]
    [InlineData(0, 8, 1, 0)]
    [InlineData(0, 5, 1, 0)]
    [InlineData(0, 4, 0, 0)]
    [InlineData(1, 100, 2, 3)]
    [InlineData(2, 100, 1, 0)]
    [InlineData(3, 100, 1, 0)]
    [InlineData(5, 100, 1, 0)]
    public void As_many_answers_share_their_prompt_as_fit(int first, int room, int count, int tokens)
    {
        Assert.Equal(new SharedPrompt(first, count, tokens), SharedPrompt.Next(Answers, first, Answers.Length, room, unread: 0));
    }

    [Fact]
    public void Tokens_that_are_not_read_need_no_room()
    {
        Assert.Equal(new SharedPrompt(0, 3, 3), SharedPrompt.Next(Answers, 0, 7, room: 9, unread: 1)); // 4 + 3 + 2
        Assert.Equal(new SharedPrompt(0, 2, 3), SharedPrompt.Next(Answers, 0, 7, room: 8, unread: 1));
        Assert.Equal(new SharedPrompt(0, 2, 3), SharedPrompt.Next(Answers, 0, end: 2, room: 9, unread: 1));
    }

    [Fact]
    public void The_trunk_is_read_once()
    {
        TokenBatch batch = new(20);
        SharedPrompt prompt = SharedPrompt.Next(Answers, 0, 7, 20, unread: 0);
        for (int i = 0; i < prompt.Count; i++)
        {
            prompt.AddTo(batch, i, Answers[i].Ids, []);
        }

        Assert.Equal([1, 2, 3, 4, 9, 4, 8, 8, 8, 4, 7, 7], batch.Ids.ToArray());
        Assert.Equal([0, 1, 2, 3, 4, 3, 4, 5, 6, 3, 4, 5], batch.Positions.ToArray());
        Assert.Equal([0, 3, 3], new[] { 0, 1, 2 }.Select(prompt.Skipped));
    }
}
