namespace Cria.Corpus.Tests;

public sealed class CorpusBuilderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_same_bytes_come_out_of_any_number_of_threads_and_any_shard_size_keeps_the_order()
    {
        string[] Build(string name, int threads)
        {
            new CorpusBuilder(MixedSources(), new CorpusOptions { Threads = threads, ShardTokens = 50_000 })
                .Build(new ByteTokenizer(), _folder.File(name));
            return Directory.GetFiles(_folder.File(name));
        }

        string[] one = Build("one", 1);
        string[] three = Build("three", 3);
        Assert.Equal(one.Select(Path.GetFileName).Order(), three.Select(Path.GetFileName).Order());
        Assert.All(one, path => Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(path.Replace("one", "three"))));
        Assert.True(one.Count(path => path.Contains("training-")) > 2);

        new CorpusBuilder(MixedSources()).Build(new ByteTokenizer(), _folder.File("whole"));
        Assert.Equal(
            ByteTokenizer.Documents(_folder.File("whole"), "training-*"),
            ByteTokenizer.Documents(_folder.File("one"), "training-*"));
    }

    [Fact]
    public void No_held_out_member_and_no_validation_document_is_in_the_training_shards()
    {
        CorpusOptions options = new() { HoldOut = new HoldOut(0.2, 0.1, Seed: 4) };
        CorpusFolder corpus = new CorpusBuilder(MixedSources(), options).Build(new ByteTokenizer(), _folder.File("corpus"));
        List<string> training = ByteTokenizer.Documents(corpus.Path, "training-*");
        List<string> validation = ByteTokenizer.Documents(corpus.Path, "validation-*");
        IReadOnlyList<DocumentedMember> heldOut = HeldOutMembers.Read(corpus.HeldOutPath);

        List<Document> documents = [.. MixedSources().SelectMany(source => source.Read())];
        List<DocumentedMember> members = [.. documents.SelectMany(document => document.Members)];
        Assert.Equal(members.Where(options.HoldOut.IsHeldOut).Select(member => member.Text), heldOut.Select(member => member.Text));
        Assert.InRange(heldOut.Count, members.Count * 0.1, members.Count * 0.3);
        Assert.Equal(heldOut.Count, corpus.Statistics.HeldOutMembers);

        string seen = "\n" + string.Join("\n\n", training.Concat(validation)) + "\n";
        Assert.All(heldOut, member => Assert.DoesNotContain($"\n{member.Signature}\n", seen));
        Assert.All(members.Where(member => !options.HoldOut.IsHeldOut(member)), member => Assert.Contains($"\n{member.Text}\n", seen));
        Assert.Empty(training.Intersect(validation));
        Assert.InRange(validation.Count, 1, documents.Count / 4);
        List<string> tokenizerText = [.. new CorpusBuilder(MixedSources(), options).TrainingText()];
        Assert.Equal(training.SelectMany(text => text.Split('\n')).Where(line => line.Length > 0), tokenizerText);

        string seenInTraining = "\n" + string.Join("\n\n", training) + "\n";
        List<DocumentedMember> trainingMembers = [.. new CorpusBuilder(MixedSources(), options).TrainingMembers()];
        Assert.Equal(
            members.Where(member => member.HasText && seenInTraining.Contains($"\n{member.Text}\n")).Select(member => member.Id),
            trainingMembers.Select(member => member.Id));
    }

    [Fact]
    public void Overloads_are_held_out_together()
    {
        HoldOut holdOut = new(0.5);
        DocumentedMember Member(string name, string id) => new()
        {
            Id = id,
            Kind = DocumentedMemberKind.Method,
            Namespace = "A",
            TypeName = "T",
            Name = name,
            Signature = "T." + name + "()",
        };
        List<bool> sides = [.. Enumerable.Range(0, 200).Select(i => holdOut.IsHeldOut(Member($"M{i}", "M:A.T.M")))];
        Assert.Equal(sides, Enumerable.Range(0, 200).Select(i => holdOut.IsHeldOut(Member($"M{i}", "M:A.T.M(System.Int32)"))));
        Assert.InRange(sides.Count(side => side), 70, 130);
        Assert.False(new HoldOut(0.999).IsHeldOut(Member("M", "x") with { Kind = DocumentedMemberKind.Type }));
    }

    [Fact]
    public void An_unchanged_corpus_is_not_built_again_and_a_changed_or_damaged_one_is()
    {
        string folder = _folder.File("corpus");
        CorpusFolder first = new CorpusBuilder(MixedSources()).Build(new ByteTokenizer(), folder);
        string shard = Directory.GetFiles(folder, "training-*")[0];
        string user = _folder.Write("corpus/training-notes.txt", "a user's file");
        string leftover = _folder.Write("corpus/training-00007.shard.partial", "of a killed process");
        DateTime written = DateTime.UtcNow.AddDays(-1);
        File.SetLastWriteTimeUtc(shard, written);

        Assert.Equal(
            first.Fingerprint,
            new CorpusBuilder(MixedSources(), new CorpusOptions { Threads = 1 }).Build(new ByteTokenizer(), folder).Fingerprint);
        Assert.Equal(written, File.GetLastWriteTimeUtc(shard));

        CorpusFolder changed = new CorpusBuilder(MixedSources(), new CorpusOptions { HoldOut = new HoldOut(0.3) })
            .Build(new ByteTokenizer(), folder);
        Assert.NotEqual(first.Fingerprint, changed.Fingerprint);
        Assert.NotEqual(written, File.GetLastWriteTimeUtc(shard));
        Assert.False(File.Exists(leftover));
        Assert.True(File.Exists(user));

        byte[] bytes = File.ReadAllBytes(shard);
        bytes[^1] ^= 1;
        File.WriteAllBytes(shard, bytes);
        Assert.Throws<InvalidCorpusException>(() => CorpusFolder.Open(folder).OpenTraining(16, 0));
        new CorpusBuilder(MixedSources(), new CorpusOptions { HoldOut = new HoldOut(0.3) }).Build(new ByteTokenizer(), folder);
        bytes[^1] ^= 1;
        Assert.Equal(bytes, File.ReadAllBytes(shard));
    }

    [Fact]
    public void An_interrupted_build_leaves_no_corpus_and_the_next_one_completes()
    {
        string folder = _folder.File("corpus");
        using CancellationTokenSource cancellation = new();
        cancellation.Cancel();
        CorpusBuilder builder = new(MixedSources());
        Assert.Throws<OperationCanceledException>(() => builder.Build(new ByteTokenizer(), folder, null, cancellation.Token));
        Assert.Throws<InvalidCorpusException>(() => CorpusFolder.Open(folder));
        Assert.Empty(Directory.GetFiles(folder));

        _folder.Write("text/zz.jsonl", "{\"text\":");
        Assert.Throws<InvalidCorpusException>(
            () => new CorpusBuilder(DocumentSources.Open(_folder.File("text"))).Build(new ByteTokenizer(), folder));
        Assert.Empty(Directory.GetFiles(folder));
        Assert.True(builder.Build(new ByteTokenizer(), folder).Statistics.Training.Tokens > 0);
    }

    [Fact]
    public void A_limit_takes_an_even_sample_up_to_it()
    {
        const long Limit = 40_000;
        CorpusFolder corpus = new CorpusBuilder(MixedSources(), new CorpusOptions { MaxCharacters = Limit })
            .Build(new ByteTokenizer(), _folder.File("corpus"));
        CorpusStatistics statistics = corpus.Statistics;
        long characters = statistics.Training.Characters + statistics.Validation.Characters;
        Assert.InRange(characters, Limit * 0.9, Limit);
        Assert.Equal(2, statistics.Training.Sources.Count);

        long text = new CorpusBuilder(MixedSources()).TrainingText(10_000).Sum(line => line.Length + 1);
        Assert.InRange(text, 8_000, 10_000);
    }

    [Fact]
    public void Few_documents_still_give_a_validation_split_and_one_document_is_for_training()
    {
        _folder.Write("few/a.txt", "first");
        CorpusFolder single = new CorpusBuilder(DocumentSources.Open(_folder.File("few")))
            .Build(new ByteTokenizer(), _folder.File("single"));
        Assert.False(single.HasValidation);
        Assert.Equal(1, single.Statistics.Training.Documents);
        _folder.Write("few/b.txt", "second");
        _folder.Write("few/c.txt", "third");
        CorpusFolder few = new CorpusBuilder(DocumentSources.Open(_folder.File("few"))).Build(new ByteTokenizer(), _folder.File("three"));
        Assert.Equal(1, few.Statistics.Validation.Documents);
        Assert.Equal(2, few.Statistics.Training.Documents);
        _folder.Write("blank/a.txt", "  \n");
        Assert.Throws<InvalidCorpusException>(
            () => new CorpusBuilder(DocumentSources.Open(_folder.File("blank"))).Build(new ByteTokenizer(), _folder.File("none")));
    }

    [Fact]
    public void Statistics_count_what_was_written_and_survive_their_file()
    {
        List<CorpusProgress> reports = [];
        CorpusOptions options = new() { HoldOut = HoldOut.None };
        CorpusFolder corpus = new CorpusBuilder(MixedSources(), options)
            .Build(new ByteTokenizer(), _folder.File("corpus"), new Recorder(reports));
        CorpusStatistics statistics = corpus.Statistics;
        List<string> texts = ByteTokenizer.Documents(corpus.Path, "training-*");
        Assert.Equal(texts.Count, statistics.Training.Documents);
        Assert.Equal(texts.Sum(text => text.Length), statistics.Training.Characters);
        Assert.Equal(texts.Sum(text => System.Text.Encoding.UTF8.GetByteCount(text)), statistics.Training.Bytes);
        Assert.Equal(statistics.Training.Bytes + (2 * texts.Count), statistics.Training.Tokens);
        Assert.Equal(texts.Max(text => text.Length), statistics.Training.Longest!.LongestCharacters);
        Assert.Equal(1.0, statistics.Training.Sources.Sum(statistics.Training.Share), 1e-9);
        Assert.Equal(1.0, reports[^1].Fraction);
        Assert.Equal(reports[^1].Tokens, statistics.Training.Tokens);

        CorpusStatistics read = CorpusFolder.Open(corpus.Path).Statistics;
        Assert.Equal(statistics.Rows(), read.Rows());
        Assert.Equal(3 + 2, read.Rows().Count);
        string damaged = _folder.Write("damaged.json", "{\n\"training\":[]}");
        Assert.Contains("line 2", Assert.Throws<InvalidCorpusException>(() => CorpusStatistics.Read(damaged)).Message);
    }

    [Fact]
    public void Damaged_descriptions_of_a_corpus_are_typed_errors()
    {
        CorpusFolder corpus = new CorpusBuilder(MixedSources()).Build(new ByteTokenizer(), _folder.File("corpus"));
        File.AppendAllText(corpus.HeldOutPath, "{\"id\":\"M:A.B\"}\n");
        int line = File.ReadAllLines(corpus.HeldOutPath).Length;
        Assert.Contains($"line {line}", Assert.Throws<InvalidCorpusException>(() => HeldOutMembers.Read(corpus.HeldOutPath)).Message);

        foreach (string manifest in new[] { "", "null", "{}", "[1]", "{\"fingerprint\":null,\"training\":[],\"validation\":[]}" })
        {
            _folder.Write("corpus/corpus.json", manifest);
            Assert.Throws<InvalidCorpusException>(() => CorpusFolder.Open(corpus.Path));
        }

        string elsewhere = Path.Combine(_folder.File("corpus"), "training-00000.shard");
        _folder.Write(
            "corpus/corpus.json",
            $"{{\"fingerprint\":\"0\",\"training\":[\"../corpus/{Path.GetFileName(elsewhere)}\"],\"validation\":[]}}");
        Assert.Throws<InvalidCorpusException>(() => CorpusFolder.Open(corpus.Path).OpenTraining(16, 0));
    }

    [Theory]
    [InlineData(1.0, 0, 0)]
    [InlineData(-0.1, 0, 0)]
    [InlineData(double.NaN, 0, 0)]
    [InlineData(0.1, -1, 0)]
    [InlineData(0.1, 0, -1)]
    public void Options_out_of_range_are_typed_errors(double fraction, long characters, int threads) =>
        Assert.Throws<InvalidCorpusException>(() => new CorpusBuilder(
            MixedSources(), new CorpusOptions { HoldOut = new HoldOut(fraction), MaxCharacters = characters, Threads = threads }));

    private List<IDocumentSource> MixedSources()
    {
        Random random = new(1);
        if (!Directory.Exists(_folder.File("text")))
        {
            for (int i = 0; i < 60; i++)
            {
                _folder.Write(
                    $"text/{i:D2}.txt",
                    string.Concat(Enumerable.Range(0, random.Next(1, 80)).Select(j => $"Text {i}, line {j}: {random.Next()}\n")));
            }

            for (int file = 0; file < 3; file++)
            {
                string members = string.Concat(Enumerable.Range(0, 40).Select(type =>
                    $"<member name='T:Zoo{file}.T{type}'><summary>Type {type} of {file}.</summary></member>"
                    + string.Concat(Enumerable.Range(0, 10).Select(member =>
                        $"<member name='M:Zoo{file}.T{type}.M{member}'><summary>Does {random.Next()} things.</summary></member>"))));
                _folder.Write($"xml/{file}.xml", $"<doc><members>{members}</members></doc>");
            }
        }

        return [.. DocumentSources.Open(_folder.File("text")), .. DocumentSources.Open(_folder.File("xml"))];
    }

    private sealed class Recorder(List<CorpusProgress> reports) : IProgress<CorpusProgress>
    {
        public void Report(CorpusProgress value) => reports.Add(value);
    }
}
