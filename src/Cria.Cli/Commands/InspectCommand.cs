using System.CommandLine;
using System.Globalization;
using Cria.Cli.Terminal;
using Cria.Models;
using Spectre.Console;

namespace Cria.Cli.Commands;

/// <summary><c>cria inspect</c>: what a model is, without loading its weights.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        Command command = new("inspect", "What a model is: shape, parameters, tensors, tokenizer.");
        Argument<string> model = CommonOptions.Model();
        Option<bool> json = CommonOptions.Json("the figures");
        command.Arguments.Add(model);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            ModelInformation information = ModelLoader.Inspect(parsed.GetRequiredValue(model));
            if (parsed.GetValue(json))
            {
                Console.WriteLine(Json(information));
            }
            else
            {
                Print(information);
            }
        });
        return command;
    }

    private static string Json(ModelInformation model) => JsonOutput.IndentedObject(writer =>
    {
        writer.WriteString("source", model.Source);
        writer.WriteString("format", model.Format);
        writer.WriteString("architecture", model.Architecture);
        foreach ((string name, object value) in Figures(model))
        {
            switch (value)
            {
                case bool flag:
                    writer.WriteBoolean(name, flag);
                    break;
                case string text:
                    writer.WriteString(name, text);
                    break;
                default:
                    writer.WriteNumber(name, Convert.ToDecimal(value, CultureInfo.InvariantCulture));
                    break;
            }
        }

        writer.WriteStartObject("values_by_type");
        foreach ((string type, long count) in model.ValuesByType)
        {
            writer.WriteNumber(type, count);
        }

        writer.WriteEndObject();
        writer.WriteStartArray("tensors");
        foreach (TensorSummary tensor in model.Tensors)
        {
            writer.WriteStartObject();
            writer.WriteString("name", tensor.Name);
            writer.WriteString("type", tensor.Type);
            writer.WriteStartArray("shape");
            foreach (long dimension in tensor.Shape)
            {
                writer.WriteNumberValue(dimension);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    private static void Print(ModelInformation model)
    {
        Table figures = new() { Border = TableBorder.None, ShowHeaders = false };
        figures.AddColumns("", "");
        figures.AddRow("source", Markup.Escape(model.Source));
        figures.AddRow("format", $"{model.Format}, {model.Architecture}");
        foreach ((string name, object value) in Figures(model))
        {
            figures.AddRow(name.Replace('_', ' '), Markup.Escape(string.Create(CultureInfo.InvariantCulture, $"{value:#,0.######}")));
        }

        AnsiConsole.Write(figures);
        Table tensors = new() { Border = TableBorder.Simple };
        tensors.AddColumns("tensor", "type", "shape");
        foreach (TensorSummary tensor in model.Tensors)
        {
            tensors.AddRow(Markup.Escape(tensor.Name), tensor.Type, string.Join(" × ", tensor.Shape));
        }

        AnsiConsole.Write(tensors);
    }

    private static IEnumerable<(string Name, object Value)> Figures(ModelInformation model)
    {
        LlamaConfig config = model.Config;
        yield return ("parameters", config.ParameterCount);
        yield return ("bytes", model.Bytes);
        yield return ("dim", config.Dim);
        yield return ("layers", config.Layers);
        yield return ("heads", config.Heads);
        yield return ("kv_heads", config.KvHeads);
        yield return ("head_dim", config.HeadDim);
        yield return ("hidden_dim", config.HiddenDim);
        yield return ("vocabulary_size", config.VocabularySize);
        yield return ("context_length", config.ContextLength);
        yield return ("norm_epsilon", config.NormEpsilon);
        yield return ("rope_base", config.RopeBase);
        yield return ("rope_scaling", config.RopeScaling?.ToString() ?? "none");
        yield return ("tied_embeddings", config.TiedEmbeddings);
        yield return ("tokenizer", model.Tokenizer ?? "none");
    }
}
