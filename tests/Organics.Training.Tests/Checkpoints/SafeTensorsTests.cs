using System.Buffers.Binary;
using System.Text;

namespace Organics.Tests;

public class SafeTensorsTests
{
    static byte[] Write(IEnumerable<SafeTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var stream = new MemoryStream();
        SafeTensors.Write(stream, tensors, metadata);
        return stream.ToArray();
    }

    static byte[] Image(string header, int dataLength, ulong? claimed = null) => Image(Encoding.UTF8.GetBytes(header), dataLength, claimed);

    static byte[] Image(byte[] header, int dataLength, ulong? claimed = null)
    {
        byte[] file = new byte[8 + header.Length + dataLength];
        BinaryPrimitives.WriteUInt64LittleEndian(file, claimed ?? (ulong)header.Length);
        header.CopyTo(file, 8);
        return file;
    }

    [Fact]
    public void The_bytes_of_a_small_file_are_those_of_the_format()
    {
        byte[] file = Write([SafeTensor.From("b", [2], [1f, -2f]), SafeTensor.From("a", [1, 1], [0.5])], new Dictionary<string, string> { ["format"] = "pt" });
        const string header = """{"__metadata__":{"format":"pt"},"a":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""";
        string padded = header.PadRight((header.Length + 7) / 8 * 8);
        byte[] data = [0, 0, 0, 0, 0, 0, 0xE0, 0x3F, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0];
        Assert.Equal([(byte)padded.Length, 0, 0, 0, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(padded), .. data], file);
    }

    [Fact]
    public void All_types_scalars_empty_tensors_and_unicode_names_come_back()
    {
        SafeTensor[] tensors =
        [
            SafeTensor.From("scalar", [], [double.NegativeZero]), SafeTensor.From("σ/«名前»", [2, 1], [float.NaN, float.Epsilon]), SafeTensor.From("none", [3, 0], ReadOnlySpan<float>.Empty),
            SafeTensor.From("long", [1], [long.MinValue]), SafeTensor.From("int", [3], [1, -1, int.MaxValue]), SafeTensor.From("byte", [1, 3], [(byte)1, (byte)2, (byte)255]), SafeTensor.From("", [1], [1]),
        ];
        var metadata = new Dictionary<string, string> { ["step"] = "12", ["note"] = "a \"quoted\"\nline" };
        var read = SafeTensors.Parse(Write(tensors, metadata), "file");
        Assert.Equal(metadata, read.Metadata);
        Assert.Equal(tensors.Length, read.Tensors.Count);
        foreach (SafeTensor tensor in tensors)
        {
            SafeTensor back = read[tensor.Name];
            Assert.Equal(tensor.Type, back.Type);
            Assert.Equal(tensor.Shape, back.Shape);
            Assert.Equal(tensor.Data.ToArray(), back.Data.ToArray());
        }
        Assert.Equal([1, -1, int.MaxValue], read["int"].ToArray<int>());
    }

