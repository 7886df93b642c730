using System.Numerics;

namespace Organics;

/// <summary>Grey images with one class label each, kept as the bytes they were stored in. Immutable.</summary>
public sealed class ImageSet
{
    readonly byte[] _pixels;
    readonly byte[] _labels;

    /// <summary>Wraps <paramref name="pixels"/> and <paramref name="labels"/>, without copying.</summary>
    /// <param name="pixels">count × rows × columns bytes, row-major, 0 … 255.</param>
    /// <param name="labels">count bytes, each below <paramref name="classes"/>.</param>
    /// <param name="rows">Pixels down.</param>
    /// <param name="columns">Pixels across.</param>
    /// <param name="classes">The number of classes, 1 … 256.</param>
    /// <exception cref="ArgumentException">The set is empty, the counts differ or a label is out of range.</exception>
    public ImageSet(byte[] pixels, byte[] labels, int rows, int columns, int classes)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(classes, 256);
        if (labels.Length == 0) throw new ArgumentException("The set holds no labels; a set needs at least one image.", nameof(labels));
        if (pixels.LongLength != (long)labels.Length * rows * columns)
            throw new ArgumentException($"The set holds {labels.Length} labels, which at {rows}×{columns} pixels need {(long)labels.Length * rows * columns} bytes of images, but got {pixels.LongLength}; pair the images with their own labels.", nameof(pixels));
        int wrong = labels.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)(classes - 1));
        if (wrong >= 0)
            throw new ArgumentException($"Label {wrong} is {labels[wrong]}, where a set of {classes} classes has labels 0 … {classes - 1}; check the labels file.", nameof(labels));
        (_pixels, _labels, Rows, Columns, Classes) = (pixels, labels, rows, columns, classes);
    }

    /// <summary>The number of images.</summary>
    public int Count => _labels.Length;

    /// <summary>Pixels down.</summary>
    public int Rows { get; }

    /// <summary>Pixels across.</summary>
    public int Columns { get; }

    /// <summary>The number of classes; labels are 0 … Classes − 1.</summary>
    public int Classes { get; }

    /// <summary>Pixels in one image, rows × columns.</summary>
    public int PixelsPerImage => Rows * Columns;

    /// <summary>All pixels, count × rows × columns, row-major.</summary>
    public ReadOnlySpan<byte> Pixels => _pixels;

    /// <summary>All labels.</summary>
    public ReadOnlySpan<byte> Labels => _labels;

    /// <summary>The pixels of image <paramref name="index"/>, rows × columns.</summary>
    /// <param name="index">0 … Count − 1.</param>
    public ReadOnlySpan<byte> Image(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return _pixels.AsSpan(index * PixelsPerImage, PixelsPerImage);
    }

    /// <summary>The images and labels at <paramref name="indices"/>, in that order, copied: a split, a subset, a shuffle.</summary>
    /// <param name="indices">At least one, each 0 … Count − 1; repeats are legal.</param>
    public ImageSet Select(ReadOnlySpan<int> indices)
    {
        byte[] pixels = new byte[(long)indices.Length * PixelsPerImage];
        byte[] labels = new byte[indices.Length];
        for (int i = 0; i < indices.Length; i++)
        {
            Image(indices[i]).CopyTo(pixels.AsSpan(i * PixelsPerImage));
            labels[i] = _labels[indices[i]];
        }
        return new ImageSet(pixels, labels, Rows, Columns, Classes);
    }

    /// <summary>The images and labels from <paramref name="start"/> on, at most <paramref name="count"/>, as <see cref="Gather"/> writes them.</summary>
    /// <returns>Pixels, images × rows × columns numbers in [0, 1], and as many labels as there are images.</returns>
    public (T[] Pixels, int[] Labels) Batch<T>(int start, int count) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var index = Enumerable.Range(start, Math.Clamp(Count - start, 0, count)).ToArray();
        var (pixels, labels) = (new T[index.Length * PixelsPerImage], new int[index.Length]);
        Gather<T>(index, pixels, labels);
        return (pixels, labels);
    }

    /// <summary>Writes the batch at <paramref name="indices"/> as numbers: pixel / 255, in [0, 1], and labels. The authors standardise no further.</summary>
    /// <param name="indices">The samples, each 0 … Count − 1.</param>
    /// <param name="pixels">Receives indices.Length × rows × columns numbers.</param>
    /// <param name="labels">Receives indices.Length labels.</param>
    public void Gather<T>(ReadOnlySpan<int> indices, Span<T> pixels, Span<int> labels) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (pixels.Length != indices.Length * PixelsPerImage || labels.Length != indices.Length)
            throw new ArgumentException($"A batch of {indices.Length} needs {indices.Length * PixelsPerImage} pixels and {indices.Length} labels, but got room for {pixels.Length} and {labels.Length}; size the buffers by indices.Length.", nameof(pixels));
        T scale = T.CreateChecked(255);
        for (int i = 0; i < indices.Length; i++)
        {
            ReadOnlySpan<byte> image = Image(indices[i]);
            Span<T> target = pixels.Slice(i * PixelsPerImage, PixelsPerImage);
            for (int p = 0; p < image.Length; p++) target[p] = T.CreateTruncating(image[p]) / scale;
            labels[i] = _labels[indices[i]];
        }
    }
}

/// <summary>A named set of images for training and another, of the same size and classes, for the test.</summary>
public sealed class DataSet
{
    /// <summary>Pairs the two.</summary>
    /// <param name="name">What the set is called: <c>mnist</c>, or a folder.</param>
    /// <param name="train">The training images.</param>
    /// <param name="test">The test images.</param>
    /// <exception cref="ArgumentException">The two differ in image size or number of classes.</exception>
    public DataSet(string name, ImageSet train, ImageSet test)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        if ((train.Rows, train.Columns, train.Classes) != (test.Rows, test.Columns, test.Classes))
            throw new ArgumentException($"The training images of '{name}' are {train.Rows}×{train.Columns} in {train.Classes} classes, the test images {test.Rows}×{test.Columns} in {test.Classes}; both must agree.", nameof(test));
        (Name, Train, Test) = (name, train, test);
    }

    /// <summary>What the set is called.</summary>
    public string Name { get; }

    /// <summary>The training images.</summary>
    public ImageSet Train { get; }

    /// <summary>The test images.</summary>
    public ImageSet Test { get; }
}
