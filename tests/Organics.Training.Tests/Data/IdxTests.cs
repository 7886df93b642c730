using System.IO.Compression;
using System.Security.Cryptography;

namespace Organics.Tests;

public class IdxTests
{
    static readonly byte[] Pixels = [.. Enumerable.Range(0, 24).Select(i => (byte)(10 * i))];

    static byte[] Images()
    {
        using var stream = new MemoryStream();
        Idx.WriteImages(stream, Pixels, rows: 3, columns: 4);
        return stream.ToArray();
    }

    static IdxArray Read(byte[] content, int magic = Idx.ImagesMagic) => Idx.Read(new MemoryStream(content), magic, "file");

    public static byte[] Gzip(byte[] raw)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(raw);
        return stream.ToArray();
    }

    [Fact]
    public void The_header_is_big_endian()
    {
        Assert.Equal([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4], Images()[..16]);
        using var stream = new MemoryStream();
        Idx.WriteLabels(stream, [7, 9]);
        Assert.Equal([0, 0, 8, 1, 0, 0, 0, 2, 7, 9], stream.ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_written_is_read_back_raw_or_gzipped(bool gzipped)
    {
        IdxArray array = Read(gzipped ? Gzip(Images()) : Images());
        Assert.Equal([2, 3, 4], array.Dimensions);
        Assert.Equal(Pixels, array.Data);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Images())), array.Sha256);
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        byte[] raw = Images(), zipped = Gzip(raw);
        for (int length = 0; length < raw.Length; length++) Assert.Throws<InvalidDataException>(() => Read(raw[..length]));
        for (int length = 0; length < zipped.Length; length++) Assert.Throws<InvalidDataException>(() => Read(zipped[..length]));
    }

    [Fact]
    public void A_byte_too_many_is_refused() =>
        Assert.Contains("more follow", Assert.Throws<InvalidDataException>(() => Read([.. Images(), 0])).Message);

    [Fact]
    public void Labels_in_place_of_images_are_named_as_such()
    {
        using var stream = new MemoryStream();
        Idx.WriteLabels(stream, [7, 9]);
        string message = Assert.Throws<InvalidDataException>(() => Read(stream.ToArray())).Message;
        Assert.Contains("2051", message);
        Assert.Contains("2049", message);
    }

    [Theory]
    [InlineData(0x7FFFFFFF)]
    [InlineData(-1)]
    [InlineData(0)]
    public void A_false_length_is_refused_without_allocating_for_it(int count)
    {
        byte[] content = Images();
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(4), count);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => Read(content));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void A_damaged_gzip_is_refused()
    {
        byte[] content = Gzip(Images());
        content[content.Length / 2] ^= 0x55;
        Assert.Throws<InvalidDataException>(() => Read(content));
    }

    [Fact]
    public void What_stands_behind_a_gzip_file_is_refused()
    {
        byte[] zipped = Gzip(Images());
        byte[] nothing = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        foreach (byte[] more in (byte[][])[[0], new byte[9], [1, 2, 3, 4, 5, 6, 7, 8], zipped, nothing])
            Assert.Throws<InvalidDataException>(() => Read([.. zipped, .. more]));
        Assert.Contains("pack it anew", Assert.Throws<InvalidDataException>(() => Read([.. zipped, 0])).Message);
    }

    [Theory]
    [InlineData(0x0D03, "floats with 3 axes")]
    [InlineData(0x0C02, "32-bit integers with 2 axes")]
    [InlineData(0x0802, "unsigned bytes with 2 axes")]
    public void Another_type_of_IDX_is_named_and_the_file_not_blamed(int magic, string expected)
    {
        byte[] content = Images();
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(content, magic);
        string message = Assert.Throws<InvalidDataException>(() => Read(content)).Message;
        Assert.Contains(expected, message);
        Assert.Contains("convert it", message);
        Assert.DoesNotContain("replace", message);
    }

    [Fact]
    public void A_small_gzip_file_that_announces_much_is_refused_without_allocating_for_it()
    {
        // Zeros in the name of 2 GB of images: only the first are there, whatever the trailer says.
        byte[] raw = Images();
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(raw.AsSpan(4), 170_000_000);
        byte[] zipped = Gzip(raw);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(zipped.AsSpan(zipped.Length - 4), 16 + 170_000_000U * 12);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => Read(zipped));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    public static TheoryData<byte, NumberType, byte[], double[]> Arrays => new()
    {
        { 8, NumberType.U8, [1, 255], [1, 255] },
        { 9, NumberType.I8, [1, 0x80], [1, -128] },
        { 11, NumberType.I16, [1, 2, 0xFF, 0xFE], [258, -2] },
        { 12, NumberType.I32, [0, 0, 1, 2, 0xFF, 0xFF, 0xFF, 0xFE], [258, -2] },
        { 13, NumberType.F32, [0x3F, 0xC0, 0, 0, 0xC0, 0, 0, 0], [1.5, -2] },
        { 14, NumberType.F64, [0x3F, 0xF8, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0], [1.5, -2] },
    };

    [Theory]
    [MemberData(nameof(Arrays))]
    public void Every_type_is_read_with_any_number_of_axes_raw_or_gzipped(byte code, NumberType type, byte[] elements, double[] expected)
    {
        using var folder = new TemporaryFolder();
        foreach (int[] shape in (int[][])[[2], [1, 2], [2, 1, 1, 1, 1]])
        {
            byte[] raw = [0, 0, code, (byte)shape.Length, .. shape.SelectMany(length => (byte[])[0, 0, 0, (byte)length]), .. elements];
            foreach (byte[] content in (byte[][])[raw, Gzip(raw)])
            {
                File.WriteAllBytes(folder["x"], content);
                using NumberArray array = Idx.ReadArray(folder["x"]);
                Assert.Equal((type, folder["x"]), (array.Type, array.Name));
                Assert.Equal(shape, array.Shape);
                Assert.Equal(expected, NumberArrayTests.All<double>(array));
                Assert.Equal([.. expected.Select(value => (float)value)], NumberArrayTests.All<float>(array));
                for (int length = 0; length < content.Length; length++) Refused(content[..length]);
                Refused([.. content, 0]);
            }
        }
    }

    static string Refused(byte[] content) => Assert.Throws<InvalidDataException>(() => Idx.ReadArray(new MemoryStream(content), new MemoryBytes<byte>(content), "file")).Message;

    [Fact]
    public void What_is_no_magic_number_or_announces_too_much_is_refused_without_allocating_for_it()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (byte[] start in (byte[][])[[0, 0, 10, 1], [0, 0, 8, 0], [0, 1, 8, 1], [0, 0, 8, 65], [1, 0, 8, 1]]) Assert.Contains("no magic number", Refused([.. start, 0, 0, 0, 1, 7]));
        Assert.Contains("must be positive", Refused([0, 0, 14, 2, 0, 0, 0, 0, 0, 0, 0, 1]));
        Assert.Contains("only 8 follow", Refused([0, 0, 14, 2, 0, 0x7F, 0, 0, 0, 0x7F, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]));
        Assert.Contains("all together at most", Refused([0, 0, 14, 3, 0x7F, 0, 0, 0, 0x7F, 0, 0, 0, 0x7F, 0, 0, 0]));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Throws<DataUnavailableException>(() => Idx.ReadArray("not-there"));
    }

    [Fact]
    public void What_has_no_length_is_not_read()
    {
        if (File.Exists("/dev/zero")) Assert.Contains("ends after 0 bytes", Assert.Throws<InvalidDataException>(() => Idx.ReadImages("/dev/zero")).Message);
    }
}
