using System.Numerics;

namespace Organics.Contract;

/// <summary>Scalar functions of four tensors that together go through most ops.</summary>
static class ComposedFunctions
{
    static readonly Shape[] Shapes = [[2, 4], [4, 3], [3], [2, 3]];

    public static IEnumerable<Func<Tensor<T>[], Tensor<T>>> All<T>() where T : unmanaged, IFloatingPointIeee754<T> => [Network, Normalisation, Systems, Images];

    public static Tensor<T>[] Inputs<T>(Device device) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random(5);
        return Array.ConvertAll(Shapes, s => Tensor.From<T>(
            [.. Enumerable.Range(0, s.Length).Select(_ => T.CreateTruncating(2 * random.NextDouble() - 0.9))], s, device));
    }

    static Tensor<T> Network<T>(Tensor<T>[] x) where T : unmanaged, IFloatingPointIeee754<T>
        => ((x[0].MatMul(x[1]) + x[2]).Tanh() * x[3].Sigmoid()).SoftmaxCrossEntropy([0, 2]) + x[3].Softplus().Mean(0).Sum();

    static Tensor<T> Normalisation<T>(Tensor<T>[] x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var drive = x[0].MatMul(x[1]).RectifiedSquare();
        var pool = drive.MatMul(drive, transposeThis: true).Sum(1) + x[2].Exp();
        return (drive / pool - x[3].Transpose().Transpose()).Square().Sum().Sqrt();
    }

    static Tensor<T> Systems<T>(Tensor<T>[] x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var a = x[1].MatMul(x[1], transposeThis: true).Reshape([1, 3, 3]);
        var solved = Tensor<T>.Concat(0, a, a).Solve(x[3]).GatherRows(1, 0, 1);
        return solved.Square().Sum() + x[0].Max(1).Sum() + x[3].Slice(1, 1).LogSumExp(1).Sum() + x[2].Abs().Expand(0, 3).Sum();
    }

    // Two images of one channel, kernels of even and odd extents, and each channel with a kernel of its own.
    static Tensor<T> Images<T>(Tensor<T>[] x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var images = x[0].Reshape([2, 1, 2, 2]).Convolve(x[1].Reshape([2, 1, 2, 3]));
        return (images.Convolve(x[3].Reshape([2, 1, 1, 3]), groups: 2).Square() + images).Sum() + x[2].Sum();
    }
}
