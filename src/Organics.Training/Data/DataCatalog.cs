namespace Organics;

/// <summary>The data sets by name: <c>sample</c>, <c>mnist</c>, <c>fashion-mnist</c>, or a folder of four IDX files under the names of MNIST,
/// QMNIST or EMNIST. Loading never touches the network.</summary>
public static class DataCatalog
{
    const string TrainImages = "train-images-idx3-ubyte", TrainLabels = "train-labels-idx1-ubyte";
    const string TestImages = "t10k-images-idx3-ubyte", TestLabels = "t10k-labels-idx1-ubyte";

    /// <summary>MNIST, 60,000 + 10,000 handwritten digits (LeCun, Cortes and Burges).</summary>
    public static PublishedDataSet Mnist { get; } = new(
        "mnist",
        Files("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        [new Uri("https://storage.googleapis.com/cvdf-datasets/mnist/"), new Uri("https://ossci-datasets.s3.amazonaws.com/mnist/")],
        []);

    /// <summary>
    /// Fashion-MNIST, 60,000 + 10,000 pictures of clothes (Xiao, Rasul and Vollgraf 2017). Its own mirror speaks plain HTTP; that is safe
    /// here because nothing is kept unless its SHA-256 is the published one.
    /// </summary>
    public static PublishedDataSet FashionMnist { get; } = new(
        "fashion-mnist",
        Files("c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
        [new Uri("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/")],
        ["/usr/share/datasets/fashion-mnist"]);

    /// <summary>The sets that can be fetched.</summary>
    public static IReadOnlyList<PublishedDataSet> Published { get; } = [Mnist, FashionMnist];

    /// <summary>Loads a set by name or folder.</summary>
    /// <param name="nameOrFolder"><c>sample</c>, <c>mnist</c>, <c>fashion-mnist</c> or a folder that holds four IDX files, raw or .gz, under the names of
    /// MNIST (<c>train-images-idx3-ubyte</c>, …), QMNIST (<c>qmnist-train-images-idx3-ubyte</c>, …; of its labels' eight columns the first is the class) or
    /// EMNIST (<c>emnist-balanced-train-images-idx3-ubyte</c>, …; its images, which are stored with rows and columns exchanged, are put upright).</param>
    /// <param name="cacheFolder">Where the published sets are kept; null for <see cref="DataCache.Folder"/>.</param>
    /// <exception cref="DataUnavailableException">The set, or a file of it, is not there.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or not the published one.</exception>
    public static DataSet Load(string nameOrFolder, string? cacheFolder = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(nameOrFolder);
        if (nameOrFolder == SampleDigits.Name) return SampleDigits.Load();
        if (Published.FirstOrDefault(set => set.Name == nameOrFolder) is { } published) return Load(published, cacheFolder);
        if (!Directory.Exists(nameOrFolder))
            throw new DataUnavailableException($"There is no data set and no folder called '{nameOrFolder}'; use {SampleDigits.Name}, {string.Join(", ", Published.Select(set => set.Name))} or a folder with the four IDX files.");
        return ImageFolder.Load(nameOrFolder);
    }

    /// <summary>Loads a published set from the cache or from where the operating system keeps it, and checks every file's SHA-256.</summary>
    /// <param name="set">The set.</param>
    /// <param name="cacheFolder">Where the published sets are kept; null for <see cref="DataCache.Folder"/>.</param>
    /// <exception cref="DataUnavailableException">The set, or a file of it, is not there.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or not the published one.</exception>
    public static DataSet Load(PublishedDataSet set, string? cacheFolder = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        string cached = Path.Combine(cacheFolder ?? DataCache.Folder, set.Name);
        string[] folders = [cached, .. set.SystemFolders];
        string folder = folders.FirstOrDefault(each => set.Files.All(file => DataCache.Find(each, file.Name) is not null)) ?? throw new DataUnavailableException(
            $"The data set '{set.Name}' is not in {string.Join(" nor in ", folders.Select(each => $"'{each}'"))}; fetch it with `organics data get {set.Name}`, or name the folder above it with --data-dir.");
        IdxArray[] arrays = [.. set.Files.Select(file => Verify(DataCache.Find(folder, file.Name)!, set, file))];
        return Pair(set.Name, arrays, classes: 10);
    }

    /// <summary>Reads <paramref name="path"/> and refuses it unless it is the published file.</summary>
    internal static IdxArray Verify(string path, PublishedDataSet set, PublishedFile file)
    {
        long length = Idx.LengthOf(Idx.ReadDimensions(path, file.Magic));
        if (length != file.Length)
            throw new InvalidDataException($"'{path}' is not the published '{file.Name}' of {set.Name}: its content has {length} bytes, expected {file.Length} with SHA-256 {file.Sha256}; delete it and run `organics data get {set.Name}`.");
        IdxArray array = file.Magic == Idx.ImagesMagic ? Idx.ReadImages(path) : Idx.ReadLabels(path);
        if (array.Sha256 != file.Sha256)
            throw new InvalidDataException($"'{path}' is not the published '{file.Name}' of {set.Name}: its content has SHA-256 {array.Sha256}, expected {file.Sha256}; delete it and run `organics data get {set.Name}`.");
        return array;
    }

    internal static DataSet Pair(string name, IdxArray[] arrays, int classes) => new(name, Images(arrays[0], arrays[1], classes), Images(arrays[2], arrays[3], classes));

    static ImageSet Images(IdxArray images, IdxArray labels, int classes)
    {
        ImageFolder.CheckCounts(images.Name, images.Dimensions, labels.Name, labels.Dimensions);
        return new ImageSet(images.Data, labels.Data, images.Dimensions[1], images.Dimensions[2], classes);
    }

    static PublishedFile[] Files(string trainImages, string trainLabels, string testImages, string testLabels) =>
    [
        new(TrainImages, Idx.ImagesMagic, 47040016, trainImages),
        new(TrainLabels, Idx.LabelsMagic, 60008, trainLabels),
        new(TestImages, Idx.ImagesMagic, 7840016, testImages),
        new(TestLabels, Idx.LabelsMagic, 10008, testLabels),
    ];
}
