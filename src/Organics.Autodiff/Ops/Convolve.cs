using System.Numerics;

namespace Organics;

/// <summary>
/// Cross-correlation of images with kernels, zeros around the images, in kinds of work that every device has: the padded images, shifted to each place of the
/// kernel, are the rows of a matrix (im2col), and one product multiplies the kernels with it. Gradient of the images: the transposed product, its rows shifted
/// back; of the kernels: the result's cotangent times that matrix. Where each channel has one kernel of its own there is no product to speak of, and the
/// shifted images are added up instead.
/// </summary>
sealed class Convolve<T>(int groups) : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public override Shape Infer(ReadOnlySpan<Tensor<T>> inputs)
    {
        var (x, k) = (inputs[0].Shape, inputs[1].Shape);
        if (x.Rank != 4) throw new ShapeException($"Convolve: the images are {x} but must be [batch, channels, height, width]; Reshape them.");
        if (k.Rank != 4) throw new ShapeException($"Convolve: the kernels are {k} but must be [outputs, channels, height, width]; Reshape them.");
        if (groups < 1 || x[1] % groups != 0 || k[0] % groups != 0)
            throw new ShapeException($"Convolve: {x[1]} channels and {k[0]} outputs were to be parted into {groups} groups; give a number that divides both.");
        if (k[1] != x[1] / groups)
            throw new ShapeException($"Convolve: kernels {k} read {k[1]} channels, but there are {x[1] / groups} in {(groups == 1 ? "" : "each group of ")}{x};"
                + " the numbers must be equal.");
        if (k[1] < 1 || k[2] < 1 || k[3] < 1) throw new ShapeException($"Convolve: the kernels are {k}; give one channel of 1×1 or more.");
        ImageColumns<T>.Check(x, k);
        return [x[0], k[0], x[2], x[3]];
    }

    public override void Forward(in ForwardContext<T> c)
    {
        var y = c.Output;
        if (y.Length == 0) return;
        using var columns = new ImageColumns<T>(c.On, c.Shape(0), c.Shape(1), groups);
        for (var first = 0; first < c.Shape(0)[0]; first += columns.Images)
        {
            var part = columns.Part(first);
            columns.TakeImages(c.Input(0), part);
            if (columns.IsDepthwise) columns.AddUp(c.Input(1), part);
            for (var g = 0; g < groups && !columns.IsDepthwise; g++)
            {
                columns.Shift(part, g);
                var (m, n, k) = (columns.Outputs, part.Columns, columns.Rows);
                c.On.MatMul(columns.Kernels(c.Input(1), g), false, columns.Shifted(part), false, columns.Results(part, g), m, n, k, accumulate: false);
            }
            columns.GiveResults(y, part);
        }
    }

    public override void Vjp(in VjpContext<T> c)
    {
        if (c.OutputGrad.Length == 0)
        {
            for (var i = 0; i < 2; i++)
                if (c.Needs(i)) _ = c.Grad(i);
            return;
        }
        View<T> gx = default, gk = default;
        var (addX, addK) = (false, false);
        if (c.Needs(0)) gx = c.Grad(0, out addX);
        if (c.Needs(1)) gk = c.Grad(1, out addK);
        using var columns = new ImageColumns<T>(c.On, c.Shape(0), c.Shape(1), groups);
        var (m, k) = (columns.Outputs, columns.Rows);
        for (var first = 0; first < c.Shape(0)[0]; first += columns.Images)
        {
            var part = columns.Part(first);
            columns.TakeResults(c.OutputGrad, part);
            if (!gk.IsMissing)
            {
                columns.TakeImages(c.Input(0), part);
                if (columns.IsDepthwise) columns.AddToKernels(gk, part, addK || first > 0);
                for (var g = 0; g < groups && !columns.IsDepthwise; g++)
                {
                    columns.Shift(part, g);
                    c.On.MatMul(
                        columns.Results(part, g), false, columns.Shifted(part), true, columns.Kernels(gk, g), m, k, part.Columns, addK || first > 0);
                }
            }
            if (gx.IsMissing) continue;
            columns.Clear(part);
            if (columns.IsDepthwise) columns.AddBack(c.Input(1), part);
            for (var g = 0; g < groups && !columns.IsDepthwise; g++)
            {
                c.On.MatMul(
                    columns.Kernels(c.Input(1), g), true, columns.Results(part, g), false, columns.Shifted(part), k, part.Columns, m, accumulate: false);
                columns.ShiftBack(part, g);
            }
            columns.GiveImages(gx, part, addX);
        }
    }
}

