namespace Cria.Cli.Terminal;

/// <summary>Reports on the thread that does the work, in order; the framework's own <see cref="Progress{T}"/> does neither.</summary>
internal sealed class InlineProgress<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
