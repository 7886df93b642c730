namespace Organics.Tests;

public sealed class ImageFolderTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Two images of 2×3 for training, one for the test.
    void WriteImages(string train, string test, bool isGzip = false)
    {
        Write(train, [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], isGzip);
        Write(test, [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 6, 5, 4, 3, 2, 1], isGzip);
    }

    void Write(string name, byte[] content, bool isGzip = false) =>
        File.WriteAllBytes(_folder[name + (isGzip ? ".gz" : "")], isGzip ? IdxTests.Gzip(content) : content);

    void WriteQmnist(bool isGzip = false, byte firstClass = 3, byte sign = 0)
    {
        WriteImages("qmnist-train-images-idx3-ubyte", "qmnist-test-images-idx3-ubyte", isGzip);
        byte[] Row(byte label, byte first = 0) => [first, first, first, label, .. Enumerable.Repeat((byte)77, 28)];
        Write("qmnist-train-labels-idx2-int", [0, 0, 12, 2, 0, 0, 0, 2, 0, 0, 0, 8, .. Row(firstClass, sign), .. Row(9)], isGzip);
        Write("qmnist-test-labels-idx2-int", [0, 0, 12, 2, 0, 0, 0, 1, 0, 0, 0, 8, .. Row(1)], isGzip);
    }

    void WriteEmnist(string part = "balanced", bool isGzip = false)
    {
        WriteImages($"emnist-{part}-train-images-idx3-ubyte", $"emnist-{part}-test-images-idx3-ubyte", isGzip);
        Write($"emnist-{part}-train-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 2, 46, 10], isGzip);
        Write($"emnist-{part}-test-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 1, 0], isGzip);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_first_column_of_QMNIST_s_labels_is_the_class(bool isGzip)
    {
        WriteQmnist(isGzip);
        DataSet set = DataCatalog.Load(_folder.Path);
        var train = (ImageSet)set.Train;
        Assert.Equal([3, 9], train.Labels.ToArray());
        Assert.Equal([1], ((ImageSet)set.Test!).Labels.ToArray());
        Assert.Equal((2, 3, 10), (train.Rows, train.Columns, train.Classes));
        Assert.Equal([7, 8, 9, 10, 11, 12], train.Image(1).ToArray());
    }

    [Theory]
    [InlineData("balanced", false)]
    [InlineData("letters", true)]
    public void EMNIST_s_images_are_put_upright(string part, bool isGzip)
    {
        WriteEmnist(part, isGzip);
        var train = (ImageSet)DataCatalog.Load(_folder.Path).Train;
        Assert.Equal((3, 2, 47), (train.Rows, train.Columns, train.Classes));
        // Stored 1 2 3 / 4 5 6, upright 1 4 / 2 5 / 3 6.
        Assert.Equal([1, 4, 2, 5, 3, 6], train.Image(0).ToArray());
        Assert.Equal([7, 10, 8, 11, 9, 12], train.Image(1).ToArray());
        Assert.Equal([46, 10], train.Labels.ToArray());
    }

    [Fact]
    public void Two_sets_in_one_folder_are_named()
    {
        WriteEmnist();
        WriteEmnist("digits");
        string message = Assert.Throws<InvalidDataException>(() => DataCatalog.Load(_folder.Path)).Message;
        Assert.Contains("EMNIST balanced and of EMNIST digits", message);
        // What is left of the second is no set.
        File.Delete(_folder["emnist-digits-test-labels-idx1-ubyte"]);
        Assert.Equal(2, DataCatalog.Load(_folder.Path).Train.Count);
    }

    [Fact]
    public void A_missing_file_and_what_is_there_are_named()
    {
        Assert.Contains("no 'train-images-idx3-ubyte'", Assert.Throws<DataUnavailableException>(() => DataCatalog.Load(_folder.Path)).Message);
        WriteQmnist();
        File.Delete(_folder["qmnist-test-labels-idx2-int"]);
        string message = Assert.Throws<DataUnavailableException>(() => DataCatalog.Load(_folder.Path)).Message;
        Assert.Contains("no 'qmnist-test-labels-idx2-int' (nor .gz) beside qmnist-train-images-idx3-ubyte, ", message);
    }

    [Fact]
    public void Labels_that_are_no_classes_or_of_another_form_are_refused()
    {
        WriteQmnist(firstClass: 0xFF, sign: 0xFF);
        Assert.Contains("holds -1 at [0, 0]", Assert.Throws<InvalidDataException>(() => DataCatalog.Load(_folder.Path)).Message);
        WriteQmnist();
        Write("qmnist-train-labels-idx2-int", [0, 0, 8, 1, 0, 0, 0, 2, 46, 10]);
        Assert.Contains("U8 of shape [2], where", Assert.Throws<InvalidDataException>(() => DataCatalog.Load(_folder.Path)).Message);
        Write("qmnist-train-labels-idx2-int", [0, 0, 12, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 3]);
        Assert.Contains("holds 2 images", Assert.Throws<InvalidDataException>(() => DataCatalog.Load(_folder.Path)).Message);
    }
}
