namespace Cria.Corpus.Tests;

public sealed class XmlDocumentationTests : IDisposable
{
    private const string Sample = """
        <?xml version="1.0"?>
        <doc><assembly><name>Zoo</name></assembly><members>
        <member name="T:Zoo.Herd`1"><summary>A <see cref="T:Zoo.Herd`1" /> of
           animals.</summary><typeparam name="TAnimal">What lives in it.</typeparam></member>
        <member name="M:Zoo.Herd`1.Add(`0,System.Int32@)">
          <summary>Adds an animal, see <seealso cref="P:Zoo.Herd`1.Count">the count</seealso>.</summary>
          <param name="animal">The animal; may be <see langword="null" />.</param>
          <param name="index">When this method returns, contains the place of <paramref name="animal"/>.</param>
          <returns>
            <c>true</c> if it was added.

         -or-

         <see langword="false"/> if not.</returns>
          <exception cref="T:System.ArgumentNullException"><paramref name="animal" /> is <see langword="null" />.</exception>
          <exception cref="T:System.InvalidOperationException" />
          <remarks><para>First paragraph with <typeparamref name="TAnimal"/>.</para><para>Second &lt;b&gt;:</para>
            <list type="bullet"><listheader><term>Name</term></listheader>
              <item><term>One</term><description>The first.</description></item>
              <item><description>No term.</description></item></list>
            <code>
              var herd = new Herd&lt;int&gt;();

                herd.Clear();
            </code>
            <note type="tip">Mind the <see href="https://example.org/gap">gap</see>.</note></remarks>
        </member>
        <member name="P:Zoo.Herd`1.Count"><summary>Gets the number.</summary><value>The number.</value></member>
        <member name="M:Zoo.Herd`1.ToString"><inheritdoc /></member>
        <member name="M:Zoo.Herd`1.Silent"><summary></summary></member>
        <member name="M:Zoo.Herd`1.Copy"><inheritdoc cref="P:Zoo.Herd`1.Count" /></member>
        <member name="M:Zoo.Herd`1.Zoo#IHerd{T}#Feed(System.Int32)"><inheritdoc /></member>
        <member name="M:Zoo.IHerd`1.Feed(System.Int32)"><summary>Feeds them.</summary><param name="amount">How much.</param></member>
        <member name="M:System.Object.ToString"><summary>Gives a text.</summary><returns>A text.</returns></member>
        <member name="T:Farm.Barn"><summary>Elsewhere.</summary></member>
        </members></doc>
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_type_becomes_one_readable_document()
    {
        List<Document> documents = [.. new XmlDocumentationSource([_folder.Write("zoo.xml", Sample)], excludedNamespaces: ["Farm"]).Read()];
        Assert.Equal(["T:Zoo.Herd`1", "T:Zoo.IHerd`1", "T:System.Object"], documents.Select(document => document.Id));
        Assert.Equal(
            """
            Zoo.Herd<TAnimal>
            A Herd<TAnimal> of animals.
            Type parameters:
            - TAnimal: What lives in it.

            Herd<TAnimal>.Add(TAnimal animal, out int index)
            Adds an animal, see the count.
            Parameters:
            - animal: The animal; may be null.
            - index: When this method returns, contains the place of animal.
            Returns: true if it was added.
            Or: false if not.
            Exceptions:
            - ArgumentNullException: animal is null.
            - InvalidOperationException
            Remarks: First paragraph with TAnimal.
            Second <b>:
            - One: The first.
            - No term.
            var herd = new Herd<int>();
              herd.Clear();
            Mind the gap.

            Herd<TAnimal>.Count
            Gets the number.
            Value: The number.

            Herd<TAnimal>.ToString()
            Gives a text.
            Returns: A text.

            Herd<TAnimal>.Copy()
            Gets the number.
            Returns: The number.

