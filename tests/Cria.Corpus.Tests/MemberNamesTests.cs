namespace Cria.Corpus.Tests;

public sealed class MemberNamesTests
{
    private static readonly MemberNames Names = CreateNames();

    [Theory]
    [InlineData("T:System.Collections.Generic.List`1", "System.Collections.Generic.List<T>")]
    [InlineData("T:System.Collections.Generic.Dictionary`2.Enumerator", "System.Collections.Generic.Dictionary<TKey, TValue>.Enumerator")]
    [InlineData("T:Unknown.Space.Thing`3", "Unknown.Space.Thing<T1, T2, T3>")]
    [InlineData("T:Global", "Global")]
    [InlineData("M:System.Collections.Generic.List`1.Add(`0)", "List<T>.Add(T item)", "item")]
    [InlineData("M:System.Collections.Generic.List`1.#ctor(System.Int32)", "new List<T>(int capacity)", "capacity")]
    [InlineData("M:System.Collections.Generic.List`1.#ctor", "new List<T>()")]
    [InlineData("P:System.Collections.Generic.List`1.Item(System.Int32)", "List<T>.this[int index]", "index")]
    [InlineData("P:System.String.Chars(System.Int32)", "String.this[int index]", "index")]
    [InlineData("P:System.String.Length", "String.Length")]
    [InlineData("F:System.Int32.MaxValue", "Int32.MaxValue")]
    [InlineData("F:System.Environment.SpecialFolder.Desktop", "Environment.SpecialFolder.Desktop")]
    [InlineData("E:System.AppDomain.ProcessExit", "AppDomain.ProcessExit")]
    [InlineData("M:System.Decimal.op_Addition(System.Decimal,System.Decimal)", "Decimal.operator +(decimal a, decimal b)", "a", "b")]
    [InlineData("M:System.Decimal.op_Explicit(System.Decimal)~System.Int32", "Decimal.explicit operator int(decimal value)", "value")]
    [InlineData(
        "M:System.Array.ConvertAll``2(``0[],System.Converter{``0,``1})",
        "Array.ConvertAll<T1, T2>(T1[] array, Converter<T1, T2> converter)",
        "array",
        "converter")]
    [InlineData("M:System.Array.Fill(System.Int32[0:,0:],System.Int32[][])", "Array.Fill(int[,] a, int[][] b)", "a", "b")]
    [InlineData("M:System.Buffer.Copy(System.Void*,System.Byte**)", "Buffer.Copy(void* a, byte** b)", "a", "b")]
    [InlineData(
        "M:System.Guid.M(System.Nullable{System.Int32},System.ValueTuple{System.Int32,System.String})",
        "Guid.M(int? a, (int, string) b)",
        "a",
        "b")]
    [InlineData(
        "M:System.Collections.Generic.Dictionary`2.M(System.Collections.Generic.Dictionary{`0,`1}.Enumerator@)",
        "Dictionary<TKey, TValue>.M(ref Dictionary<TKey, TValue>.Enumerator value)",
        "value")]
    [InlineData(
        "M:System.Byte.System#IConvertible#ToBoolean(System.IFormatProvider)",
        "Byte.IConvertible.ToBoolean(IFormatProvider p)",
        "p")]
    [InlineData(
        "M:System.Half.System#Numerics#INumberBase{System#Half}#TryConvert``1(``0,System.Half@)",
        "Half.INumberBase<Half>.TryConvert<T>(T a, ref Half b)",
        "a",
        "b")]
    [InlineData("M:System.Byte.System#Numerics#IBinaryInteger<System#Byte>#PopCount", "Byte.IBinaryInteger<byte>.PopCount()")]
    [InlineData(
        "M:X.Y.Query(System.Void*,System.Guid@|System.Runtime.InteropServices.InAttribute,System.Void*@)",
        "Y.Query(void*, ref Guid, ref void*)")]
    public void Signatures_are_csharp(string id, string expected, params string[] parameterNames)
    {
        List<DocumentedParameter> parameters = [.. parameterNames.Select(name => new DocumentedParameter(name, "", ""))];
        Assert.Equal(expected, Names.Signature(DocumentationId.Parse(id), parameters, []).Signature);
    }

    [Theory]
    [InlineData("T:System.Collections.Generic.List`1", "List<T>")]
    [InlineData("T:System.Collections.Generic.List{System.String}", "List<String>")]
    [InlineData("T:System.Collections.Generic.List%601", "List<T>")]
    [InlineData("M:System.Collections.Generic.List`1.Add(`0)", "List<T>.Add")]
    [InlineData("M:System.Collections.Generic.List`1.#ctor", "List<T>")]
    [InlineData("Overload:System.String.Replace", "String.Replace")]
    [InlineData("F:System.Int32.MaxValue", "Int32.MaxValue")]
    [InlineData("N:System.Collections", "System.Collections")]
    [InlineData("!:Missing", "Missing")]
    [InlineData("System.String", "String")]
    [InlineData("System.Collections.Generic.List`1.Count", "List<T>.Count")]
    [InlineData("free words", "free words")]
    public void References_are_short_names(string reference, string expected) => Assert.Equal(expected, Names.Reference(reference));

    [Fact]
    public void Every_string_has_some_reading()
    {
        Random random = new(7);
        const string Alphabet = "TMP:.`{}()[]@*~#,<>^|! 0129aB_";
        for (int i = 0; i < 50_000; i++)
        {
            string id = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            id = (i % 3) switch { 0 => "M:" + id, 1 => "T:" + id, _ => id };
            Assert.NotNull(Names.Reference(id));
            Assert.NotNull(Names.Signature(DocumentationId.Parse(id), [], []).Signature);
            Assert.NotNull(Names.Namespace(DocumentationId.Parse(id).Type));
        }

        Assert.NotNull(Names.Reference("T:" + string.Concat(Enumerable.Repeat("A{", 100_000))));
    }

    private static MemberNames CreateNames()
    {
        DocumentedTypes types = new();
        types.Add("System.Collections.Generic.List`1", ["T"]);
        types.Add("System.Collections.Generic.Dictionary`2", ["TKey", "TValue"]);
        types.Add("System.Environment", []);
        types.Add("System.String", []);
        return new MemberNames(types);
    }
}
