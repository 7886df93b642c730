namespace Organics;

/// <summary>A folder with the four IDX files of one set of images, under the names that MNIST, QMNIST or EMNIST gives them.</summary>
static class ImageFolder
{
    /// <summary>How a set names its files, and what is special in them.</summary>
    /// <param name="Name">Whose names they are.</param>
    /// <param name="Files">Training images and labels, test images and labels.</param>
    sealed record Form(string Name, string[] Files)
    {
        /// <summary>Whether the labels are rows of 32-bit integers, of which the first is the class, instead of bytes (QMNIST; the others say who wrote the
        /// digit).</summary>
        public bool HasLabelRows { get; init; }

        /// <summary>Whether an image is stored with rows and columns exchanged (EMNIST).</summary>
        public bool IsTransposed { get; init; }
    }

    static readonly Form[] Forms =
    [
        new("MNIST", [.. DataCatalog.Mnist.Files.Select(file => file.Name)]),
        new("QMNIST", Named("qmnist-train", "qmnist-test", "labels-idx2-int")) { HasLabelRows = true },
        .. ((string[])["balanced", "byclass", "bymerge", "digits", "letters", "mnist"]).Select(part =>
            new Form($"EMNIST {part}", Named($"emnist-{part}-train", $"emnist-{part}-test", "labels-idx1-ubyte")) { IsTransposed = true }),
    ];

    static string[] Named(string train, string test, string labels)
        => [$"{train}-images-idx3-ubyte", $"{train}-{labels}", $"{test}-images-idx3-ubyte", $"{test}-{labels}"];

    /// <summary>Loads the one set that a folder holds.</summary>
    /// <exception cref="DataUnavailableException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">There are several sets, or a file is damaged.</exception>
    public static DataSet Load(string folder)
    {
        (Form form, string?[] paths) = Find(folder);
        string trainImages = paths[0]!, trainLabels = paths[1]!, testImages = paths[2]!, testLabels = paths[3]!;
        // All that the files announce is compared before any of them is read.
        IReadOnlyList<int> train = CheckPair(trainImages, trainLabels, form), test = CheckPair(testImages, testLabels, form);
        if (!train.Skip(1).SequenceEqual(test.Skip(1)))
            throw new InvalidDataException($"'{trainImages}' holds images of {train[1]}×{train[2]} pixels, but '{testImages}' of {test[1]}×{test[2]}; pair "
                + "files of the same set.");
        byte[] labels = Labels(trainLabels, form), others = Labels(testLabels, form);
        int classes = Math.Max(labels.Max(), others.Max()) + 1;
        return new DataSet(folder, Images(trainImages, labels, form, classes), Images(testImages, others, form, classes));
    }

    /// <summary>Refuses images and labels of different counts.</summary>
    public static void CheckCounts(string images, IReadOnlyList<int> imagesShape, string labels, IReadOnlyList<int> labelsShape)
    {
        if (imagesShape[0] != labelsShape[0])
            throw new InvalidDataException($"'{images}' holds {imagesShape[0]} images, but '{labels}' holds {labelsShape[0]} labels; pair files of the same "
                + "set.");
    }

    // The form whose files are all there.
    static (Form Form, string?[] Paths) Find(string folder)
    {
        (Form Form, string?[] Paths)[] found = [.. Forms.Select(form => (form, form.Files.Select(file => DataCache.Find(folder, file)).ToArray()))];
        (Form Form, string?[] Paths)[] whole = [.. found.Where(each => each.Paths.All(path => path is not null))];
        if (whole.Length == 1) return whole[0];
        if (whole.Length > 1)
            throw new InvalidDataException($"The folder '{folder}' holds the files of {string.Join(" and of ", whole.Select(each => each.Form.Name))}, "
                + "where one set was expected; put each into a folder of its own.");
        (Form form, string?[] paths) = found.MaxBy(each => each.Paths.Count(path => path is not null));
        string missing = form.Files[Array.IndexOf(paths, null)];
        string there = string.Join(", ", found.SelectMany(each => each.Paths).Where(path => path is not null).Select(Path.GetFileName));
        string beside = there.Length > 0 ? $" beside {there}" : "", others = there.Length > 0 ? ""
            : $", the four files of QMNIST or EMNIST, .npy files, or recordings as CSV with a {CsvFolder.ListFile}";
        throw new DataUnavailableException($"The folder '{folder}' has no '{missing}' (nor .gz){beside}; it must hold "
            + $"{string.Join(", ", form.Files)}{others}.");
    }

    // The shape of the images.
    static IReadOnlyList<int> CheckPair(string images, string labels, Form form)
    {
        IReadOnlyList<int> imagesShape = Idx.ReadDimensions(images, Idx.ImagesMagic);
        IReadOnlyList<int> labelsShape;
        if (form.HasLabelRows)
        {
            (NumberType type, int[] shape) = Idx.ReadHeader(labels);
            if (type != NumberType.I32 || shape.Length != 2)
                throw new InvalidDataException($"'{labels}' holds {type} of shape {NumberArray.Text(shape)}, where the labels of {form.Name} are I32 of 2 "
                    + "axes (count, columns); check that the file is the labels file of the set.");
            labelsShape = shape;
        }
        else
        {
            labelsShape = Idx.ReadDimensions(labels, Idx.LabelsMagic);
        }
        CheckCounts(images, imagesShape, labels, labelsShape);
        return imagesShape;
    }

    static byte[] Labels(string path, Form form)
    {
        if (!form.HasLabelRows) return Idx.ReadLabels(path).Data;
        using NumberArray rows = Idx.ReadArray(path);
        byte[] labels = new byte[rows.Shape[0]];
        for (int i = 0; i < labels.Length; i++) rows.Read((long)i * rows.Shape[1], labels.AsSpan(i, 1));
        return labels;
    }

    static ImageSet Images(string path, byte[] labels, Form form, int classes)
    {
        IdxArray images = Idx.ReadImages(path);
        int rows = images.Dimensions[1], columns = images.Dimensions[2];
        if (!form.IsTransposed) return new ImageSet(images.Data, labels, rows, columns, classes);
        byte[] upright = new byte[images.Data.Length];
        for (int begin = 0; begin < upright.Length; begin += rows * columns)
            for (int row = 0; row < columns; row++)
                for (int column = 0; column < rows; column++) upright[begin + row * rows + column] = images.Data[begin + column * columns + row];
        return new ImageSet(upright, labels, columns, rows, classes);
    }
}
