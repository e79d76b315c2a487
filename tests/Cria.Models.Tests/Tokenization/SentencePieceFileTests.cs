namespace Cria.Models.Tests;

public class SentencePieceFileTests
{
    private const int Mutations = 3000;

    [Fact]
    public void Damaged_models_give_a_result_or_the_typed_error() =>
        Fuzz(SentencePieceExamples.Tokenizer.Model.ToBytes(), bytes => SentencePieceModel.Read(bytes));

    [Fact]
    public void Damaged_llama2c_files_give_a_result_or_the_typed_error()
    {
        using MemoryStream file = new();
        using BinaryWriter writer = new(file);
        writer.Write(16);
        foreach (SentencePiece piece in SentencePieceExamples.Tokenizer.Model.Pieces)
        {
            byte[] text = System.Text.Encoding.UTF8.GetBytes(piece.Text.Replace('\u2581', ' '));
            writer.Write(piece.Score);
            writer.Write(text.Length);
            writer.Write(text);
        }

        int size = SentencePieceExamples.Tokenizer.VocabularySize;
        byte[] valid = file.ToArray();
        SentencePieceModel model = Llama2cTokenizerFile.Read(valid, size, "tokenizer.bin");
        Assert.Equal(SentencePieceExamples.Tokenizer.Model.Pieces, model.Pieces);
        Fuzz(valid, bytes => Llama2cTokenizerFile.Read(bytes, size, "tokenizer.bin"));

        InvalidModelFileException error =
            Assert.Throws<InvalidModelFileException>(() => Llama2cTokenizerFile.Read(valid, size + 1, "tokenizer.bin"));
        Assert.Contains($"piece {size} of {size + 1}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Broken_vocabularies_are_refused_with_a_reason()
    {
        SentencePiece unknown = new("<unk>", 0, SentencePieceType.Unknown);
        SentencePiece a = new("a", -1, SentencePieceType.Normal);
        SentencePieceTrainerOptions options = new() { ByteFallback = false };
        RequireError("no piece of type UNKNOWN", [a], options);
        RequireError("occurs twice", [unknown, a, a], options);
        RequireError("is empty", [unknown, a with { Text = "" }], options);
        RequireError("the score NaN", [unknown, a with { Score = float.NaN }], options);
        RequireError("both of type UNKNOWN", [unknown, unknown with { Text = "?" }], options);
        RequireError("not spelled <0x00>", [unknown, a with { Type = SentencePieceType.Byte }], options);
        RequireError("needs 256 byte pieces", [unknown, a], options with { ByteFallback = true });
        RequireError("characters, more than", [unknown, a with { Text = new string('a', 1000) }], options);
    }

    [Fact]
    public void Other_kinds_of_model_are_refused_by_name()
    {
        // trainer_spec { model_type: UNIGRAM }
        InvalidModelFileException error =
            Assert.Throws<InvalidModelFileException>(() => SentencePieceModel.Read([0x12, 2, 0x18, 1], "x.model"));
        Assert.Contains("x.model: the model type is 1 (1 unigram", error.Message, StringComparison.Ordinal);

        // normalizer_spec { precompiled_charsmap: "x" }
        error = Assert.Throws<InvalidModelFileException>(() => SentencePieceModel.Read([0x1A, 3, 0x12, 1, (byte)'x'], "x.model"));
        Assert.Contains("only the rule 'identity'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_written_file_replaces_the_old_one()
    {
        string folder = Directory.CreateTempSubdirectory("cria-spm-").FullName;
        string path = Path.Combine(folder, "tokenizer.model");
        File.WriteAllText(path, "old");
        SentencePieceExamples.WithSymbols.Model.Write(path);
        SentencePieceModel model = SentencePieceModel.Read(path);
        Assert.Equal(SentencePieceExamples.WithSymbols.Model.Pieces, model.Pieces);
        Assert.Equal(["\n", "```", "<br>", "<br><br>"], model.Trainer.UserDefinedSymbols);
        Directory.Delete(folder, recursive: true);
    }

    private static void RequireError(string message, SentencePiece[] pieces, SentencePieceTrainerOptions options)
    {
        InvalidModelFileException error = Assert.Throws<InvalidModelFileException>(() => new SentencePieceModel(pieces, options));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static void Fuzz(byte[] valid, Func<byte[], SentencePieceModel> read)
    {
        DeterministicRandom random = new(6);
        int accepted = 0;
        for (int i = 0; i < Mutations; i++)
        {
            byte[] bytes = valid[..(i % 3 == 0 ? random.NextInt(valid.Length) : valid.Length)];
            for (int changes = random.NextInt(4); changes > 0 && bytes.Length > 0; changes--)
            {
                bytes[random.NextInt(bytes.Length)] = (byte)random.NextInt(256);
            }

            try
            {
                SentencePieceModel model = read(bytes);
                if (accepted++ % 20 == 0)
                {
                    SentencePieceTokenizer tokenizer = new(model);
                    tokenizer.Decode(tokenizer.Encode("the tokens of a reader <0x0A> 日本語"));
                }
            }
            catch (InvalidModelFileException error)
            {
                Assert.NotEmpty(error.Message);
            }
        }
    }
}