            Herd<TAnimal>.IHerd<T>.Feed(int)
            Feeds them.
            Parameters:
            - amount: How much.
            """.ReplaceLineEndings("\n"),
            documents[0].Text);
        Assert.Equal("Zoo.IHerd<T>\n\nIHerd<T>.Feed(int amount)\nFeeds them.\nParameters:\n- amount: How much.", documents[1].Text);
    }

    [Fact]
    public void A_member_in_two_files_counts_once_as_the_first_file_has_it()
    {
        string first = _folder.Write("a/one.xml", "<doc><members><member name='T:A.B'><summary>First.</summary></member></members></doc>");
        string second = _folder.Write(
            "b/two.xml",
            "<doc><members><member name='T:A.B'><summary>Second.</summary></member>"
            + "<member name='F:A.B.C'><summary>New.</summary></member></members></doc>");
        Document document = Assert.Single(new XmlDocumentationSource([first, second]).Read());
        Assert.Equal("A.B\nFirst.\n\nB.C\nNew.", document.Text);
    }

    [Theory]
    [InlineData("<doc><members>\n<member name='T:A'>\n<summary>x</wrong></member></members></doc>", 3)]
    [InlineData("<doc><members>\n<member name='T:A'><summary>cut", 2)]
    [InlineData("", 1)]
    [InlineData("<!DOCTYPE doc [<!ENTITY a 'b'>]>\n<doc>&a;</doc>", 1)]
    public void Malformed_files_are_typed_errors_with_file_and_line(string xml, int line)
    {
        string path = _folder.Write("bad.xml", xml);
        InvalidCorpusException error = Assert.Throws<InvalidCorpusException>(() => new XmlDocumentationSource([path]).Read());
        Assert.StartsWith($"{path}: line {line}: ", error.Message);
    }

    [Fact]
    public void Deep_nesting_is_a_typed_error()
    {
        string xml = "<doc><members><member name='T:A'><summary>" + string.Concat(Enumerable.Repeat("<b>", 100_000));
        string path = _folder.Write("deep.xml", xml);
        Assert.Throws<InvalidCorpusException>(() => new XmlDocumentationSource([path]).Read());
    }

    [Fact]
    public void Mutated_files_give_documents_or_typed_errors()
    {
        Random random = new(11);
        byte[] original = System.Text.Encoding.UTF8.GetBytes(Sample);
        byte[] replacements = [.. "<>/&\"=` \n\0:abc"u8, 0xFF];
        int readable = 0;
        for (int i = 0; i < 400; i++)
        {
            byte[] mutated = [.. original];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                mutated[random.Next(mutated.Length)] = replacements[random.Next(replacements.Length)];
            }

            string path = _folder.Write($"{i}.xml", mutated[..(random.Next(4) == 0 ? random.Next(mutated.Length) : mutated.Length)]);
            try
            {
                readable += new XmlDocumentationSource([path], threads: 1).Read().Any() ? 1 : 0;
            }
            catch (InvalidCorpusException error)
            {
                Assert.Contains(path, error.Message);
            }
        }

        Assert.InRange(readable, 1, 399);
    }

    [Fact]
    public void What_the_assembly_beside_the_file_does_not_show_is_left_out()
    {
        string assembly = typeof(XmlDocumentationSource).Assembly.Location;
        string copy = _folder.Write("Cria.Corpus.dll", File.ReadAllBytes(assembly));
        string xml = _folder.Write("Cria.Corpus.xml", File.ReadAllBytes(Path.ChangeExtension(assembly, ".xml")));
        List<string> ids =
            [.. new XmlDocumentationSource([xml]).Read().SelectMany(document => document.Members).Select(member => member.Id)];
        Assert.Contains("T:Cria.Corpus.XmlDocumentationSource", ids);
        Assert.Contains("P:Cria.Corpus.DocumentedMember.Signature", ids);
        Assert.Contains("F:Cria.Corpus.DocumentedMemberKind.Method", ids);
        Assert.Contains("M:Cria.Corpus.PackedSequences.Fill(System.Int64,System.Span{System.Int32})", ids);
        Assert.DoesNotContain("T:Cria.Corpus.PublicApi", ids);
        Assert.DoesNotContain(ids, id => id.StartsWith("M:Cria.Corpus.PackedSequences.ShardAt"));
        File.Delete(copy);
        Assert.Contains("T:Cria.Corpus.PublicApi", new XmlDocumentationSource([xml]).Read().Select(document => document.Id));
        _folder.Write("Cria.Corpus.dll", "no assembly");
        Assert.Contains(copy, Assert.Throws<InvalidCorpusException>(() => new XmlDocumentationSource([xml]).Read()).Message);
    }

    [Fact]
    public void A_copy_of_a_file_in_another_pack_adds_nothing_even_without_the_assembly()
    {
        string assembly = typeof(XmlDocumentationSource).Assembly.Location;
        byte[] documentation = File.ReadAllBytes(Path.ChangeExtension(assembly, ".xml"));
        _folder.Write("base/Cria.Corpus.dll", File.ReadAllBytes(assembly));
        string original = _folder.Write("base/Cria.Corpus.xml", documentation);
        string copy = _folder.Write("other/Cria.Corpus.xml", documentation);
        string longer = _folder.Write("third/Cria.Corpus.xml", [.. documentation, (byte)'\n']);
        string expected = string.Join('\n', new XmlDocumentationSource([original]).Read().Select(document => document.Text));
        Assert.Equal(
            expected,
            string.Join('\n', new XmlDocumentationSource([original, copy, longer]).Read().Select(document => document.Text)));
    }

    [Fact]
    public void The_number_of_threads_does_not_change_the_documents()
    {
        List<string> files = [.. Enumerable.Range(0, 12).Select(i => _folder.Write(
            $"{i:D2}.xml",
            $"<doc><members><member name='T:A.T{i % 7}'><summary>From {i}.</summary></member>"
            + $"<member name='F:A.T{i % 7}.F{i}'><summary>F.</summary></member></members></doc>"))];
        Assert.Equal(Texts(1), Texts(3));

        List<string> Texts(int threads) =>
            [.. new XmlDocumentationSource(files, threads: threads).Read().Select(document => document.Text)];
    }
}
