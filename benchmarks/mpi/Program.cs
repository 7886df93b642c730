using System.Diagnostics;
using Organics;

// What an exchange of a gradient costs, and from it how many ranks pay: mpirun -n 2 dotnet run -c Release --no-build --project benchmarks/mpi
const int Warm = 20, Times = 15;
using var mpi = MpiCommunicator.Start();
if (mpi.Size < 2)
{
    Console.Error.WriteLine("One process exchanges nothing; start two or more by mpirun.");
    mpi.Finish();
    return 2;
}
if (mpi.Rank == 0) Console.WriteLine($"{mpi.Size} ranks by {mpi.Library}");
var (small, large) = (0.0, 0.0);
foreach (var bytes in (int[])[8, 1 << 10, 10 << 10, 100 << 10, 400 << 10, 4 << 20])
{
    var (sent, received) = (new byte[bytes], new byte[bytes]);
    // Pairs of neighbours, as in the first round of recursive doubling.
    var partner = mpi.Rank ^ 1;
    var each = Math.Max(1, (1 << 20) / bytes);
    var times = new double[Times];
    for (var i = -Warm; i < Times; i++)
    {
        var start = Stopwatch.GetTimestamp();
        for (var k = 0; k < each && partner < mpi.Size; k++) mpi.Exchange(partner, sent, partner, received);
        if (i >= 0) times[i] = Stopwatch.GetElapsedTime(start).TotalSeconds / each;
    }
    Array.Sort(times);
    var median = times[Times / 2];
    if (bytes == 8) small = median;
    large = (median - small) / bytes;
    if (mpi.Rank == 0) Console.WriteLine($"{bytes,9:N0} bytes  {1e6 * median,9:F1} µs  (from {1e6 * times[0]:F1} to {1e6 * times[^1]:F1})");
}
if (mpi.Rank == 0) Console.WriteLine($"latency {1e6 * small:F1} µs, bandwidth {1e-9 / large:F2} GB/s each way");
mpi.Finish();
return 0;
