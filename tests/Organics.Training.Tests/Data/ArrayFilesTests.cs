namespace Organics.Tests;

public sealed class ArrayFilesTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    static void Close(IReadOnlyDictionary<string, NumberArray> arrays)
    {
        foreach (NumberArray array in arrays.Values) array.Dispose();
    }

    static NumberArray Numbers(params float[] values) => NumberArray.Of<float>("x", [values.Length], values);

    void WriteNpy(string name, params float[] values)
    {
        using FileStream stream = File.Create(_folder[name]);
        Npy.Write(stream, Numbers(values));
    }

    [Fact]
    public void A_file_is_known_by_the_end_of_its_name()
    {
        WriteNpy("one.NPY", 1, 2);
        Npz.Write(_folder["two.npz"], [new("a", Numbers(3)), new("b", Numbers(4))]);
        IReadOnlyDictionary<string, NumberArray> one = ArrayFiles.Open(_folder["one.NPY"]), two = ArrayFiles.Open(_folder["two.npz"]);
        Assert.Equal(["x"], one.Keys);
        Assert.Equal([1, 2], NumberArrayTests.All<int>(one["x"]));
        Assert.Equal(["a", "b"], two.Keys);
        Close(one);
        Close(two);
        foreach (string name in (string[])["one.NPY", "two.npz", "not-there.safetensors"]) Assert.True(ArrayFiles.IsArrayFile(_folder[name]));
        foreach (string name in (string[])["x.mat", "sample"]) Assert.False(ArrayFiles.IsArrayFile(_folder[name]));
        File.WriteAllText(_folder["x.mat"], "x");
        Assert.Contains(".safetensors", Assert.Throws<InvalidDataException>(() => ArrayFiles.Open(_folder["x.mat"])).Message);
        Assert.Contains("y.mat", Assert.Throws<DataUnavailableException>(() => ArrayFiles.Open(_folder["y.mat"])).Message);
        Assert.Throws<DataUnavailableException>(() => ArrayFiles.Open(_folder["not-there.safetensors"]));
    }

    [Fact]
    public void The_files_of_a_folder_give_the_arrays_their_names()
    {
        Directory.CreateDirectory(_folder["set"]);
        Assert.False(ArrayFiles.IsArrayFile(_folder["set"]));
        Assert.Contains("neither .npy files nor 'samples.csv'", Assert.Throws<DataUnavailableException>(() => ArrayFiles.Open(_folder["set"])).Message);
        WriteNpy("set/x_train.npy", 1);
        WriteNpy("set/y_train.npy", 2);
        File.WriteAllText(_folder["set/readme.txt"], "of no concern");
        Assert.True(ArrayFiles.IsArrayFile(_folder["set"]));
        IReadOnlyDictionary<string, NumberArray> arrays = ArrayFiles.Open(_folder["set"]);
        Assert.Equal(["x_train", "y_train"], arrays.Keys);
        Assert.Equal([2], NumberArrayTests.All<float>(arrays["y_train"]));
        Close(arrays);
        File.WriteAllText(_folder["set/samples.csv"], "file\n");
        Assert.Contains("keep one form", Assert.Throws<InvalidDataException>(() => ArrayFiles.Open(_folder["set"])).Message);
        File.Delete(_folder["set/samples.csv"]);
        File.WriteAllText(_folder["set/z.npy"], "no array");
        Assert.Contains("z.npy", Assert.Throws<InvalidDataException>(() => ArrayFiles.Open(_folder["set"])).Message);
    }

    [Fact]
    public void Tensors_are_read_on_request_and_one_of_an_unknown_type_does_not_spoil_the_others()
    {
        SafeTensors.Write(_folder["a.safetensors"],
        [
            SafeTensor.From<float>("f", [2], [1.5f, 2]), SafeTensor.From<long>("i", [2, 1], [3, -4]),
            new SafeTensor("b", NumberType.BF16, [1], new byte[] { 0xC0, 0x3F }),
            new SafeTensor("bool", NumberType.BOOL, [2], new byte[] { 0, 1 }), SafeTensor.OfOther("f8", "F8_E4M3", [3], new byte[3]),
        ]);
        IReadOnlyDictionary<string, NumberArray> arrays = ArrayFiles.Open(_folder["a.safetensors"]);
        Assert.Equal(["b", "bool", "f", "i"], arrays.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([1.5, 2], NumberArrayTests.All<double>(arrays["f"]));
        Assert.Equal([3, -4], NumberArrayTests.All<int>(arrays["i"]));
        Assert.Equal([2, 1], arrays["i"].Shape);
        Assert.Equal([1.5f], NumberArrayTests.All<float>(arrays["b"]));
        Assert.Equal([0, 1], NumberArrayTests.All<int>(arrays["bool"]));
        Assert.Contains("F8_E4M3", Assert.Throws<InvalidDataException>(() => arrays["f8"]).Message);
        Close(arrays);
        byte[] whole = File.ReadAllBytes(_folder["a.safetensors"]);
        foreach (int length in (int[])[1, 7, 8, 100, whole.Length - 1])
        {
            File.WriteAllBytes(_folder["torn.safetensors"], whole[..length]);
            Assert.Contains("torn.safetensors", Assert.Throws<InvalidDataException>(() => ArrayFiles.Open(_folder["torn.safetensors"])).Message);
        }
    }
}
