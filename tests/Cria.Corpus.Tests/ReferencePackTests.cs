using System.Text.RegularExpressions;

namespace Cria.Corpus.Tests;

public sealed partial class ReferencePackTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_documentation_of_the_running_sdk_is_clean_prose()
    {
        IReadOnlyList<string> files;
        try
        {
            files = DotNetReferencePacks.FindFiles();
        }
        catch (InvalidCorpusException error)
        {
            Assert.Skip(error.Message);
            return;
        }

        List<Document> documents = [.. new XmlDocumentationSource(files).Read()];
        Assert.Equal(documents.Count, documents.Select(document => document.Id).Distinct().Count());
        List<DocumentedMember> members = [.. documents.SelectMany(document => document.Members)];
        Assert.Equal(members.Count, members.Select(member => member.Id).Distinct().Count());
        Assert.InRange(documents.Count, 3_000, 30_000);
        Assert.InRange(members.Count, 40_000, 300_000);
        Assert.All(documents, document =>
        {
            string text = document.Text;
            Assert.DoesNotMatch(Markup(), text);
            Assert.DoesNotContain("\n\n\n", text);
            Assert.DoesNotContain(" \n", text);
            Assert.Equal(text.Trim(), text);
            Assert.DoesNotContain('`', text);
        });

        Document list = documents.Single(document => document.Id == "T:System.Collections.Generic.List`1");
        Assert.StartsWith(
            "System.Collections.Generic.List<T>\nRepresents a strongly typed list of objects that can be accessed by index.", list.Text);
        Assert.Contains(
            "\n\nList<T>.Add(T item)\nAdds an object to the end of the List<T>.\nParameters:\n- item: The object to be added", list.Text);
    }

    // Tags that prose has no use for; documentation of XML and HTML classes does show <item> and the like.
    [GeneratedRegex(
        @"</?(see|seealso|para|paramref|typeparamref|summary|remarks|returns|exception|xref|listheader|inheritdoc|langword)\b"
        + @"|cref=|\b[TMPFE]:(System|Microsoft)\.")]
    private static partial Regex Markup();

    [Fact]
    public void Packs_are_found_newest_version_first_and_base_pack_first()
    {
        foreach (string pack in new[] { "Microsoft.AspNetCore.App.Ref/9.0.1/ref/net9.0", "Microsoft.NETCore.App.Ref/9.0.12/ref/net9.0" })
        {
            _folder.Write($"packs/{pack}/Old.xml", "<doc/>");
        }

        _folder.Write("packs/Microsoft.AspNetCore.App.Ref/10.0.2/ref/net10.0/Web.xml", "<doc/>");
        _folder.Write("packs/Microsoft.NETCore.App.Ref/10.0.0/data/FrameworkList.xml", "<doc/>");
        _folder.Write("packs/Microsoft.NETCore.App.Ref/10.0.0/ref/net10.0/B.xml", "<doc/>");
        _folder.Write("packs/Microsoft.NETCore.App.Ref/10.0.0/ref/net10.0/A.xml", "<doc/>");
        _folder.Write("packs/Microsoft.NETCore.App.Host.linux/10.0.0/ref/net10.0/No.xml", "<doc/>");
        string[] expected = ["A.xml", "B.xml", "Web.xml"];
        Assert.Equal(expected, DotNetReferencePacks.FindFiles(_folder.Path).Select(Path.GetFileName));
        Assert.Equal(expected, DotNetReferencePacks.FindFiles(_folder.File("packs")).Select(Path.GetFileName));
    }

    [Fact]
    public void A_folder_without_documentation_is_named_with_what_was_expected()
    {
        InvalidCorpusException error = Assert.Throws<InvalidCorpusException>(() => DotNetReferencePacks.FindFiles(_folder.Path));
        Assert.Contains(_folder.Path, error.Message);
        Assert.Contains("packs/Microsoft.NETCore.App.Ref", error.Message);
        Assert.Throws<InvalidCorpusException>(() => DotNetReferencePacks.FindFiles(_folder.File("absent")));
    }
}
