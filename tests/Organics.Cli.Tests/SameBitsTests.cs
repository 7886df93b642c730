namespace Organics.Tests;

/// <summary>
/// A training leaves the same model, byte by byte, with vectors of 512 bits (where the processor has them), 256, 128 and none, with fused multiply-add in hardware and in software, and with
/// another processor's variants of the system's functions. .NET switches its instructions off by variables, glibc its own.
/// </summary>
public sealed class SameBitsTests : IDisposable
{
    static readonly (string Name, string Value)[] Processors =
    [
        ("DOTNET_EnableAVX512", "0"), ("DOTNET_EnableAVX2", "0"), ("DOTNET_EnableHWIntrinsic", "0"), ("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA,-FMA4"),
    ];

    readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("float")]
    [InlineData("double")]
    public void A_static_training_is_the_same_on_every_processor(string precision)
        => Check("static", "--hidden", "9,5", "--precision", precision, "--schedule", "cosine:3");

    [Theory]
    [InlineData("float")]
    [InlineData("double")]
    public void A_sequence_training_is_the_same_on_every_processor(string precision)
        => Check("sequence", "--units", "5", "--precision", precision, "--schedule", "step:1:0.7", "--variant", "authors", "--dt-tau-max", "y=0.3,a=0.2,b=0.9");

    void Check(string model, params string[] options)
    {
        var expected = Model([]);
        foreach (var processor in Processors) Assert.True(expected.AsSpan().SequenceEqual(Model([processor])), $"{processor.Name}={processor.Value} changes the model.");

        byte[] Model((string Name, string Value)[] variables)
        {
            var folder = variables.Length == 0 ? "all" : variables[0].Name;
            var outcome = _cli.Start(["train", model, "--data", _cli.Digits, "--epochs", "2", "--batch", "30", "--out", _cli.PathOf(folder), .. options], variables).Wait();
            Assert.True(outcome.Code == 0, outcome.Error);
            return _cli.Bytes(folder, "model.safetensors");
        }
    }
}
