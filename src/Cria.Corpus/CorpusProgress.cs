namespace Cria.Corpus;

/// <summary>How far building a corpus has come.</summary>
/// <param name="Documents">Documents written.</param>
/// <param name="Characters">Characters encoded.</param>
/// <param name="Tokens">Tokens written.</param>
/// <param name="Fraction">The share of the work done, 0 to 1; an estimate from the files' sizes.</param>
public readonly record struct CorpusProgress(long Documents, long Characters, long Tokens, double Fraction);
