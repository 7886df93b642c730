using System.Text;

namespace Organics.Tests;

public class NpyTests
{
    static string Corpus(string name) => Path.Combine(AppContext.BaseDirectory, "Corpus", "npy", name);

    static byte[] File(string dictionary, byte[] data, byte version = 1, string end = "\n") =>
        [0x93, .. "NUMPY"u8, version, 0, .. version == 1 ? BitConverter.GetBytes((ushort)(dictionary.Length + end.Length)) : BitConverter.GetBytes(dictionary.Length + end.Length), .. Encoding.UTF8.GetBytes(dictionary + end), .. data];

    static NumberArray Parse(string dictionary, int bytes = 24, byte version = 1) => Npy.Parse(File(dictionary, new byte[bytes], version), "my.npy");

    static string Refused(string dictionary, int bytes = 24) => Assert.Throws<InvalidDataException>(() => Parse(dictionary, bytes)).Message;

    [Fact]
    public void What_NumPy_wrote_is_read()
    {
        using NumberArray f8 = Npy.Read(Corpus("f8.npy"));
        Assert.Equal((NumberType.F64, 6L, false), (f8.Type, f8.Length, f8.IsWhole));
        Assert.Equal([2, 3], f8.Shape);
        Assert.Equal([0, 0.5, 1, 1.5, 2, 2.5], NumberArrayTests.All<double>(f8));
        Assert.Equal([0, 0.5f, 1, 1.5f, 2, 2.5f], NumberArrayTests.All<float>(f8));
        using NumberArray fortran = Npy.Read(Corpus("f4-big-fortran.npy"));
        Assert.Equal([2, 3, 4], fortran.Shape);
        Assert.Equal([.. Enumerable.Range(0, 24).Select(i => i - 5.5f)], NumberArrayTests.All<float>(fortran));
        Assert.Equal([.. Enumerable.Range(0, 24).Select(i => i - 5.5)], NumberArrayTests.All<double>(fortran));
        using NumberArray i8 = Npy.Read(Corpus("i8-version-2.npy"));
        Assert.Equal([1, -2, 9007199254740993], NumberArrayTests.All<long>(i8));
        Assert.True(i8.IsWhole);
        using NumberArray boolean = Npy.Read(Corpus("bool-version-3.npy"));
        Assert.Equal([1, 0], NumberArrayTests.All<int>(boolean));
        using NumberArray scalar = Npy.Read(Corpus("scalar.npy"));
        Assert.Empty(scalar.Shape);
        Assert.Equal([7], NumberArrayTests.All<int>(scalar));
        using NumberArray empty = Npy.Read(Corpus("empty.npy"));
        Assert.Equal([0, 3], empty.Shape);
        Assert.Equal(0, empty.Length);
    }

    [Fact]
    public void What_old_writers_wrote_is_read()
    {
        byte[] numbers = [.. BitConverter.GetBytes(1.5), .. BitConverter.GetBytes(-2.0)];
        foreach (string shape in (string[])["(2,)", "(2L,)", "(1L, 2L)"])
            Assert.Equal([1.5, -2], NumberArrayTests.All<double>(Npy.Parse(File($"{{'descr': '=f8', 'fortran_order': False, 'shape': {shape}}}", numbers), "old")));
        Assert.Equal([3, 1], Parse("{'descr': '<f8', 'fortran_order': False, 'shape': (3L, 1L)}").Shape);
        foreach (string shape in (string[])["(L,)", "(3LL,)", "(3l,)", "(3 L,)"]) Refused($"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}");
    }

    [Theory]
    [InlineData("objects.npy", "'|O'", "array.astype")]
    [InlineData("texts.npy", "'<U5'", "numpy.unique")]
    [InlineData("complex.npy", "'<c16'", "real and imaginary")]
    [InlineData("records.npy", "named fields", "array of its own")]
    [InlineData("longdouble.npy", "'<f16'", "float64")]
    public void What_is_no_number_is_refused_with_its_type_and_the_remedy(string name, string type, string remedy)
    {
        string message = Assert.Throws<InvalidDataException>(() => Npy.Read(Corpus(name))).Message;
        Assert.Contains(name, message);
        Assert.Contains(type, message);
        Assert.Contains(remedy, message);
    }

    [Fact]
    public void The_same_bytes_are_written_as_by_NumPy()
    {
        foreach (string name in (string[])["f8.npy", "scalar.npy", "empty.npy"])
        {
            using NumberArray array = Npy.Read(Corpus(name));
            using var stream = new MemoryStream();
            Npy.Write(stream, array);
            Assert.Equal(System.IO.File.ReadAllBytes(Corpus(name)), stream.ToArray());
            Assert.Equal(stream.Length, Npy.LengthOf(array));
        }
    }

