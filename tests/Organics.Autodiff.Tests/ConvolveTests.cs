namespace Organics.Tests;

public sealed class ConvolveTests : OpTests
{
    /// <summary>The sum as it is written, with zeros around the image.</summary>
    static double[] Loop(Tensor<double> x, Tensor<double> k, int groups)
    {
        var (inputs, h, w, outputs, kh, kw) = (k.Shape[1], x.Shape[2], x.Shape[3], k.Shape[0], k.Shape[2], k.Shape[3]);
        var (images, kernels) = (x.ToArray(), k.ToArray());
        return Table([x.Shape[0], outputs, h, w], at =>
        {
            var sum = 0.0;
            for (var c = 0; c < inputs; c++)
                for (var u = 0; u < kh; u++)
                    for (var v = 0; v < kw; v++)
                    {
                        var (i, j) = (at[2] + u - (kh - 1) / 2, at[3] + v - (kw - 1) / 2);
                        if (i < 0 || i >= h || j < 0 || j >= w) continue;
                        var channel = at[0] * x.Shape[1] + at[1] / (outputs / groups) * inputs + c;
                        sum += kernels[((at[1] * inputs + c) * kh + u) * kw + v] * images[(channel * h + i) * w + j];
                    }
            return sum;
        });
    }

    [Theory]
    [InlineData(1, 1, 1, 1, 1, 1, 1, 1)]
    [InlineData(2, 3, 4, 5, 2, 3, 3, 1)]
    [InlineData(3, 1, 5, 3, 4, 1, 1, 1)]
    [InlineData(1, 2, 4, 4, 3, 2, 4, 1)]
    [InlineData(2, 1, 2, 3, 2, 7, 6, 1)]
    [InlineData(2, 1, 1, 6, 1, 1, 5, 1)]
    [InlineData(2, 4, 3, 4, 6, 3, 2, 2)]
    [InlineData(2, 3, 4, 3, 3, 3, 3, 3)]
    public void It_is_the_sum_over_channels_and_places_and_differentiates(int batch, int inputs, int h, int w, int outputs, int kh, int kw, int groups)
    {
        var (x, k) = (Tensor(1, [batch, inputs, h, w]), Tensor(2, [outputs, inputs / groups, kh, kw]));
        Verify(t => t[0].Convolve(t[1], groups), [batch, outputs, h, w], Loop(x, k, groups), x, k);
    }

    /// <summary>More images than are taken at a time, and a last part that is smaller.</summary>
    [Theory]
    [InlineData(41, 1, 28, 28, 2, 5, 1)]
    [InlineData(9, 6, 20, 23, 4, 5, 2)]
    [InlineData(80, 3, 40, 29, 3, 4, 3)]
    public void Many_images_are_taken_in_parts(int batch, int inputs, int h, int w, int outputs, int size, int groups)
    {
        var (x, k) = (Tensor(1, [batch, inputs, h, w]), Tensor(2, [outputs, inputs / groups, size, size]));
        VerifyValue(t => t[0].Convolve(t[1], groups), [batch, outputs, h, w], Loop(x, k, groups), 1e-12, x, k);
        using var tape = new Tape<double>(Device);
        using var alone = new Tape<double>(Device);
        var gradients = tape.Backward(tape.Watch(x).Convolve(tape.Watch(k), groups).Square().Sum());
        // Of a sum over images: each for itself.
        var sum = new double[k.Length];
        var own = new List<double>();
        for (var b = 0; b < batch; b++)
        {
            var (image, kernels) = (alone.Watch(x.Slice(b, 1)), alone.Watch(k));
            var each = alone.Backward(image.Convolve(kernels, groups).Square().Sum());
            own.AddRange(each[image].ToArray());
            sum = [.. sum.Zip(each[kernels].ToArray(), (s, g) => s + g)];
            alone.Reset();
        }
        AssertClose([.. own], gradients[x].ToArray(), 1e-12);
        AssertClose(sum, gradients[k].ToArray(), 1e-11);
    }

