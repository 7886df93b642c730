using System.IO.Compression;

namespace Organics.Tests;

public class NpzTests
{
    static string Corpus(string name) => Path.Combine(AppContext.BaseDirectory, "Corpus", "npz", name);

    static byte[] Zip(params (string Name, byte[] Content, CompressionLevel Level)[] entries)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] content, CompressionLevel level) in entries)
            {
                using Stream entry = archive.CreateEntry(name, level).Open();
                entry.Write(content);
            }
        }
        return stream.ToArray();
    }

    static byte[] Array(int count)
    {
        using var stream = new MemoryStream();
        Npy.Write(stream, NumberArray.Of<double>("x", [count], new double[count]));
        return stream.ToArray();
    }

    static string Refused(byte[] file) => Assert.Throws<InvalidDataException>(() => Npz.Parse(file, "my.npz")).Message;

    [Fact]
    public void Every_type_that_NumPy_wrote_deflated_is_read_in_both_orders()
    {
        IReadOnlyDictionary<string, NumberArray> arrays = Npz.Read(Corpus("types-deflated.npz"));
        Assert.Equal(3 + 9 * 4, arrays.Count);
        foreach ((string name, NumberArray array) in arrays)
        {
            double[] expected = array.Type is NumberType.BOOL or NumberType.U8 or NumberType.I8 ? [1, 0, 1, 0, 1, 1]
                : [.. Enumerable.Range(0, 6).Select(i => i * (name[0] == 'f' ? 1.5 : 1) - (name[0] == 'u' ? 0 : 2))];
            Assert.Equal(expected, NumberArrayTests.All<double>(array));
            Assert.Equal([.. expected.Select(value => (float)value)], NumberArrayTests.All<float>(array));
            if (array.IsWhole) Assert.Equal([.. expected.Select(value => (long)value)], NumberArrayTests.All<long>(array));
            Assert.Equal([2, 3], array.Shape);
            Assert.Equal(name[0] == 'b' ? NumberType.BOOL : Enum.Parse<NumberType>($"{char.ToUpperInvariant(name[0])}{8 * (name[1] - '0')}"), array.Type);
        }
    }

    [Fact]
    public void Stored_arrays_are_read_by_name()
    {
        IReadOnlyDictionary<string, NumberArray> arrays = Npz.Read(Corpus("stored.npz"));
        Assert.Equal(["x_train", "y_train", "größe"], arrays.Keys);
        Assert.Equal([.. Enumerable.Range(0, 12)], NumberArrayTests.All<int>(arrays["x_train"]));
        // Each array has its own share of the file.
        arrays["x_train"].Dispose();
        Assert.Equal([1, 0], NumberArrayTests.All<int>(arrays["y_train"]));
        Assert.Equal([2.5], NumberArrayTests.All<double>(arrays["größe"]));
        foreach (NumberArray array in arrays.Values) array.Dispose();
    }

    [Fact]
    public void Lengths_and_places_of_64_bits_are_read()
    {
        byte[] whole = File.ReadAllBytes(Corpus("64-bit.npz"));
        Assert.True(whole.AsSpan().IndexOf("PK\u0006\u0006"u8) > 0);
        IReadOnlyDictionary<string, NumberArray> arrays = Npz.Parse(whole, "64");
        Assert.Equal([0, 1, 2], NumberArrayTests.All<int>(arrays["x"]));
        Assert.Equal([2.5], NumberArrayTests.All<double>(arrays["y"]));
        for (int length = 0; length < whole.Length; length++) Assert.Throws<InvalidDataException>(() => Npz.Parse(whole.AsMemory(0, length), "torn"));
        // Numbers of more than 63 bits are none.
        for (int at = whole.AsSpan().IndexOf("PK\u0001\u0002"u8); at < whole.Length; at++)
        {
            byte[] damaged = (byte[])whole.Clone();
            damaged[at] = 0xFF;
            try
            {
                Npz.Parse(damaged, "damaged");
            }
            catch (InvalidDataException)
            {
            }
        }
    }

    [Fact]
    public void What_is_written_is_read_back_and_always_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        KeyValuePair<string, NumberArray>[] arrays =
        [
            new("größe", NumberArray.Of<float>("a", [2, 2], new[] { 1f, 2, 3, 4 })),
            new("y", NumberArray.Of<long>("b", [3], new[] { 1L, long.MinValue, 3 })),
            new("brain", SafeTensorsArray()),
            new("long", NumberArray.Of<byte>("c", [200_000], new byte[200_000])),
        ];
        Npz.Write(folder["a.npz"], arrays);
        Npz.Write(folder["b.npz"], arrays);
        Assert.Equal(File.ReadAllBytes(folder["a.npz"]), File.ReadAllBytes(folder["b.npz"]));
        IReadOnlyDictionary<string, NumberArray> again = Npz.Read(folder["a.npz"]);
        Assert.Equal(arrays.Select(pair => pair.Key), again.Keys);
        foreach ((string name, NumberArray array) in arrays)
        {
            Assert.Equal(array.Shape, again[name].Shape);
            Assert.Equal(NumberArrayTests.All<double>(array), NumberArrayTests.All<double>(again[name]));
        }
        Assert.Equal(NumberType.F32, again["brain"].Type);
        foreach (NumberArray array in again.Values) array.Dispose();
        using ZipArchive archive = ZipFile.OpenRead(folder["a.npz"]);
        Assert.Equal(arrays.Select(pair => pair.Key + ".npy"), archive.Entries.Select(entry => entry.FullName));
        Assert.All(archive.Entries, entry => entry.Open().CopyTo(Stream.Null));
    }

    static NumberArray SafeTensorsArray() => new("brain", NumberType.BF16, [2], new MemoryBytes<byte>(new byte[] { 0xC0, 0x3F, 0x80, 0xFF }), 0, isBigEndian: false);

    [Fact]
    public void Names_that_cannot_be_are_refused_and_the_old_file_stays()
    {
        using var folder = new TemporaryFolder();
        NumberArray one = NumberArray.Of<float>("a", [1], new float[1]);
        Npz.Write(folder["a.npz"], [new("x", one)]);
        byte[] old = File.ReadAllBytes(folder["a.npz"]);
        Assert.Contains("'x'", Assert.Throws<ArgumentException>(() => Npz.Write(folder["a.npz"], [new("x", one), new("x", one)])).Message);
        Assert.Throws<ArgumentException>(() => Npz.Write(folder["a.npz"], [new("", one)]));
        NumberArray gone = NumberArray.Of<float>("a", [1], new float[1]);
        gone.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Npz.Write(folder["a.npz"], [new("x", gone)]));
        Assert.Equal(old, File.ReadAllBytes(folder["a.npz"]));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Objects_do_not_spoil_the_others_and_who_asks_for_them_is_told_their_type_and_the_remedy()
    {
        IReadOnlyDictionary<string, NumberArray> arrays = Npz.Read(Corpus("objects.npz"));
        Assert.Equal(["x"], arrays.Keys);
        Assert.Equal([0, 0], NumberArrayTests.All<float>(arrays["x"]));
        foreach (Func<object> ask in (Func<object>[])[() => arrays["y"], () => arrays.ContainsKey("y"), () => arrays.TryGetValue("y", out _)])
        {
            string message = Assert.Throws<InvalidDataException>(ask).Message;
            Assert.Contains("objects.npz:y'", message);
            Assert.Contains("'|O'", message);
            Assert.Contains("astype", message);
        }
        Assert.Contains("there is x", Assert.Throws<KeyNotFoundException>(() => arrays["z"]).Message);
        arrays["x"].Dispose();
    }

    [Fact]
    public void Every_truncation_every_false_byte_sum_and_what_follows_are_refused()
    {
        foreach (string name in (string[])["stored.npz", "objects.npz"])
        {
            byte[] whole = File.ReadAllBytes(Corpus(name));
            for (int length = 0; length < whole.Length; length++) Assert.Throws<InvalidDataException>(() => Npz.Parse(whole.AsMemory(0, length), "torn"));
            Assert.Throws<InvalidDataException>(() => Npz.Parse((byte[])[.. whole, 0], "long"));
        }
        byte[] zeros = Zip(("x.npy", Array(100), CompressionLevel.NoCompression));
        // A number in the middle of the content.
        zeros[400] ^= 1;
        Assert.Contains("CRC-32", Refused(zeros));
    }

    [Fact]
    public void A_damaged_deflated_entry_is_refused()
    {
        byte[] random = [.. Array(100).AsSpan(0, 128), .. Enumerable.Range(0, 800).Select(i => (byte)(i * i / 7))];
        byte[] whole = Zip(("x.npy", random, CompressionLevel.Optimal));
        Assert.Equal(100, Npz.Parse(whole, "whole")["x"].Length);
        int refused = 0;
        for (int at = 40; at < whole.Length - 80; at++)
        {
            byte[] damaged = (byte[])whole.Clone();
            damaged[at] ^= 0x10;
            Assert.Contains("my.npz", Refused(damaged));
            refused++;
        }
        Assert.True(refused > 300);
    }

    [Fact]
    public void What_is_no_array_or_twice_there_is_refused()
    {
        Assert.Contains("'readme.txt'", Refused(Zip(("x.npy", Array(1), CompressionLevel.Optimal), ("readme.txt", [1], CompressionLevel.Optimal))));
        Assert.Contains("'.npy'", Refused(Zip((".npy", Array(1), CompressionLevel.Optimal))));
        Assert.Contains("'x' twice", Refused(Zip(("x.npy", Array(1), CompressionLevel.Optimal), ("x.npy", Array(1), CompressionLevel.Optimal))));
        Assert.Contains("no .npy file", Refused(Zip(("x.npy", [1, 2, 3], CompressionLevel.Optimal))));
        Assert.Contains("no directory", Refused([1, 2, 3]));
        Assert.Empty(Npz.Parse(Zip(), "empty"));
    }

    [Fact]
    public void Encryption_and_other_packings_are_named()
    {
        byte[] zip = Zip(("x.npy", Array(1), CompressionLevel.NoCompression));
        int directory = zip.AsSpan().IndexOf("PK\u0001\u0002"u8);
        byte[] encrypted = (byte[])zip.Clone(), packed = (byte[])zip.Clone();
        encrypted[directory + 8] |= 1;
        packed[directory + 10] = 12;
        Assert.Contains("encrypted", Refused(encrypted));
        Assert.Contains("method 12", Refused(packed));
    }

    [Fact]
    public void What_is_announced_is_checked_before_memory_is_taken()
    {
        // Its 8 GB of zeros would take some 8 MB: neither the archive nor the array inside can announce them.
        byte[] zip = Zip(("x.npy", Array(1000), CompressionLevel.Optimal));
        int directory = zip.AsSpan().IndexOf("PK\u0001\u0002"u8);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(zip.AsSpan(directory + 24), 2_000_000_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("announces 2000000000 bytes", Refused(zip));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(zip.AsSpan(directory + 24), 50_000);
        Assert.Contains("takes 8000 bytes, but 49872 follow", Refused(zip));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 << 20);
    }

    [Fact]
    public void Entries_that_share_their_bytes_are_refused()
    {
        byte[] zip = Zip(("x.npy", Array(1), CompressionLevel.NoCompression), ("y.npy", Array(1), CompressionLevel.NoCompression));
        int first = zip.AsSpan().IndexOf("PK\u0001\u0002"u8), second = first + 46 + 5;
        // The second has the first one's place and name.
        zip.AsSpan(first + 42, 4).CopyTo(zip.AsSpan(second + 42));
        zip[second + 46] = (byte)'x';
        Assert.Contains("overlaps", Refused(zip));
    }
}