    [Fact]
    public void Another_byte_order_is_written_as_the_usual_one()
    {
        using NumberArray fortran = Npy.Read(Corpus("f4-big-fortran.npy"));
        using var stream = new MemoryStream();
        Npy.Write(stream, fortran);
        NumberArray again = Npy.Parse(stream.ToArray(), "again");
        Assert.Equal([2, 3, 4], again.Shape);
        Assert.Equal(NumberArrayTests.All<float>(fortran), NumberArrayTests.All<float>(again));
        Assert.Equal("'<f4'", Encoding.ASCII.GetString(stream.ToArray(), 20, 5));
    }

    [Fact]
    public void Every_truncation_and_a_byte_too_many_are_refused()
    {
        foreach (string path in Directory.GetFiles(Corpus("")))
        {
            byte[] whole = System.IO.File.ReadAllBytes(path);
            for (int length = 0; length < whole.Length; length++) Assert.Throws<InvalidDataException>(() => Npy.Parse(whole.AsMemory(0, length), "torn"));
            Assert.Throws<InvalidDataException>(() => Npy.Parse((byte[])[.. whole, 0], "long"));
        }
    }

    [Theory]
    [InlineData("{'shape': (3,), 'fortran_order': True, 'descr': '>f8'}")]
    [InlineData("  { \"descr\" : \"<f8\" ,'fortran_order':False,'shape':( 3 , 1 ) , }   ")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 3, 1,), }")]
    public void Keys_may_be_in_any_order(string dictionary)
    {
        foreach (byte version in (byte[])[1, 2, 3]) Assert.Equal(3, Parse(dictionary, version: version).Length);
    }

    [Theory]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (3)}", "no tuple")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (3 3,)}", "no tuple")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': [3]}", "'(' was expected")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (-3,)}", "whole number")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (03,)}", "whole number")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (,)}", "whole number")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (2147483648,)}", "whole number")]
    [InlineData("{'descr': '<f8', 'fortran_order': 0, 'shape': (3,)}", "neither True nor False")]
    [InlineData("{'descr': '<f8', 'fortran_order': False}", "lacks one of")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'more': 1}", "unknown key 'more'")]
    [InlineData("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (3,)}", "'descr' twice")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (3,)} + 1", "follows the dictionary")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (3,)", "'}' was expected")]
    [InlineData("{'descr': '<f8' 'fortran_order': False, 'shape': (3,)}", "'}' was expected")]
    [InlineData("{'descr': '|f8', 'fortran_order': False, 'shape': (3,)}", "'|f8'")]
    [InlineData("{'descr': '<f8\\x41', 'fortran_order': False, 'shape': (3,)}", "character")]
    [InlineData("{'descr': f(), 'fortran_order': False, 'shape': (3,)}", "quotes")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (4,)}", "takes 32 bytes, but 24 follow")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (2147483647, 2147483647, 2147483647)}", "more than 2⁶³ bytes, but 24 follow")]
    [InlineData("", "'{' was expected")]
    public void Another_header_is_refused_and_says_why(string dictionary, string expected)
    {
        string message = Refused(dictionary);
        Assert.Contains("'my.npy'", message);
        Assert.Contains(expected, message);
    }

    [Fact]
    public void What_is_announced_is_checked_before_memory_is_taken()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refused("{'descr': '<f8', 'fortran_order': True, 'shape': (100000000, 2)}");
        Assert.Throws<InvalidDataException>(() => Npy.Parse((byte[])[0x93, .. "NUMPY"u8, 2, 0, 255, 255, 255, 255, 0], "header"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Contains("more than 64 axes", Refused($"{{'descr': '<f8', 'fortran_order': False, 'shape': ({string.Concat(Enumerable.Repeat("1,", 65))})}}"));
    }

    [Fact]
    public void A_file_that_is_not_there_or_has_no_length_is_named()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("x.npy", Assert.Throws<DataUnavailableException>(() => Npy.Read(folder["x.npy"])).Message);
        Assert.Throws<DataUnavailableException>(() => Npy.Read(folder.Path));
        System.IO.File.WriteAllBytes(folder["x.npy"], []);
        Assert.Contains("is empty", Assert.Throws<InvalidDataException>(() => Npy.Read(folder["x.npy"])).Message);
        if (System.IO.File.Exists("/dev/zero")) Assert.Contains("device", Assert.Throws<InvalidDataException>(() => Npy.Read("/dev/zero")).Message);
    }

    [Fact]
    public void A_file_that_becomes_shorter_is_said_so()
    {
        using var folder = new TemporaryFolder();
        System.IO.File.WriteAllBytes(folder["x.npy"], System.IO.File.ReadAllBytes(Corpus("f8.npy")));
        using NumberArray array = Npy.Read(folder["x.npy"]);
        using (FileStream stream = new(folder["x.npy"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) stream.SetLength(140);
        Assert.Contains("became shorter", Assert.Throws<InvalidDataException>(() => array.Read<double>(0, new double[6])).Message);
    }
}