    /// <summary>PyTorch 1.13, torch.nn.functional.conv2d with padding="same" in double; all numbers are multiples of 1/64, without rounding.</summary>
    [Theory]
    [InlineData(2, 2, 3, 4, 2, 3, 3, 1, 0)]
    [InlineData(1, 1, 3, 2, 1, 2, 4, 1, 1)]
    [InlineData(1, 4, 2, 3, 2, 3, 2, 2, 2)]
    public void Values_and_gradients_are_PyTorchs(int batch, int inputs, int h, int w, int outputs, int kh, int kw, int groups, int golden)
    {
        static double[] Eighths(int n, int step) => [.. Enumerable.Range(0, n).Select(i => (i * step % 17 - 8) / 8.0)];
        var (y, gx, gk) = Golden[golden];
        foreach (var device in (Device[])[Device, Organics.Device.Reference])
        {
            using var tape = new Tape<double>(device);
            Shape images = [batch, inputs, h, w], kernels = [outputs, inputs / groups, kh, kw];
            var x = tape.Watch(Organics.Tensor.From<double>(Eighths(images.Length, 7), images, device));
            var k = tape.Watch(Organics.Tensor.From<double>(Eighths(kernels.Length, 5), kernels, device));
            var value = x.Convolve(k, groups);
            Assert.Equal(y, value.ToArray());
            var gradients = tape.Backward(value, tape.Constant(Eighths(value.Length, 3), value.Shape));
            Assert.Equal(gx, gradients[x].ToArray());
            Assert.Equal(gk, gradients[k].ToArray());
        }
    }

    static readonly (double[] Y, double[] Gx, double[] Gk)[] Golden =
    [
        ([2.578125, -0.734375, -1.125, 0.203125, 1.75, 1.9375, -0.53125, -1.421875, -0.03125, -0.65625, 0.515625, -0.46875, -1.09375, 3.015625,
            -0.375, -0.5625, -0.859375, 2.546875, 0.359375, 0.0625, -0.28125, -0.40625, 0.953125, -0.46875, -0.84375, 0.515625, 0.125, -0.109375,
            -0.171875, -1.796875, 2.90625, -2, -0.5, -0.953125, 0.75, -0.484375, -0.71875, -0.53125, -0.734375, 0, 0.921875, -0.546875, -1.40625,
            1.59375, 1.71875, -1.515625, 0.375, 1.1875],
         [-0.1875, 1.015625, -0.09375, -0.71875, 1.71875, -0.84375, -0.5625, 0.109375, 0.78125, -0.4375, 1.578125, 0.40625, -1.09375, 0.890625,
            -0.9375, -0.015625, -0.28125, 2.921875, -0.53125, 1.71875, -0.890625, 1.078125, -1.34375, 1.9375, 0.46875, -0.109375, -0.6875, -0.21875,
            -1.765625, 1.390625, 1.140625, -1.484375, -0.890625, -0.40625, 1.078125, -0.09375, 0.546875, -0.75, 0.875, -0.390625, 2.359375, -1.328125,
            -0.796875, -0.921875, 1.875, -1.796875, -0.234375, 0.828125],
         [-2.859375, 1.21875, 0.78125, 0.859375, -0.59375, -1.234375, 0.046875, 0.828125, 0.875, -0.921875, 2.140625, 0.625, -1.71875, -4.796875,
            0.484375, 0.25, 0.234375, -0.484375, -0.484375, -1.921875, 0.203125, 1.40625, 0.546875, -3.390625, 0.4375, 1.0625, 2.03125, -2.375,
            -0.171875, 0.203125, -0.140625, -2.546875, -1.171875, 1.0625, 1.03125, 1.359375]),
        ([0.03125, 0.578125, -0.953125, -0.796875, -0.359375, -0.046875],
         [1, -0.015625, 0.359375, -0.734375, -1.140625, -0.359375],
         [1.046875, 0.25, -0.1875, 0, -0.421875, -0.640625, 0.71875, 0]),
        ([1.15625, -0.78125, 0.953125, 0.078125, 0.28125, -1.234375, -2.40625, 2.203125, -1.40625, 1.484375, -0.796875, 1.015625],
         [-0.375, -1.578125, -1.671875, 0.65625, 0.625, 0.8125, 0.328125, -0.015625, -0.0625, -1.03125, -0.203125, 0.03125, 0.6875, 0.75, 0.75,
            -0.625, 0.125, -0.390625, -0.859375, -0.0625, -0.015625, 0.21875, -0.15625, 0.171875],
         [0.46875, 0.359375, 0.25, -0.734375, 0.484375, 0.171875, 0.109375, -0.078125, -0.65625, -0.671875, -0.0625, 0.671875, 0.71875, 0.328125,
            -1.828125, -0.65625, 0.546875, 0.28125, -0.0625, -0.125, -0.65625, -0.625, 0.109375, 0.765625]),
    ];