/// <summary>
/// A part of the images at a time, channel by channel, with zeros between their rows and between them: then all that a place of the kernel reads is a view of
/// it, shifted by a number of elements that is the same everywhere. What a product gives between the images means nothing and is left out.
/// </summary>
readonly struct ImageColumns<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    // So many numbers of shifted images at a time stay in a processor's cache, and a product reads them as they lie.
    const int Together = 1 << 18;

    // Columns are filled up to whole vectors, as wide as any processor's.
    const int Lanes = 16;

    readonly Backend<T> _on;
    readonly int _batch, _inputs, _outputs, _groups, _height, _width, _kernelHeight, _kernelWidth;
    readonly Buffer<T> _wide, _images, _shifted, _results;

    public ImageColumns(Backend<T> on, Shape x, Shape kernels, int groups)
    {
        (_on, _groups) = (on, groups);
        (_batch, _inputs, _height, _width) = (x[0], x[1], x[2], x[3]);
        (_outputs, _kernelHeight, _kernelWidth) = (kernels[0], kernels[2], kernels[3]);
        Images = Math.Clamp((Together / Math.Max(ShiftedRows, _inputs + _outputs) - Lanes + 1) / Plane, 1, _batch);
        var most = new ImagePart(0, Images, ColumnsOf(Images));
        _wide = on.Rent(Images * Math.Max(_inputs, _outputs) * _height * Pitch);
        _images = on.Rent(_inputs * Length(most));
        _shifted = on.Rent(ShiftedRows * most.Columns);
        _results = on.Rent(_outputs * most.Columns);
    }

    /// <summary>Refuses what no array holds.</summary>
    /// <exception cref="ShapeException">A single image's matrix has more than 2³¹ − 1 numbers.</exception>
    public static void Check(Shape x, Shape kernels)
    {
        var rows = Math.Max((long)kernels[1] * kernels[2] * kernels[3], (long)x[1] + kernels[0]);
        // In double, where nothing overflows: whether it is a number more or less does not matter.
        if ((double)rows * ((double)(x[2] + 2L * kernels[2]) * (x[3] + 2L * kernels[3]) + Lanes) > int.MaxValue)
            throw new ShapeException($"Convolve: one image of {x} under kernels {kernels} makes a matrix of more than 2³¹ − 1 numbers; give smaller ones.");
    }

    /// <summary>How many images are taken at a time.</summary>
    public int Images { get; }

    /// <summary>Outputs of a group.</summary>
    public int Outputs => _outputs / _groups;

    /// <summary>Numbers of a kernel: places times channels of a group.</summary>
    public int Rows => _inputs / _groups * _kernelHeight * _kernelWidth;

    /// <summary>Whether each channel has one kernel of its own.</summary>
    public bool IsDepthwise => _inputs == _groups && _outputs == _groups;

    int ShiftedRows => IsDepthwise ? 1 : Rows;

    // Zeros behind a row of an image are those before the next one, too. An even kernel reads one more after its place than before it, as PyTorch has it.
    int Pitch => _width + _kernelWidth / 2;

    int Plane => (_height + _kernelHeight / 2) * Pitch;

    int Start => (_kernelHeight - 1) / 2 * Pitch + (_kernelWidth - 1) / 2;

    int ColumnsOf(int images) => (images * Plane + Lanes - 1) / Lanes * Lanes;

    // A channel's images, and what the last place of the kernel reads behind them.
    int Length(ImagePart part) => part.Columns + (_kernelHeight - 1) * Pitch + _kernelWidth - 1;

    /// <summary>The images from one on.</summary>
    public ImagePart Part(int first)
    {
        var count = Math.Min(Images, _batch - first);
        return new(first, count, ColumnsOf(count));
    }

    /// <summary>The kernels of a group. Shape [Outputs, Rows].</summary>
    public View<T> Kernels(View<T> all, int group) => all.Slice(group * Outputs * Rows, Outputs * Rows);

    /// <summary>The shifted images of a group. Shape [Rows, part.Columns]; [1, part.Columns] where each channel has one kernel.</summary>
    public View<T> Shifted(ImagePart part) => new(_shifted, 0, ShiftedRows * part.Columns);

    /// <summary>What belongs to a group's outputs. Shape [Outputs, part.Columns].</summary>
    public View<T> Results(ImagePart part, int group) => new(_results, group * Outputs * part.Columns, Outputs * part.Columns);

    public void TakeImages(View<T> x, ImagePart part) => Take(x, _inputs, part, new(_images, 0, _inputs * Length(part)), Length(part), Start);

    public void TakeResults(View<T> y, ImagePart part) => Take(y, _outputs, part, new(_results, 0, _outputs * part.Columns), part.Columns, 0);

    public void GiveImages(View<T> x, ImagePart part, bool accumulate)
        => Give(new(_images, 0, _inputs * Length(part)), Length(part), Start, x, _inputs, part, accumulate);

    public void GiveResults(View<T> y, ImagePart part)
        => Give(new(_results, 0, _outputs * part.Columns), part.Columns, 0, y, _outputs, part, accumulate: false);

    /// <summary>Makes all images 0.</summary>
    public void Clear(ImagePart part) => _on.Fill(new(_images, 0, _inputs * Length(part)), T.Zero);

    /// <summary>Row (channel, u, v) of the shifted images is what place (u, v) of the kernel reads.</summary>
    public void Shift(ImagePart part, int group)
    {
        var channels = _inputs / _groups;
        for (var row = 0; row < channels * _kernelHeight; row++)
        {
            var from = Shifted(part, group * channels + row / _kernelHeight, row % _kernelHeight, _kernelWidth - 1);
            var to = new View<T>(_shifted, row * _kernelWidth * part.Columns, _kernelWidth * part.Columns);
            _on.CopyRows(from, 1, to, part.Columns, _kernelWidth, part.Columns, accumulate: false);
        }
    }

    /// <summary>Adds each row back to where <see cref="Shift"/> takes it from.</summary>
    public void ShiftBack(ImagePart part, int group)
    {
        var channels = _inputs / _groups;
        // One at a time: they overlap.
        for (var row = 0; row < Rows; row++)
            _on.Add(new(_shifted, row * part.Columns, part.Columns), Place(part, group * channels * _kernelHeight * _kernelWidth + row));
    }

    /// <summary>Of kernels of one channel each: the results are the sum of the shifted images times the kernels.</summary>
    public void AddUp(View<T> kernels, ImagePart part)
    {
        _on.Fill(new(_results, 0, _outputs * part.Columns), T.Zero);
        for (var k = 0; k < kernels.Length; k++) AddTimes(Place(part, k), kernels.Slice(k, 1), Results(part, k / Rows));
    }

    /// <summary>Adds the results times the kernels to the shifted images.</summary>
    public void AddBack(View<T> kernels, ImagePart part)
    {
        for (var k = 0; k < kernels.Length; k++) AddTimes(Results(part, k / Rows), kernels.Slice(k, 1), Place(part, k));
    }

    /// <summary>Each number of the kernels is, or gets added, the sum of the shifted images times the results.</summary>
    public void AddToKernels(View<T> kernels, ImagePart part, bool accumulate)
    {
        var products = Shifted(part);
        for (var k = 0; k < kernels.Length; k++)
        {
            _on.Map(new Binary<Multiply<T>, T>(default), new(Place(part, k), Results(part, k / Rows)), products);
            _on.Reduce(default(SumReduction<T>), products, 1, part.Columns, 1, kernels.Slice(k, 1), accumulate);
        }
    }

    // y ← y + s·x, which is what a product with s does to cotangents.
    void AddTimes(View<T> x, View<T> s, View<T> y) => _on.MapVjp(new Binary<Multiply<T>, T>(default), new(x, s), x, x, new(y));

    public void Dispose()
    {
        foreach (var buffer in (ReadOnlySpan<Buffer<T>>)[_wide, _images, _shifted, _results]) _on.Return(buffer);
    }

    // A channel as one place of the kernel reads it: numbers of all channels' kernels, one kernel after the other.
    View<T> Place(ImagePart part, int number)
    {
        var (line, v) = (number / _kernelWidth, number % _kernelWidth);
        return Shifted(part, line / _kernelHeight, line % _kernelHeight, v).Slice(v, part.Columns);
    }

    // A channel as line u of the kernel reads it, up to its place v.
    View<T> Shifted(ImagePart part, int channel, int u, int v) => new(_images, channel * Length(part) + u * Pitch, part.Columns + v);

    // [images, channels, height, width] → [channels, images, height, width] with zeros between, from `start` on in each channel of `length`.
    void Take(View<T> x, int channels, ImagePart part, View<T> to, int length, int start)
    {
        var (wide, lines, whole) = (Wide(part, channels), part.Count * channels * _height, _height * Pitch);
        _on.Fill(wide, T.Zero);
        _on.CopyRows(Of(x, part, channels), _width, wide, Pitch, lines, _width, accumulate: false);
        _on.Fill(to, T.Zero);
        for (var c = 0; c < channels; c++)
            _on.CopyRows(Tail(wide, c * whole), channels * whole, Tail(to, c * length + start), Plane, part.Count, whole, accumulate: false);
    }

    void Give(View<T> from, int length, int start, View<T> y, int channels, ImagePart part, bool accumulate)
    {
        var (wide, lines, whole) = (Wide(part, channels), part.Count * channels * _height, _height * Pitch);
        for (var c = 0; c < channels; c++)
            _on.CopyRows(Tail(from, c * length + start), Plane, Tail(wide, c * whole), channels * whole, part.Count, whole, accumulate: false);
        _on.CopyRows(wide, Pitch, Of(y, part, channels), _width, lines, _width, accumulate);
    }

    View<T> Wide(ImagePart part, int channels) => new(_wide, 0, part.Count * channels * _height * Pitch);

    View<T> Of(View<T> all, ImagePart part, int channels)
        => all.Slice(part.First * channels * _height * _width, part.Count * channels * _height * _width);

    static View<T> Tail(View<T> v, int from) => v.Slice(from, v.Length - from);
}

