using System.Text;

namespace Organics.Tests;

public class CsvFolderTests
{
    static NamedArrays Read(params (string Name, string Content)[] files)
    {
        Dictionary<string, string> there = files.ToDictionary(file => Path.Combine("rec", file.Name), file => file.Content);
        return CsvFolder.Read("rec", path => there.TryGetValue(path, out string? content) ? new MemoryStream(Encoding.UTF8.GetBytes(content)) : throw new DataUnavailableException(path));
    }

    static string Refused(params (string Name, string Content)[] files)
    {
        string message = Assert.Throws<InvalidDataException>(() => Read(files)).Message;
        Assert.EndsWith(".", message, StringComparison.Ordinal);
        return message;
    }

    static readonly (string, string) A = ("a.csv", "left,right\n1,2\n3,4.5\n"), B = ("b.csv", "left,right\n5,6\n");

    [Fact]
    public void Recordings_of_different_lengths_are_padded_with_zeros()
    {
        NamedArrays arrays = Read(("samples.csv", "file,target\na.csv,0\nb.csv,2\n"), A, B);
        Assert.Equal(["x_train", "y_train", "length_train"], arrays.Keys);
        Assert.Equal([2, 2, 2], arrays["x_train"].Shape);
        Assert.Equal([1, 2, 3, 4.5, 5, 6, 0, 0], NumberArrayTests.All<double>(arrays["x_train"]));
        Assert.Equal([1, 2, 3, 4.5f, 5, 6, 0, 0], NumberArrayTests.All<float>(arrays["x_train"]));
        double[] middle = [9, 9, 9, 9];
        arrays["x_train"].Read<double>(3, middle);
        Assert.Equal([4.5, 5, 6, 0], middle);
        Assert.Equal((NumberType.I64, 2L), (arrays["y_train"].Type, arrays["y_train"].Length));
        Assert.Equal([0, 2], NumberArrayTests.All<int>(arrays["y_train"]));
        Assert.Equal([2], arrays["y_train"].Shape);
        Assert.Equal([2, 1], NumberArrayTests.All<int>(arrays["length_train"]));
    }

    [Fact]
    public void Parts_are_arrays_of_their_own_and_all_as_long_as_the_longest_recording()
    {
        NamedArrays arrays = Read(("samples.csv", "part,file,target2,target1\ntest,a.csv,1,2\ntrain,b.csv,3,4.0\n"), A, B);
        Assert.Equal(["x_train", "y_train", "length_train", "x_test", "y_test", "length_test"], arrays.Keys);
        Assert.Equal([1, 2, 2], arrays["x_train"].Shape);
        Assert.Equal([1, 2, 2], arrays["x_test"].Shape);
        Assert.Equal([1], NumberArrayTests.All<int>(arrays["length_train"]));
        // One number with a point makes all of them numbers, also those of other parts.
        Assert.Equal((NumberType.F64, NumberType.F64), (arrays["y_train"].Type, arrays["y_test"].Type));
        Assert.Equal([1, 2], arrays["y_test"].Shape);
        Assert.Equal([2, 1], NumberArrayTests.All<double>(arrays["y_test"]));
    }

    [Fact]
    public void Targets_and_a_mask_at_each_step_are_columns_of_the_recordings()
    {
        NamedArrays arrays = Read(("samples.csv", "file,part\na.csv,val\nb.csv,val\n"),
            ("a.csv", "mask,x,target\n1,0.5,3\n0,0.25,4\n"), ("b.csv", "mask,x,target\n1,0.125,5\n"));
        Assert.Equal(["x_val", "y_val", "mask_val", "length_val"], arrays.Keys);
        Assert.Equal([2, 2, 1], arrays["x_val"].Shape);
        Assert.Equal([2, 2], arrays["y_val"].Shape);
        Assert.True(arrays["y_val"].IsWhole);
        Assert.Equal([3, 4, 5, 0], NumberArrayTests.All<int>(arrays["y_val"]));
        Assert.Equal([1, 0, 1, 0], NumberArrayTests.All<float>(arrays["mask_val"]));
        NamedArrays several = Read(("samples.csv", "file\na.csv\n"), ("a.csv", "target1,x,target2\n1,2,3.5\n"));
        Assert.Equal([1, 1, 2], several["y_train"].Shape);
        Assert.Equal([1, 3.5], NumberArrayTests.All<double>(several["y_train"]));
        Assert.Equal(["x_train", "length_train"], Read(("samples.csv", "file\na.csv\n"), A).Keys);
    }

    static SampleFormat Format(params (string Name, string Content)[] files)
    {
        NamedArrays arrays = Read(files);
        return new ArraySet(arrays["x_train"], arrays["y_train"], null, arrays["length_train"]).Format;
    }