    [Fact]
    public void Without_images_or_outputs_there_is_nothing_and_no_gradient()
    {
        Verify(t => t[0].Convolve(t[1]), [0, 2, 3, 3], [], Tensor(1, [0, 1, 3, 3]), Tensor(2, [2, 1, 3, 3]));
        Verify(t => t[0].Convolve(t[1]), [2, 0, 3, 3], [], Tensor(1, [2, 1, 3, 3]), Tensor(2, [0, 1, 3, 3]));
        Verify(t => t[0].Convolve(t[1]), [2, 2, 0, 3], [], Tensor(1, [2, 1, 0, 3]), Tensor(2, [2, 1, 3, 3]));
    }

    [Fact]
    public void An_infinite_pixel_reaches_what_reads_it_and_nothing_else()
    {
        var image = new double[25];
        image[12] = double.PositiveInfinity;
        var y = Organics.Tensor.From<double>(image, [1, 1, 5, 5], Device).Convolve(Organics.Tensor.From<double>([1, 1, 1], [1, 1, 1, 3], Device)).ToArray();
        for (var i = 0; i < 25; i++) Assert.Equal(i is >= 11 and <= 13 ? double.PositiveInfinity : 0, y[i]);
    }

    [Fact]
    public void Errors_name_the_shapes_and_the_remedy()
    {
        AssertSays<ShapeException>(() => Tensor(1, [2, 3, 3]).Convolve(Tensor(2, [1, 1, 3, 3])), "Convolve", "[2, 3, 3]", "Reshape");
        AssertSays<ShapeException>(() => Tensor(1, [2, 1, 3, 3]).Convolve(Tensor(2, [3, 3])), "Convolve", "[3, 3]", "Reshape");
        AssertSays<ShapeException>(() => Tensor(1, [2, 4, 3, 3]).Convolve(Tensor(2, [2, 3, 1, 1])), "read 3", "4 in [2, 4, 3, 3]");
        AssertSays<ShapeException>(() => Tensor(1, [2, 4, 3, 3]).Convolve(Tensor(2, [2, 4, 1, 1]), groups: 2), "read 4", "2 in each group");
        AssertSays<ShapeException>(() => Tensor(1, [2, 4, 3, 3]).Convolve(Tensor(2, [4, 1, 1, 1]), groups: 3), "4 channels and 4 outputs", "3 groups");
        AssertSays<ShapeException>(() => Tensor(1, [2, 4, 3, 3]).Convolve(Tensor(2, [4, 4, 0, 1])), "[4, 4, 0, 1]", "1×1 or more");
        AssertSays<ShapeException>(
            () => Tensor(1, [1, 1, 3, 3]).Convolve(Organics.Tensor.Zeros<double>([1, 1, 2000, 2000], Device)), "2³¹ − 1", "[1, 1, 2000, 2000]", "smaller");
    }
}
