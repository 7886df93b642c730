namespace Organics.Tests;

public sealed class CheckpointTests
{
    static readonly string[] Names = ["model/weight", "model/bias"];

    static LinearClassifier<float> Model(double scale) => LinearClassifier<float>.Create(4, 3, scale);

    static SafeTensors File(IEnumerable<SafeTensor> tensors)
    {
        using var stream = new MemoryStream();
        SafeTensors.Write(stream, tensors);
        return SafeTensors.Parse(stream.ToArray(), "file");
    }

    static IEnumerable<SafeTensor> Packed(double scale) => Checkpoint.Pack<LinearParameters<float>, float>(Model(scale).Parameters, "model/");

    [Fact]
    public void What_was_packed_is_unpacked_bit_for_bit_under_its_prefix()
    {
        var packed = Packed(2).ToArray();
        Assert.Equal(Names, packed.Select(t => t.Name));
        var parameters = Model(1).Parameters;
        Checkpoint.Unpack<LinearParameters<float>, float>(parameters, File(packed), "model/");
        Assert.Equal(Model(2).Parameters.Values, parameters.Values);
    }

    [Fact]
    public void Another_precision_is_converted_only_on_demand()
    {
        var file = File(Packed(2));
        var parameters = LinearClassifier<double>.Create(4, 3).Parameters;
        var before = parameters.Values;
        Refused("F64", () => Checkpoint.Unpack<LinearParameters<double>, double>(parameters, file, "model/"));
        Assert.Equal(before, parameters.Values);
        Checkpoint.Unpack<LinearParameters<double>, double>(parameters, file, "model/", convert: true);
        Assert.Equal(Model(2).Parameters.Values.Select(v => (double)v), parameters.Values);
    }

    // The bias is the last tensor of the record: the weight before it must not be written either.
    public static TheoryData<string, string> Misfits => new()
    {
        { "missing", "no tensor 'model/bias'" },
        { "shape", "'model/bias' is [1, 3]" },
        { "size", "'model/bias' is [4]" },
        { "precision", "'model/bias' is F64" },
        { "integers", "'model/bias' is I32" },
        { "NaN", "'model/bias' holds NaN at element 1" },
        { "infinity", "'model/bias' holds -Infinity at element 2" },
    };

    [Theory]
    [MemberData(nameof(Misfits))]
    public void What_does_not_fit_is_refused_by_name_and_nothing_is_changed(string fault, string words)
    {
        const string name = "model/bias";
        var weight = Packed(2).First();
        SafeTensor[] tensors = fault switch
        {
            "missing" => [weight],
            "shape" => [weight, SafeTensor.From<float>(name, [1, 3], [1, 2, 3])],
            "size" => [weight, SafeTensor.From<float>(name, [4], [1, 2, 3, 4])],
            "precision" => [weight, SafeTensor.From<double>(name, [3], [1, 2, 3])],
            "integers" => [weight, SafeTensor.From<int>(name, [3], [1, 2, 3])],
            "NaN" => [weight, SafeTensor.From<float>(name, [3], [1, float.NaN, 3])],
            _ => [weight, SafeTensor.From<float>(name, [3], [1, 2, float.NegativeInfinity])],
        };
        var parameters = Model(1).Parameters;
        var before = parameters.Values;
        Refused(words, () => Checkpoint.Unpack<LinearParameters<float>, float>(parameters, File(tensors), "model/"));
        Assert.Equal(before, parameters.Values);
    }

    static void Refused(string words, Action action) => Assert.Contains(words, Assert.Throws<CheckpointException>(action).Message);
}