    /// <summary>A single number at each step is no row of numbers of the sample, and several whole numbers are no classes, however many steps there
    /// are.</summary>
    [Fact]
    public void What_is_asked_for_is_told_by_columns_and_not_by_how_many_steps_there_are()
    {
        foreach (int steps in (int[])[1, 2, 3])
        {
            string Each(string line) => string.Concat(Enumerable.Repeat($"{line}\n", steps));
            (string, string) list = ("samples.csv", "file\na.csv\n"), inputs = ("a.csv", $"x\n{Each("1")}");
            Assert.Equal(new(steps, 1, TargetKind.Numbers, true, 1), Format(list, ("a.csv", $"x,target\n{Each("1,0.5")}")));
            Assert.Equal(new(steps, 1, TargetKind.Class, true, 3), Format(list, ("a.csv", $"x,target\n{Each("1,2")}")));
            Assert.Equal(new(steps, 1, TargetKind.Numbers, true, 2), Format(list, ("a.csv", $"x,target1,target2\n{Each("1,2,0")}")));
            Assert.Equal(new(steps, 1, TargetKind.Numbers, true, 1), Format(list, ("a.csv", $"x,target1\n{Each("1,2")}")));
            Assert.Equal(new(steps, 1, TargetKind.Numbers, false, 2), Format(("samples.csv", "file,target1,target2\na.csv,1,0\n"), inputs));
            Assert.Equal(new(steps, 1, TargetKind.Numbers, false, 1), Format(("samples.csv", "file,target\na.csv,0.5\n"), inputs));
            Assert.Equal(new(steps, 1, TargetKind.Class, false, 2), Format(("samples.csv", "file,target\na.csv,1\n"), inputs));
        }
    }

    [Fact]
    public void Classes_by_name_are_refused_with_the_remedy_and_nothing_but_inputs_is_read_where_they_alone_are_asked_for()
    {
        (string, string)[] once = [("samples.csv", "file,target\na.csv,rest\n"), A];
        (string, string)[] perStep = [("samples.csv", "file\na.csv\n"), ("a.csv", "left,right,target\n1,2,move\n")];
        foreach ((string, string)[] files in ((string, string)[][])[once, perStep])
        {
            Assert.Contains("is no number; number the classes from 0", Refused(files));
            Dictionary<string, string> there = files.ToDictionary(file => file.Item1, file => file.Item2);
            NamedArrays arrays = CsvFolder.Read("", path => new MemoryStream(Encoding.UTF8.GetBytes(there[path])), inputsAlone: true);
            Assert.Equal(["x_train", "length_train"], arrays.Keys);
            Assert.Equal(2, arrays["x_train"].Shape[2]);
        }
    }

    [Fact]
    public void Quotes_line_ends_and_marks_are_as_RFC_4180_has_them()
    {
        NamedArrays arrays = Read(("samples.csv", "\uFEFF\"file\",target\r\n\"a, \"\"b\"\".csv\",-1"),
            ("a, \"b\".csv", "\"le\nft\",\" right \"\r\n\"1\", 2 \r\n-1e-3,+.5\r\n"));
        Assert.Equal([1, 2, -0.001, 0.5], NumberArrayTests.All<double>(arrays["x_train"]));
        Assert.Equal([-1], NumberArrayTests.All<int>(arrays["y_train"]));
    }

    [Theory]
    [InlineData("nan")]
    [InlineData("inf")]
    [InlineData("-Infinity")]
    [InlineData("1e999")]
    [InlineData("")]
    [InlineData("1,5", "3 fields in line 3")]
    [InlineData("\"1,5\"")]
    [InlineData("1 000")]
    [InlineData("0x10")]
    public void What_is_no_finite_number_is_refused_with_file_line_and_column(string cell, string? expected = null)
    {
        string message = Refused(("samples.csv", "file,target\na.csv,0\n"), ("a.csv", $"left,right\n1,2\n3,{cell}\n"));
        Assert.Contains("a.csv'", message);
        Assert.Contains(expected ?? "line 3, column 'right'", message);
    }

    [Theory]
    [InlineData("../a.csv")]
    [InlineData("x/../../a.csv")]
    [InlineData("/a.csv")]
    [InlineData("./a.csv")]
    [InlineData("x//a.csv")]
    [InlineData("..\\a.csv")]
    [InlineData("C:a.csv")]
    [InlineData("")]
    [InlineData("a\0.csv")]
    public void A_path_outside_the_folder_is_refused(string path)
    {
        string message = Refused(("samples.csv", $"file,target\n{path},0\n"), A);
        Assert.Contains("line 2, column 'file'", message);
        Assert.Contains("inside the folder", message);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("name,target\na.csv,0\n", "unknown column 'name'")]
    [InlineData("target\n0\n", "no column 'file'")]
    [InlineData("file;target\na.csv;0\n", "unknown column 'file;target'")]
    [InlineData("file,target\n", "no samples")]
    [InlineData("file,target,target\na.csv,0,0\n", "two columns called 'target'")]
    [InlineData("file,target,target1\na.csv,0,0\n", "'target1' was expected")]
    [InlineData("file,target1,target3\na.csv,0,0\n", "'target2' was expected")]
    [InlineData("file,\na.csv,0\n", "no name for column 2")]
    [InlineData("file,target,part\na.csv,0,training\n", "'training' is none of train, val, test")]
    [InlineData("file,target\na.csv,0\na.csv,1\n", "listed twice")]
    [InlineData("file,target\na.csv,nan\n", "line 2, column 'target': 'nan'")]
    [InlineData("file,target\na.csv\n", "1 field in line 2")]
    [InlineData("file,target\na.csv,0\n\n", "1 field in line 3")]
    [InlineData("file,target\n\"a.csv,0\n", "quote that nothing closes")]
    [InlineData("file,target\na\"b.csv,0\n", "quote inside")]
    [InlineData("file,target\n\"a.csv\"x,0\n", "behind the closing quote")]
    [InlineData("file,target\ra.csv,0\r", "carriage return")]
    public void Another_list_is_refused_and_says_why(string list, string expected)
    {
        string message = Refused(("samples.csv", list), A);
        Assert.Contains("samples.csv'", message);
        Assert.Contains(expected, message);
    }

