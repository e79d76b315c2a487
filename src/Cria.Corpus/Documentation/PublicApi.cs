using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Cria.Corpus;

/// <summary>
/// The types and members that an assembly shows to others. Documentation files also describe internal ones (resource strings, interop
/// declarations, generated helpers): 5% of the entries of .NET 10's reference packs. The assembly beside the file tells them apart.
/// </summary>
internal sealed class PublicApi
{
    // "Type" for types, "Type.Member" for members by name: overloads are not told apart.
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>The assembly that a documentation file describes, or null where it does not lie beside it.</summary>
    public static string? AssemblyBeside(string documentationFile)
    {
        string assembly = Path.ChangeExtension(documentationFile, ".dll");
        return File.Exists(assembly) ? assembly : null;
    }

    /// <summary>Whether a documented type or member is public or protected; explicit implementations count where their type does.</summary>
    public bool Contains(in DocumentationId id) =>
        _names.Contains(id.Prefix == 'T' || (id.Member.Contains('#') && !id.Member.StartsWith('#')) ? id.Type : $"{id.Type}.{id.Member}");

    /// <summary>Adds what another one holds.</summary>
    public void Add(PublicApi other) => _names.UnionWith(other._names);

    /// <summary>Reads the metadata of an assembly; nothing of it is loaded or run.</summary>
    /// <exception cref="InvalidCorpusException">The file is not an assembly.</exception>
    public static PublicApi Read(string assembly)
    {
        try
        {
            using PEReader portable = new(SourceFiles.OpenRaw(assembly), PEStreamOptions.PrefetchMetadata);
            PublicApi api = new();
            if (portable.HasMetadata)
            {
                MetadataReader metadata = portable.GetMetadataReader();
                foreach (TypeDefinitionHandle handle in metadata.TypeDefinitions)
                {
                    api.AddType(metadata, metadata.GetTypeDefinition(handle));
                }
            }

            return api;
        }
        catch (BadImageFormatException exception)
        {
            throw new InvalidCorpusException($"{assembly}: not a readable assembly: {exception.Message}", exception);
        }
    }

    private void AddType(MetadataReader metadata, TypeDefinition type)
    {
        if (VisibleName(metadata, type) is not string name)
        {
            return;
        }

        _names.Add(name);
        foreach (MethodDefinitionHandle handle in type.GetMethods())
        {
            MethodDefinition method = metadata.GetMethodDefinition(handle);
            if (IsVisible((FieldAttributes)(method.Attributes & MethodAttributes.MemberAccessMask)))
            {
                _names.Add($"{name}.{metadata.GetString(method.Name).Replace('.', '#')}");
            }
        }

        foreach (FieldDefinitionHandle handle in type.GetFields())
        {
            FieldDefinition field = metadata.GetFieldDefinition(handle);
            if (IsVisible(field.Attributes & FieldAttributes.FieldAccessMask))
            {
                _names.Add($"{name}.{metadata.GetString(field.Name)}");
            }
        }

        foreach (PropertyDefinitionHandle handle in type.GetProperties())
        {
            PropertyDefinition property = metadata.GetPropertyDefinition(handle);
            PropertyAccessors accessors = property.GetAccessors();
            AddIfAnyVisible(metadata, $"{name}.{metadata.GetString(property.Name)}", accessors.Getter, accessors.Setter);
        }

        foreach (EventDefinitionHandle handle in type.GetEvents())
        {
            EventDefinition definition = metadata.GetEventDefinition(handle);
            EventAccessors accessors = definition.GetAccessors();
            AddIfAnyVisible(metadata, $"{name}.{metadata.GetString(definition.Name)}", accessors.Adder, accessors.Remover);
        }
    }

    private void AddIfAnyVisible(MetadataReader metadata, string name, params ReadOnlySpan<MethodDefinitionHandle> accessors)
    {
        foreach (MethodDefinitionHandle accessor in accessors)
        {
            if (!accessor.IsNil
                && IsVisible((FieldAttributes)(metadata.GetMethodDefinition(accessor).Attributes & MethodAttributes.MemberAccessMask)))
            {
                _names.Add(name);
            }
        }
    }

    /// <summary>The name as documentation ids spell it, or null where the type or one around it is not visible.</summary>
    private static string? VisibleName(MetadataReader metadata, TypeDefinition type)
    {
        TypeAttributes visibility = type.Attributes & TypeAttributes.VisibilityMask;
        string name = metadata.GetString(type.Name);
        if (visibility == TypeAttributes.Public)
        {
            string space = metadata.GetString(type.Namespace);
            return space.Length == 0 ? name : $"{space}.{name}";
        }

        return visibility is TypeAttributes.NestedPublic or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem
            && VisibleName(metadata, metadata.GetTypeDefinition(type.GetDeclaringType())) is string outer
            ? $"{outer}.{name}"
            : null;
    }

    /// <summary>Methods and fields have the same access values.</summary>
    private static bool IsVisible(FieldAttributes access) =>
        access is FieldAttributes.Public or FieldAttributes.Family or FieldAttributes.FamORAssem;
}
