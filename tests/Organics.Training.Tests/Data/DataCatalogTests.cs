using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Organics.Tests;

public class DataCatalogTests
{
    /// <summary>A set of the published form with two images of 2×2 for training and one for the test.</summary>
    internal static (PublishedDataSet Set, byte[][] Raw) Tiny(params Uri[] mirrors)
    {
        byte[][] raw = [Images([1, 2, 3, 4, 5, 6, 7, 8]), Labels([3, 9]), Images([9, 8, 7, 6]), Labels([0])];
        PublishedFile[] files = [.. DataCatalog.Mnist.Files.Select((file, i) => file with { Length = raw[i].Length, Sha256 = Convert.ToHexStringLower(SHA256.HashData(raw[i])) })];
        return (new PublishedDataSet("tiny", files, mirrors, []), raw);
    }

    static byte[] Images(byte[] pixels)
    {
        using var stream = new MemoryStream();
        Idx.WriteImages(stream, pixels, 2, 2);
        return stream.ToArray();
    }

    static byte[] Labels(byte[] labels)
    {
        using var stream = new MemoryStream();
        Idx.WriteLabels(stream, labels);
        return stream.ToArray();
    }

    [Fact]
    public void The_sample_is_the_one_its_attribution_describes()
    {
        string attribution = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Sample", "ATTRIBUTION.md"));
        string drawn = attribution[attribution.IndexOf("## What was drawn", StringComparison.Ordinal)..];
        foreach (PublishedFile file in DataCatalog.Mnist.Files)
        {
            string stated = Regex.Match(drawn, $@"\| {file.Name} \| \d+ \| ([0-9a-f]{{64}}) \|").Groups[1].Value;
            Assert.Equal(stated, SampleDigits.Read(file).Sha256);
            Assert.Contains(file.Sha256, attribution);
        }
    }

    [Fact]
    public void The_sample_has_as_many_of_each_class()
    {
        DataSet sample = DataCatalog.Load("sample");
        var (train, test) = ((ImageSet)sample.Train, (ImageSet)sample.Test!);
        Assert.Equal((5000, 1000, 28, 28, 10), (train.Count, test.Count, train.Rows, train.Columns, train.Classes));
        Assert.All(train.Labels.ToArray().CountBy(label => label), pair => Assert.Equal(500, pair.Value));
        Assert.All(test.Labels.ToArray().CountBy(label => label), pair => Assert.Equal(100, pair.Value));
    }

    [Theory]
    [InlineData("{0}")]
    [InlineData("{0}.gz")]
    public void A_folder_is_read_under_either_spelling_raw_or_gzipped(string pattern)
    {
        foreach (bool dotted in (bool[])[false, true])
        {
            using var folder = new TemporaryFolder();
            (PublishedDataSet set, byte[][] raw) = Tiny();
            for (int i = 0; i < 4; i++)
            {
                string name = dotted ? set.Files[i].Name.Replace("-idx", ".idx", StringComparison.Ordinal) : set.Files[i].Name;
                File.WriteAllBytes(folder[string.Format(pattern, name)], pattern.EndsWith("gz", StringComparison.Ordinal) ? IdxTests.Gzip(raw[i]) : raw[i]);
            }
            DataSet loaded = DataCatalog.Load(folder.Path);
            Assert.Equal((2, 1, 10), (loaded.Train.Count, loaded.Test!.Count, loaded.Train.Format.Outputs));
            Assert.Equal([5, 6, 7, 8], ((ImageSet)loaded.Train).Image(1).ToArray());
        }
    }

    [Fact]
    public void A_missing_set_names_the_folder_and_the_command()
    {
        using var folder = new TemporaryFolder();
        string message = Assert.Throws<DataUnavailableException>(() => DataCatalog.Load("mnist", folder.Path)).Message;
        Assert.Contains(folder["mnist"], message);
        Assert.Contains("organics data get mnist", message);
        Assert.Contains("--data-dir", message);
    }

    [Fact]
    public void An_unknown_name_lists_the_known_ones() =>
        Assert.Contains("sample, mnist, fashion-mnist", Assert.Throws<DataUnavailableException>(() => DataCatalog.Load("no-such-set")).Message);

    [Fact]
    public void A_file_that_is_not_the_published_one_is_refused()
    {
        using var folder = new TemporaryFolder();
        (PublishedDataSet set, byte[][] raw) = Tiny();
        Directory.CreateDirectory(folder["tiny"]);
        for (int i = 0; i < 4; i++) File.WriteAllBytes(Path.Combine(folder["tiny"], set.Files[i].Name), raw[i]);
        Assert.Equal(2, DataCatalog.Load(set, folder.Path).Train.Count);
        raw[0][^1] ^= 1;
        File.WriteAllBytes(Path.Combine(folder["tiny"], set.Files[0].Name), raw[0]);
        Assert.Contains("SHA-256", Assert.Throws<InvalidDataException>(() => DataCatalog.Load(set, folder.Path)).Message);
    }

    [Fact]
    public void An_image_set_refuses_what_does_not_belong_together()
    {
        Assert.Contains("needs at least one", Assert.Throws<ArgumentException>(() => new ImageSet([], [], 2, 2, 10)).Message);
        Assert.Contains("bytes of images", Assert.Throws<ArgumentException>(() => new ImageSet(new byte[7], [1, 2], 2, 2, 10)).Message);
        Assert.Contains("Label 1 is 10", Assert.Throws<ArgumentException>(() => new ImageSet(new byte[8], [1, 10], 2, 2, 10)).Message);
        Assert.Throws<ArgumentException>(() => new DataSet("x", new ImageSet(new byte[8], [1, 2], 2, 2, 10), new ImageSet(new byte[8], [1, 2], 4, 1, 10)));
    }

    [Fact]
    public void A_batch_is_pixels_over_255_in_the_order_asked_for()
    {
        var set = new ImageSet([0, 51, 102, 255], [4, 5], rows: 1, columns: 2, classes: 10);
        var batch = new SampleBatch<double>(set.Format, 3);
        set.Gather([1, 0], batch);
        Assert.Equal([102 / 255.0, 1, 0, 51 / 255.0], batch.Inputs.ToArray());
        Assert.Equal([5, 4], batch.Classes.ToArray());
        Assert.Equal([102, 255], set.Select([1]).Image(0).ToArray());
    }

    // Zeros, of which gzip makes a thousandth.
    static byte[] Zeros(int count)
    {
        using var stream = new MemoryStream();
        Idx.WriteImages(stream, new byte[4 * count], 2, 2);
        return IdxTests.Gzip(stream.ToArray());
    }

    [Fact]
    public void More_images_than_labels_or_than_were_published_are_refused_before_they_are_read()
    {
        const int many = 5_000_000;
        using var folder = new TemporaryFolder();
        (PublishedDataSet set, byte[][] raw) = Tiny();
        Directory.CreateDirectory(folder["tiny"]);
        for (int i = 0; i < raw.Length; i++) File.WriteAllBytes(Path.Combine(folder["tiny"], set.Files[i].Name + (i == 0 ? ".gz" : "")), i == 0 ? Zeros(many) : raw[i]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains($"{many} images", Assert.Throws<InvalidDataException>(() => DataCatalog.Load(folder["tiny"])).Message);
        Assert.Contains($"has {16 + 4 * many} bytes, expected {raw[0].Length}", Assert.Throws<InvalidDataException>(() => DataCatalog.Load(set, folder.Path)).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }
}
