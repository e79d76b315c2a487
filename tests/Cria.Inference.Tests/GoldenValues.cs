using System.Text.Json;
using Cria.Testing;

namespace Cria.Inference.Tests;

/// <summary>Reads the JSON of golden files.</summary>
internal static class GoldenValues
{
    public static JsonElement Read(string relative) => JsonDocument.Parse(File.ReadAllBytes(SharedData.Golden(relative))).RootElement;

    public static int[] Ints(this JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(value => value.GetInt32())];

    public static float[] Floats(this JsonElement element) => [.. element.EnumerateArray().Select(value => value.GetSingle())];

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
