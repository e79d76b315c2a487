using System.Text;

namespace Cria.Corpus;

/// <summary>
/// Writes documented members as text, every one in the same form, so that a small model learns the form once: the signature on the first
/// line, the summary below it, then whichever of type parameters, parameters, returns, exceptions and remarks there are. Entries are
/// separated by an empty line and hold none themselves.
/// </summary>
internal static class MemberRenderer
{
    public static string Render(DocumentedMember member)
    {
        StringBuilder builder = new();
        Append(builder, member);
        return builder.ToString();
    }

    public static string Render(IReadOnlyList<DocumentedMember> members)
    {
        StringBuilder builder = new();
        foreach (DocumentedMember member in members)
        {
            builder.Append(builder.Length > 0 ? "\n\n" : "");
            Append(builder, member);
        }

        return builder.ToString();
    }

    private static void Append(StringBuilder builder, DocumentedMember member)
    {
        builder.Append(member.Signature);
        AppendBlock(builder, "", member.Summary);
        AppendParameters(builder, "Type parameters:", member.TypeParameters);
        AppendParameters(builder, "Parameters:", member.Parameters);
        bool isValue = member.Kind is DocumentedMemberKind.Property or DocumentedMemberKind.Indexer;
        AppendBlock(builder, isValue ? "Value: " : "Returns: ", member.Returns);
        for (int i = 0; i < member.Exceptions.Count; i++)
        {
            builder.Append(i == 0 ? "\nExceptions:\n- " : "\n- ").Append(member.Exceptions[i].Type);
            if (member.Exceptions[i].Text.Length > 0)
            {
                builder.Append(": ").Append(member.Exceptions[i].Text);
            }
        }

        AppendBlock(builder, "Remarks: ", member.Remarks);
    }

    private static void AppendBlock(StringBuilder builder, string label, string text)
    {
        if (text.Length > 0)
        {
            builder.Append('\n').Append(label).Append(text);
        }
    }

    private static void AppendParameters(StringBuilder builder, string label, IReadOnlyList<DocumentedParameter> parameters)
    {
        bool first = true;
        foreach (DocumentedParameter parameter in parameters)
        {
            if (parameter.Text.Length > 0)
            {
                builder.Append(first ? "\n" + label : "").Append("\n- ").Append(parameter.Name).Append(": ").Append(parameter.Text);
                first = false;
            }
        }
    }
}
