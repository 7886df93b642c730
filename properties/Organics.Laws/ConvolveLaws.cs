using FsCheck;
using FsCheck.Fluent;

namespace Organics.Laws;

/// <summary>A convolution is bilinear and knows no place but the edge, whatever the extents, on the processor and in plain loops.</summary>
public sealed class ConvolveLaws : IDisposable
{
    readonly CpuDevice _cpu = new(3);

    public void Dispose()
    {
        Assert.Equal(0, _cpu.Memory<double>().BuffersRented);
        _cpu.Dispose();
    }

    sealed record Extents(int Batch, int Groups, int Inputs, int Outputs, int Height, int Width, int KernelHeight, int KernelWidth, int Seed)
    {
        public Shape Images => [Batch, Groups * Inputs, Height, Width];

        public Shape Kernels => [Groups * Outputs, Inputs, KernelHeight, KernelWidth];

        public Shape Results => [Batch, Groups * Outputs, Height, Width];
    }

    static Gen<Extents> Any
        => from batch in Gen.Choose(1, 12)
           from groups in Gen.Choose(1, 3)
           from inputs in Gen.Choose(1, 4)
           from outputs in Gen.Choose(1, 5)
           from height in Gen.Choose(1, 30)
           from width in Gen.Choose(1, 30)
           from kernelHeight in Gen.Choose(1, 9)
           from kernelWidth in Gen.Choose(1, 9)
           from seed in Gen.Choose(0, int.MaxValue)
           select new Extents(batch, groups, inputs, outputs, height, width, kernelHeight, kernelWidth, seed);

    static Tensor<double> Values(Extents e, Shape shape, ulong stream, Device device)
        => Tensor.Normal<double>(shape, (ulong)e.Seed, stream: stream, device: device);

    /// <summary>⟨g, x∗k⟩ is linear in x and in k, so that both gradients, each times its own variable, give it back.</summary>
    [Fact]
    public void Both_gradients_give_the_value_back()
        => Cases.ForAll(Any, e =>
        {
            foreach (var device in (Device[])[_cpu, Device.Reference])
            {
                using var tape = new Tape<double>(device);
                var (x, k, g) = (Values(e, e.Images, 1, device), Values(e, e.Kernels, 2, device), Values(e, e.Results, 3, device));
                var y = tape.Watch(x).Convolve(tape.Watch(k), e.Groups);
                Assert.Equal(e.Results, y.Shape);
                var gradients = tape.Backward(y, g);
                var (value, size) = (Dot(y, g), Size(y, g));
                foreach (var each in (Tensor<double>[])[x, k])
                    Assert.True(Math.Abs(Dot(each, gradients[each]) - value) <= 1e-11 * (size + Size(each, gradients[each])), $"{e} on {device}");
            }
        }, share: 10);

    /// <summary>A kernel that is 1 at one place and 0 elsewhere shows the image from there, and zeros beyond its edges.</summary>
    [Fact]
    public void A_kernel_of_one_place_moves_the_image()
        => Cases.ForAll(Any, e =>
        {
            var random = new Random(e.Seed);
            var (u, v) = (random.Next(e.KernelHeight), random.Next(e.KernelWidth));
            var one = new double[e.KernelHeight * e.KernelWidth];
            one[u * e.KernelWidth + v] = 1;
            var x = Values(e, [e.Batch, 1, e.Height, e.Width], 1, _cpu);
            var (pixels, moved) = (x.ToArray(), x.Convolve(Tensor.From<double>(one, [1, 1, e.KernelHeight, e.KernelWidth], _cpu)).ToArray());
            for (var at = 0; at < moved.Length; at++)
            {
                var (down, right) = (u - (e.KernelHeight - 1) / 2, v - (e.KernelWidth - 1) / 2);
                var (i, j) = (at / e.Width % e.Height + down, at % e.Width + right);
                var isInside = i >= 0 && i < e.Height && j >= 0 && j < e.Width;
                Assert.Equal(isInside ? pixels[at + down * e.Width + right] : 0, moved[at]);
            }
        }, share: 10);

    static double Dot(Tensor<double> a, Tensor<double> b) => a.ToArray().Zip(b.ToArray(), (p, q) => p * q).Sum();

    static double Size(Tensor<double> a, Tensor<double> b) => a.ToArray().Zip(b.ToArray(), (p, q) => Math.Abs(p * q)).Sum();
}
