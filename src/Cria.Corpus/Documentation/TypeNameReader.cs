using System.Globalization;
using System.Text;

namespace Cria.Corpus;

/// <summary>
/// Reads type names as documentation ids spell them (<c>System.Collections.Generic.List{``0}[]@</c>) and writes them as C# does
/// (<c>ref List&lt;T&gt;[]</c>), without namespaces. The grammar is that of the C# standard's annex on documentation comments. Never
/// throws: what it cannot read
/// stays as it is.
/// </summary>
internal ref struct TypeNameReader
{
    private const int DepthLimit = 32;

    private readonly ReadOnlySpan<char> _text;
    private readonly DocumentedTypes _types;
    private readonly IReadOnlyList<string> _typeParameters;
    private readonly IReadOnlyList<string> _methodTypeParameters;
    private readonly bool _keywords;
    private int _position;
    private int _depth;

    /// <param name="text">One type or a list of types separated by commas.</param>
    /// <param name="types">Tells namespaces from types.</param>
    /// <param name="typeParameters">What <c>`0</c>, <c>`1</c> … are called.</param>
    /// <param name="methodTypeParameters">What <c>``0</c>, <c>``1</c> … are called.</param>
    /// <param name="keywords">Whether to write <c>int</c> for <c>Int32</c>, as a signature does and prose does not.</param>
    public TypeNameReader(
        ReadOnlySpan<char> text,
        DocumentedTypes types,
        IReadOnlyList<string> typeParameters,
        IReadOnlyList<string> methodTypeParameters,
        bool keywords)
    {
        _text = text;
        _types = types;
        _typeParameters = typeParameters;
        _methodTypeParameters = methodTypeParameters;
        _keywords = keywords;
    }

    /// <summary>Reads types separated by commas up to the end of the text.</summary>
    public List<string> ReadList()
    {
        List<string> types = [];
        while (_position < _text.Length)
        {
            types.Add(ReadType());
            SkipTo(",");
            _position++;
        }

        return types;
    }

    /// <summary>Reads one type.</summary>
    public string ReadType()
    {
        StringBuilder type = new(ReadUnmodified());
        string prefix = "";
        while (_position < _text.Length)
        {
            char next = _text[_position];
            if (next == '[')
            {
                int start = _position;
                SkipTo("]");
                int rank = _text[start.._position].Count(',') + 1;
                type.Append('[').Append(',', rank - 1).Append(']');
                _position++;
            }
            else if (next is '*')
            {
                type.Append('*');
                _position++;
            }
            else if (next is '@' or '&')
            {
                prefix = "ref ";
                _position++;
            }
            else if (next is '^')
            {
                _position++;
            }
            else if (next is '|' or '!')
            {
                // A custom modifier (`in` and volatile have one): C# does not show its type.
                _position++;
                ReadUnmodified();
            }
            else
            {
                break;
            }
        }

        return prefix + type;
    }

    private string ReadUnmodified()
    {
        if (_position < _text.Length && _text[_position] == '`')
        {
            return ReadTypeParameter();
        }

        StringBuilder id = new();
        List<(int IdStart, string Text)> segments = [];
        List<string> arguments = [];
        while (true)
        {
            int start = _position;
            SkipTo(".{},*@&[]()|!^~`");
            ReadOnlySpan<char> name = _text[start.._position];
            int idStart = id.Length;
            id.Append(name);
            arguments = [];
            if (_position < _text.Length && _text[_position] == '{')
            {
                arguments = ReadArguments();
                id.Append('`').Append(CultureInfo.InvariantCulture, $"{arguments.Count}");
            }
            else if (_position < _text.Length && _text[_position] == '`')
            {
                start = _position++;
                while (_position < _text.Length && char.IsAsciiDigit(_text[_position]))
                {
                    _position++;
                }

                id.Append(_text[start.._position]);
                List<string> names = _types.TypeParameters(id.ToString());
                int arity = DocumentedTypes.Arity(_text[start.._position]);
                arguments = names.GetRange(names.Count - arity, arity);
            }

            segments.Add((idStart, arguments.Count == 0 ? name.ToString() : $"{name}<{string.Join(", ", arguments)}>"));
            if (_position < _text.Length && _text[_position] == '.')
            {
                id.Append('.');
                _position++;
                continue;
            }

            break;
        }

        string type = id.ToString();
        if (type == "System.Nullable`1" && _keywords && arguments.Count == 1)
        {
            return arguments[0] + "?";
        }

        if (_keywords && arguments.Count > 1 && type.StartsWith("System.ValueTuple`", StringComparison.Ordinal))
        {
            return $"({string.Join(", ", arguments)})";
        }

        int namespaceLength = _types.NamespaceLength(type);
        return _keywords && Keyword(type) is string keyword
            ? keyword
            : string.Join('.', segments.Where(segment => segment.IdStart >= namespaceLength).Select(segment => segment.Text));
    }

    private List<string> ReadArguments()
    {
        List<string> arguments = [];
        _position++;
        if (++_depth > DepthLimit)
        {
            _position = _text.Length;
        }

        while (_position < _text.Length)
        {
            int before = _position;
            arguments.Add(ReadType());
            char next = _position < _text.Length ? _text[_position] : '}';
            if (next != ',')
            {
                _position += next == '}' || _position == before ? 1 : 0;
                break;
            }

            _position++;
        }

        _depth--;
        return arguments;
    }

    private string ReadTypeParameter()
    {
        int start = _position;
        IReadOnlyList<string> names = _typeParameters;
        _position++;
        if (_position < _text.Length && _text[_position] == '`')
        {
            names = _methodTypeParameters;
            _position++;
        }

        int digits = _position;
        while (_position < _text.Length && char.IsAsciiDigit(_text[_position]))
        {
            _position++;
        }

        return int.TryParse(_text[digits.._position], out int index) && index < names.Count
            ? names[index]
            : _text[start.._position].ToString();
    }

    private void SkipTo(string ends)
    {
        int length = _text[Math.Min(_position, _text.Length)..].IndexOfAny(ends);
        _position = length < 0 ? _text.Length : _position + length;
    }

    private static string? Keyword(string type) => type switch
    {
        "System.Boolean" => "bool",
        "System.Byte" => "byte",
        "System.SByte" => "sbyte",
        "System.Char" => "char",
        "System.Int16" => "short",
        "System.UInt16" => "ushort",
        "System.Int32" => "int",
        "System.UInt32" => "uint",
        "System.Int64" => "long",
        "System.UInt64" => "ulong",
        "System.IntPtr" => "nint",
        "System.UIntPtr" => "nuint",
        "System.Single" => "float",
        "System.Double" => "double",
        "System.Decimal" => "decimal",
        "System.String" => "string",
        "System.Object" => "object",
        "System.Void" => "void",
        _ => null,
    };
}