    [Fact]
    public void Recordings_that_do_not_fit_together_are_refused()
    {
        (string, string) list = ("samples.csv", "file,target\na.csv,0\nb.csv,1\n");
        Assert.Contains("b.csv' has the columns right, left, but", Refused(list, A, ("b.csv", "right,left\n1,2\n")));
        Assert.Contains("b.csv' has no steps", Refused(list, A, ("b.csv", "left,right\n")));
        Assert.Contains("b.csv' is empty", Refused(list, A, ("b.csv", "")));
        Assert.Contains("b.csv' begins with numbers", Refused(list, A, ("b.csv", "0.5,1\n1,2\n")));
        Assert.Contains("no channel", Refused(("samples.csv", "file\na.csv\n"), ("a.csv", "target,mask\n1,2\n")));
        foreach (string column in (string[])["Target", "TARGET1", "Mask"])
            Assert.Contains("small letters", Refused(("samples.csv", "file\na.csv\n"), ("a.csv", $"x,{column}\n1,2\n")));
        Assert.Contains("'target1' was expected", Refused(("samples.csv", "file\na.csv\n"), ("a.csv", "x,target0\n1,2\n")));
        Assert.Contains("one for each step", Refused(("samples.csv", "file,target\na.csv,0\n"), ("a.csv", "x,target\n1,2\n")));
        Assert.Throws<DataUnavailableException>(() => Read(list, A));
    }

    [Fact]
    public void Text_that_is_not_UTF_8_and_a_line_without_end_are_refused_and_memory_is_bounded()
    {
        byte[] latin = [.. "file,target\n"u8, 0xE9, .. ".csv,0\n"u8];
        Assert.Contains("UTF-8", Assert.Throws<InvalidDataException>(() => CsvFolder.Read("rec", _ => new MemoryStream(latin))).Message);
        byte[] open = new byte[50_000_000];
        open.AsSpan().Fill((byte)'x');
        open[0] = (byte)'"';
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("characters", Assert.Throws<InvalidDataException>(() => CsvFolder.Read("rec", _ => new MemoryStream(open))).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 40 << 20);
    }

    [Fact]
    public void One_long_recording_among_many_short_ones_takes_no_more_memory_than_they_have()
    {
        StringBuilder list = new("file,target\nlong.csv,0\n"), longest = new("x\n");
        for (int i = 0; i < 2_000; i++) list.Append(i).Append(".csv,1\n");
        for (int i = 0; i < 1_000_000; i++) longest.Append("1\n");
        string Content(string name) => name switch { "samples.csv" => list.ToString(), "long.csv" => longest.ToString(), _ => "x\n1\n" };
        NamedArrays arrays = CsvFolder.Read("rec", path => new MemoryStream(Encoding.UTF8.GetBytes(Content(Path.GetFileName(path)))));
        // Padded it would be 16 GB.
        Assert.Equal(2_001_000_000, arrays["x_train"].Length);
        double[] end = new double[1_000_000];
        arrays["x_train"].Read<double>(2_000_000_000, end);
        Assert.Equal(1, end.Sum());
    }

    [Fact]
    public void A_folder_on_disk_is_read()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["day"]);
        File.WriteAllText(folder["samples.csv"], "file,target\nday/a.csv,0.5\n");
        File.WriteAllText(folder["day/a.csv"], A.Item2);
        Assert.True(ArrayFiles.IsArrayFile(folder.Path));
        IReadOnlyDictionary<string, NumberArray> arrays = ArrayFiles.Open(folder.Path);
        Assert.Equal([1, 2, 3, 4.5], NumberArrayTests.All<double>(arrays["x_train"]));
        Assert.Equal([0.5], NumberArrayTests.All<double>(arrays["y_train"]));
        Assert.Contains("x_train", arrays["x_train"].Name);
        File.Delete(folder["day/a.csv"]);
        Assert.Contains("a.csv", Assert.Throws<DataUnavailableException>(() => ArrayFiles.Open(folder.Path)).Message);
        File.Delete(folder["samples.csv"]);
        if (File.Exists("/dev/zero"))
        {
            File.CreateSymbolicLink(folder["samples.csv"], "/dev/zero");
            Assert.Contains("device", Assert.Throws<InvalidDataException>(() => ArrayFiles.Open(folder.Path)).Message);
        }
    }
}