/// <summary>Images that are taken together.</summary>
/// <param name="First">The first of them.</param>
/// <param name="Count">How many.</param>
/// <param name="Columns">Elements of a channel, zeros included.</param>
readonly record struct ImagePart(int First, int Count, int Columns);

public sealed partial class Tensor<T>
{
    /// <summary>
    /// Cross-correlation with kernels, which machine learning calls convolution: y[b, o, i, j] = Σ k[o, c, u, v]·x[b, c, i + u − ⌊(h − 1)/2⌋, j + v −
    /// ⌊(w − 1)/2⌋] over channels c and places (u, v), with zeros around the images ("same" padding; where a kernel of h × w is even it reads one more behind
    /// than before, as PyTorch's does). Shape: [batch, channels, height, width] → [batch, outputs, height, width]. Gradient: the correlation with the flipped
    /// kernels; for the kernels, of the images with the result's.
    /// </summary>
    /// <param name="kernels">Shape [outputs, channels / groups, h, w]; any extents from 1, larger than the image too.</param>
    /// <param name="groups">Into how many groups channels and outputs are parted, each for itself; as many as channels gives each its own kernels.</param>
    /// <exception cref="ShapeException">The shapes do not fit, or one image makes a matrix of more than 2³¹ − 1 numbers.</exception>
    public Tensor<T> Convolve(Tensor<T> kernels, int groups = 1) => new Convolve<T>(groups).Apply(this, kernels);
}
