using System.CommandLine;
using Cria.Cli.Terminal;
using Cria.Inference;
using Cria.Models;

namespace Cria.Cli.Commands;

/// <summary><c>cria chat</c>: a conversation in a plain terminal.</summary>
internal static class ChatCommand
{
    public const string Verb = "chat";

    private const string Help = "/system TEXT sets the system prompt, /clear forgets the dialogue, /exit leaves; Ctrl-C stops an answer.";

    public static Command Create()
    {
        Command command = new(
            Verb, "Talk to a model: streaming, several turns, system prompt. Ctrl-C stops the answer and not the program.");
        Argument<string> model = CommonOptions.Model();
        Option<string?> system = new("--system") { Description = "The system prompt." };
        Option<string?> format = new("--format")
        {
            Description = "How the model expects dialogues: llama2, chatml, or plain, which continues the text. "
                + "Default: what its files say, or else plain.",
        };
        format.AcceptOnlyFromAmong("llama2", "chatml", "plain");
        Option<string?> tokenizer = CommonOptions.Tokenizer();
        Option<int> threads = CommonOptions.Threads();
        SamplingArguments sampling = new();
        command.Arguments.Add(model);
        command.Options.Add(system);
        command.Options.Add(format);
        sampling.AddTo(command);
        command.Options.Add(tokenizer);
        command.Options.Add(threads);
        command.SetAction(parsed =>
        {
            using OpenModel open = OpenModel.From(parsed, model, tokenizer, threads);
            ChatFormat chosen = Format(parsed.GetValue(format), open.Loaded);
            SamplingOptions options = sampling.Read(parsed, DefaultSampling.Of(open.Loaded));
            using ChatSession session = new(open.Engine, open.Tokenizer, chosen, options, parsed.GetValue(system));
            if (chosen == ChatFormat.Plain)
            {
                Console.WriteLine("The model was not tuned for dialogue: it continues what you write.");
            }

            Console.WriteLine(Help);
            Talk(session);
        });
        return command;
    }

    private static ChatFormat Format(string? name, LoadedModel model) => name switch
    {
        "llama2" => ChatFormat.Llama2,
        "chatml" => ChatFormat.ChatMl,
        "plain" => ChatFormat.Plain,
        _ => model.ChatFormat ?? ChatFormat.Plain,
    };

    private static void Talk(ChatSession session)
    {
        CancellationTokenSource? answering = null;
        Lock gate = new();
        ConsoleCancelEventHandler stop = (_, e) =>
        {
            // Ctrl-C never ends the program here: it stops the answer that is being written, if any.
            e.Cancel = true;
            lock (gate)
            {
                answering?.Cancel();
            }
        };
        Console.CancelKeyPress += stop;
        try
        {
            while (ReadMessage() is { } message)
            {
                if (message == "/exit")
                {
                    return;
                }

                if (message.Length == 0 || TryCommand(session, message))
                {
                    continue;
                }

                using CancellationTokenSource source = new();
                lock (gate)
                {
                    answering = source;
                }

                Answer(session, message, source.Token);
                lock (gate)
                {
                    answering = null;
                }
            }
        }
        finally
        {
            Console.CancelKeyPress -= stop;
        }
    }

    private static string? ReadMessage()
    {
        if (!Console.IsInputRedirected)
        {
            Console.Write("\n> ");
        }

        return Console.ReadLine()?.Trim();
    }

    private static bool TryCommand(ChatSession session, string message)
    {
        if (message[0] != '/')
        {
            return false;
        }

        switch (message.Split(' ', 2))
        {
            case ["/clear"]:
                session.Clear();
                Console.WriteLine("The dialogue is forgotten.");
                break;
            case ["/system", var text]:
                session.SystemMessage = text.Trim();
                Console.WriteLine("The system prompt is set.");
                break;
            default:
                Console.WriteLine(Help);
                break;
        }

        return true;
    }

    private static void Answer(ChatSession session, string message, CancellationToken cancellation)
    {
        int forgotten = session.ForgottenTurns;
        try
        {
            foreach (string piece in session.Ask(message, cancellation))
            {
                Console.Write(TerminalText.Printable(piece));
            }
        }
        catch (Exception e) when (e is ContextLengthException or InvalidDialogueException)
        {
            Console.Write(e.Message);
        }

        Console.WriteLine();
        if (session.ForgottenTurns > forgotten)
        {
            Console.WriteLine($"(The context is full: the {session.ForgottenTurns} oldest turns are forgotten.)");
        }

        if (session.LastFinish is FinishReason.Context)
        {
            Console.WriteLine("(The answer was cut off: the context is full.)");
        }
    }
}
