namespace Organics;

/// <summary>Grey images with one class label each, kept as the bytes they were stored in. Immutable.</summary>
public sealed class ImageSet : SampleSet
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
        Format = new(rows, columns, TargetKind.Class, PerStep: false, classes) { IsImage = true };
    }

    /// <summary>The number of images.</summary>
    public override int Count => _labels.Length;

    /// <inheritdoc/>
    public override SampleFormat Format { get; }

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
    public override ImageSet Select(ReadOnlySpan<int> indices)
    {
        byte[] pixels = new byte[(long)indices.Length * PixelsPerImage];
        byte[] labels = new byte[indices.Length];
        for (int i = 0; i < indices.Length; i++)
        {
            Image(indices[i]).CopyTo(pixels.AsSpan(i * PixelsPerImage));
            labels[i] = _labels[indices[i]];
        }
        return new ImageSet(pixels, labels, Rows, Columns, Classes) { ClassWeights = ClassWeights };
    }

    /// <summary>Pixel / 255, in [0, 1], and labels. The authors standardise no further.</summary>
    /// <inheritdoc/>
    protected override void Fill<T>(ReadOnlySpan<int> indices, SampleBatch<T> batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var scale = T.CreateChecked(255);
        for (var i = 0; i < indices.Length; i++)
        {
            var image = Image(indices[i]);
            var target = batch.Inputs.Slice(i * PixelsPerImage, PixelsPerImage);
            for (var p = 0; p < image.Length; p++) target[p] = T.CreateTruncating(image[p]) / scale;
            batch.Classes[i] = _labels[indices[i]];
        }
    }
}
