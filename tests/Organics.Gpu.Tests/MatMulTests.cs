using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using Organics.Contract;

namespace Organics.Gpu.Tests;

/// <summary>The products that groups of 256 threads compute, on an emulated GPU with such groups: that of the contract has smaller ones.</summary>
public sealed class MatMulTests : IDisposable
{
    readonly Context _context;
    readonly Accelerator _accelerator;

    public MatMulTests()
    {
        var device = new CPUDevice(numThreadsPerWarp: 16, numWarpsPerMultiprocessor: 16, numMultiprocessors: 1);
        _context = Context.Create(b => b.CPU(device));
        _accelerator = _context.CreateCPUAccelerator(0);
    }

    public void Dispose()
    {
        _accelerator.Dispose();
        _context.Dispose();
    }

    [Theory]
    [InlineData(1, 1, 0, 16), InlineData(15, 17, 17, 16), InlineData(3, 2, 520, 16), InlineData(64, 64, 0, 64), InlineData(64, 65, 17, 64), InlineData(3, 70, 33, 64)]
    [InlineData(128, 128, 0, 128), InlineData(130, 66, 17, 128), InlineData(5, 129, 40, 128)]
    public void Tiles_make_up_the_product_of_the_reference(int m, int n, int k, int tile)
    {
        var random = new Random(m + n + k);
        double[] Values(int length) => [.. Enumerable.Range(0, length).Select(_ => random.NextDouble())];
        var (on, reference) = (new GpuBackend<double, Lane64>(_accelerator, cublas: null), Device.Reference.Backend<double>());
        for (var flags = 0; flags < 8; flags++)
        {
            var (ta, tb, accumulate) = ((flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0);
            double[] a = Values(m * k), b = Values(k * n), c = Values(m * n);
            if (k > 0) a[^1] = b[tb ? k - 1 : (k - 1) * n] = double.PositiveInfinity;
            var (expected, actual) = (Product(reference), Product(on));
            for (var i = 0; i < expected.Length; i++)
                Assert.True(expected[i] == actual[i] || Math.Abs(expected[i] - actual[i]) <= Tolerances.Sum<double>(k, k + 1),
                    $"Element {i} is {actual[i]} but {expected[i]} on the reference, flags {flags}.");

            double[] Product(Backend<double> backend)
            {
                var views = Array.ConvertAll([a, b, c], values =>
                {
                    var view = new View<double>(backend.Allocate(values.Length + 1), 1, values.Length);
                    backend.Upload(values, view);
                    return view;
                });
                if (backend is GpuBackend<double, Lane64> gpu) gpu.MatMul(views[0], ta, views[1], tb, views[2], m, n, k, accumulate, tile);
                else backend.MatMul(views[0], ta, views[1], tb, views[2], m, n, k, accumulate);
                var product = new double[m * n];
                backend.Download(views[2], product);
                return product;
            }
        }
    }

    [Theory]
    [InlineData(4096, 4096, 4096, 128, 1), InlineData(256, 360, 784, 64, 3), InlineData(64, 64, 4096, 64, 16), InlineData(40, 40, 4096, 16, 16), InlineData(1, 1, 300, 16, 1), InlineData(1, 1, 0, 16, 1)]
    public void The_inner_index_is_cut_where_the_tiles_are_few_and_it_is_long(int m, int n, int k, int tile, int parts)
    {
        var layout = new MatMulLayout(m, n, k, false, true, MatMulLayout.TileFor(m, n, 1 << 20));
        Assert.Equal((tile, parts), (layout.Tile, layout.Parts));
        Assert.True((layout.Parts - 1) * layout.Depth < Math.Max(k, 1) && k <= layout.Parts * layout.Depth);
    }
}
