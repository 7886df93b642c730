using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Organics.Tests;

/// <summary>Alone, because others' memory would count.</summary>
[CollectionDefinition(nameof(LargeFileTests), DisableParallelization = true)]
[Collection(nameof(LargeFileTests))]
public class LargeFileTests
{
    [Fact]
    public void A_large_file_is_read_piece_by_piece_and_by_many_threads()
    {
        using var folder = new TemporaryFolder();
        const int rows = 1 << 20, columns = 256;
        using (FileStream stream = File.Create(folder["x.npy"]))
        {
            // 1 GiB, all zeros but the last row; no disk holds the zeros.
            stream.Write(NpyHeader.Of(NumberType.F32, [rows, columns]));
            long begin = stream.Position;
            stream.SetLength(begin + 4L * rows * columns);
            stream.Position = begin + 4L * (rows - 1) * columns;
            stream.Write(MemoryMarshal.AsBytes([.. Enumerable.Range(0, columns).Select(i => (float)i)]));
        }
        using NumberArray array = Npy.Read(folder["x.npy"]);
        using var process = Process.GetCurrentProcess();
        long before = process.WorkingSet64;
        double[] sums = new double[16];
        Parallel.For(0, sums.Length, part =>
        {
            double[] row = new double[16 * columns];
            for (long k = part; k < rows / 16; k += sums.Length)
            {
                array.Read<double>(k * row.Length, row);
                sums[part] += row.Sum();
            }
        });
        process.Refresh();
        Assert.InRange(process.WorkingSet64 - before, long.MinValue, 128 << 20);
        Assert.Equal(columns * (columns - 1) / 2, sums.Sum());
    }
}