    [Fact]
    public void The_same_content_in_another_order_gives_the_same_bytes()
    {
        SafeTensor[] tensors = [SafeTensor.From("b", [1], [1f]), SafeTensor.From("a", [1], [2f]), SafeTensor.From("c", [1], [3L])];
        Assert.Equal(Write(tensors), Write(tensors.Reverse()));
        Assert.Equal(["c", "a", "b"], SafeTensors.Parse(Write(tensors), "file").Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void A_file_without_tensors_is_legal() => Assert.Empty(SafeTensors.Parse(Image("{}", 0), "file").Tensors);

    public static TheoryData<string, int> BadHeaders => new()
    {
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8 },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8 },
        { """{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"extra":0}}""", 4 },
        { """{"a":{"dtype":"F32","shape":[1]}}""", 4 },
        { """{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,4]}}""", 4 },
        { """{"a":{"dtype":"","shape":[1],"data_offsets":[0,4]}}""", 4 },
        { """{"a":{"dtype":null,"shape":[1],"data_offsets":[0,4]}}""", 4 },
        { """{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,8]}}""", 4 },
        { """{"a":{"dtype":3,"shape":[1],"data_offsets":[0,4]}}""", 4 },
        { """{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4 },
        { """{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", 4 },
        { """{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""", 4 },
        { """{"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}}""", 4 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}""", 4 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", 4 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775807]}}""", 4 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551616]}}""", 4 },
        { """{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647,2147483647],"data_offsets":[0,4]}}""", 4 },
        { """{"a":{"dtype":"F32","shape":[65536,65536,65536,65536],"data_offsets":[0,0]}}""", 0 },
        { """{"__metadata__":{"a":1}}""", 0 },
        { """{"__metadata__":{"a":"1","a":"2"}}""", 0 },
        { """{"__metadata__":{},"__metadata__":{}}""", 0 },
        { """{"__metadata__":[]}""", 0 },
        { """{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4 },
        { "{} {}", 0 },
        { "{}x", 0 },
        { "{}\n\0", 0 },
        { " {}", 0 },
        { "[]", 0 },
        { "{", 0 },
        { "", 0 },
        { "{\"a\":" + new string('[', 5000), 0 },
        { "{/* note */}", 0 },
    };

    [Theory]
    [MemberData(nameof(BadHeaders))]
    public void A_header_outside_the_format_is_refused(string header, int dataLength) =>
        Assert.Throws<CheckpointException>(() => SafeTensors.Parse(Image(header, dataLength), "file"));

    [Fact]
    public void A_header_that_is_not_UTF8_is_refused() =>
        Assert.Throws<CheckpointException>(() => SafeTensors.Parse(Image([(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}'], 0), "file"));

    [Theory]
    [InlineData(3UL)]
    [InlineData(1000UL)]
    [InlineData(100_000_001UL)]
    [InlineData(ulong.MaxValue)]
    public void A_false_header_length_is_refused_without_allocating_for_it(ulong claimed)
    {
        byte[] file = Image("{}  ", 0, claimed);
        if (claimed == 3) file[10] = (byte)'"';
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<CheckpointException>(() => SafeTensors.Parse(file, "file"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Every_damage_gives_a_checkpoint_exception_or_a_whole_file()
    {
        byte[] whole = Write([SafeTensor.From("w", [2, 2], [1f, 2f, 3f, 4f]), SafeTensor.From("s", [], [1.0])], new Dictionary<string, string> { ["k"] = "v" });
        for (int length = 0; length < whole.Length; length++) Assert.Throws<CheckpointException>(() => SafeTensors.Parse(whole.AsMemory(0, length), "file"));
        var random = new CounterRandom(2025);
        int refused = 0;
        for (ulong i = 0; i < 20_000; i++)
        {
            byte[] damaged = (byte[])whole.Clone();
            for (ulong k = 0; k <= i % 3; k++) damaged[random.Below(8 * i + 2 * k, damaged.Length)] = (byte)random.Below(8 * i + 2 * k + 1, 256);
            try
            {
                Assert.Equal(damaged.Length - 8 - (int)BinaryPrimitives.ReadUInt64LittleEndian(damaged), SafeTensors.Parse(damaged, "file").Tensors.Sum(tensor => tensor.Data.Length));
            }
            catch (CheckpointException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 10_000, 19_999);
    }

    [Fact]
    public void A_file_survives_the_disk_and_a_missing_one_is_a_checkpoint_exception()
    {
        using var folder = new TemporaryFolder();
        SafeTensors.Write(folder["model.safetensors"], [SafeTensor.From("w", [2], [1.5, 2.5])]);
        var read = SafeTensors.Read(folder["model.safetensors"]);
        Assert.Equal([1.5, 2.5], read["w"].ToArray<double>());
        Assert.Contains("F32", Assert.Throws<CheckpointException>(() => read["w"].ToArray<float>()).Message);
        Assert.Contains("it has w", Assert.Throws<CheckpointException>(() => read["v"]).Message);
        Assert.Throws<CheckpointException>(() => SafeTensors.Read(folder["none"]));
        Assert.Throws<CheckpointException>(() => SafeTensors.Read(folder.Path));
    }

    [Fact]
    public void What_cannot_be_stored_is_refused_before_writing()
    {
        SafeTensor w = SafeTensor.From("w", [1], [1f]);
        Assert.Throws<ArgumentException>(() => Write([w, w]));
        Assert.Throws<ArgumentException>(() => Write([SafeTensor.From("__metadata__", [1], [1f])]));
        Assert.Throws<ArgumentException>(() => SafeTensor.From("w", [2], [1f]));
    }

    [Fact]
    public void A_tensor_of_an_unknown_type_spoils_no_file_and_is_written_again_as_it_was()
    {
        const string header = """{"__metadata__":null,"f8":{"dtype":"F8_E4M3","shape":[2,2],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"c":{"dtype":"C64","shape":[1],"data_offsets":[8,16]}}""";
        byte[] image = Image(header, 16);
        for (int i = 0; i < 16; i++) image[^(16 - i)] = (byte)i;
        var file = SafeTensors.Parse(image, "file");
        Assert.Empty(file.Metadata);
        Assert.Equal((NumberType.Other, "F8_E4M3"), (file["f8"].Type, file["f8"].TypeName));
        Assert.Single(file["w"].ToArray<float>());
        var again = SafeTensors.Parse(Write(file.Tensors), "file");
        foreach (SafeTensor tensor in file.Tensors)
        {
            Assert.Equal(tensor.TypeName, again[tensor.Name].TypeName);
            Assert.Equal(tensor.Data.ToArray(), again[tensor.Name].Data.ToArray());
            Assert.Equal(tensor.Shape, again[tensor.Name].Shape);
        }
        Assert.Contains("F8_E4M3", Assert.Throws<CheckpointException>(() => file["f8"].ToArray<float>()).Message);
        Assert.Contains("C64", Assert.Throws<CheckpointException>(() => file["c"].ToConverted<double>()).Message);
    }

    // Each is 1.5 or the whole number nearest below it, and its lowest number, which float rounds where it is long.
    public static TheoryData<NumberType, byte[], double[]> Converted => new()
    {
        { NumberType.F64, [0, 0, 0, 0, 0, 0, 0xF8, 0x3F], [1.5] },
        { NumberType.F32, [0, 0, 0xC0, 0x3F], [1.5] },
        { NumberType.F16, [0, 0x3E, 0, 0xFC, 1, 0], [1.5, double.NegativeInfinity, 5.9604644775390625e-8] },
        { NumberType.BF16, [0xC0, 0x3F, 0x80, 0xFF, 0x49, 0x40], [1.5, double.NegativeInfinity, 3.140625] },
        { NumberType.I64, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80], [1, long.MinValue] },
        { NumberType.U64, [255, 255, 255, 255, 255, 255, 255, 255], [18446744073709551616.0] },
        { NumberType.I32, [1, 0, 0, 0, 0, 0, 0, 0x80], [1, int.MinValue] },
        { NumberType.U32, [255, 255, 255, 255], [uint.MaxValue] },
        { NumberType.I16, [1, 0, 0, 0x80], [1, short.MinValue] },
        { NumberType.U16, [255, 255], [65535] },
        { NumberType.I8, [1, 0x80], [1, -128] },
        { NumberType.U8, [1, 255], [1, 255] },
        { NumberType.BOOL, [0, 1], [0, 1] },
    };

    [Theory]
    [MemberData(nameof(Converted))]
    public void Every_type_is_read_as_double_and_float_on_request(NumberType type, byte[] data, double[] expected)
    {
        var tensor = SafeTensors.Parse(Write([new SafeTensor("t", type, [expected.Length], data)]), "file")["t"];
        Assert.Equal(expected, tensor.ToConverted<double>());
        Assert.Equal(Array.ConvertAll(expected, v => (float)v), tensor.ToConverted<float>());
        Assert.Equal(13, Converted.Count);
    }

    [Fact]
    public void A_file_is_refused_by_its_header_before_its_data_are_read()
    {
        using var folder = new TemporaryFolder();
        // Sparse: it takes no room on the disk.
        using (var stream = File.Create(folder["big"]))
        {
            stream.Write(Image("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4));
            stream.SetLength(3L << 30);
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("cover 4 bytes", Assert.Throws<CheckpointException>(() => SafeTensors.Read(folder["big"])).Message);
        SafeTensors.Write(folder["whole"], [SafeTensor.From("w", [1], [1.0])]);
        File.CreateSymbolicLink(folder["link"], folder["whole"]);
        Assert.True(SafeTensors.Read(folder["link"]).Contains("w"));
        if (File.Exists("/dev/zero")) Assert.Contains("0 bytes long", Assert.Throws<CheckpointException>(() => SafeTensors.Read("/dev/zero")).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }
}
