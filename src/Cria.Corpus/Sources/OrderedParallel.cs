using System.Runtime.ExceptionServices;

namespace Cria.Corpus;

internal static class OrderedParallel
{
    /// <summary>
    /// Runs an action for every index on several threads. Of several failures the one with the lowest index is thrown, so that the same
    /// bad input gives the same message whatever the thread count.
    /// </summary>
    public static void For(int count, int threads, Action<int> action)
    {
        Exception?[] failures = new Exception?[count];
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
        {
            try
            {
                action(i);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                failures[i] = exception;
            }
        });
        if (failures.FirstOrDefault(failure => failure is not null) is Exception first)
        {
            ExceptionDispatchInfo.Throw(first);
        }
    }
}
