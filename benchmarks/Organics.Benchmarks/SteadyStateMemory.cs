namespace Organics.Benchmarks;

/// <summary>
/// What a training step takes once all steps are alike: buffers from the device, and managed bytes of all threads. The step with 50 units is held against
/// one with 200, whose W and Wr are 16 times as large.
/// </summary>
static class SteadyStateMemory
{
    const int Small = 50, Large = 200, WarmUp = 10, Steps = 20;

    record struct Taken(long Buffers, long ManagedBytes);

    /// <summary>Prints the figures and returns 0 where nothing is taken that should not be, else 1.</summary>
    public static int Check()
    {
        using var one = new CpuDevice(1);
        Console.WriteLine($"{"threads",8} {"units",6} {"new buffers",12} {"managed bytes/step",19}");
        var (small, large) = (Measure(Small, one, 1), Measure(Large, one, 1));
        var cores = Environment.ProcessorCount;
        Taken[] all = [small, large, .. cores == 1 ? [] : new[] { Measure(Small, Device.Cpu, cores), Measure(Large, Device.Cpu, cores) }];
        var (buffers, growth) = (all.Sum(t => t.Buffers), large.ManagedBytes - small.ManagedBytes);
        Console.WriteLine($"{buffers} new buffers; {growth} managed bytes more with {Large} units than with {Small}, on one thread.");
        var holds = buffers == 0 && growth <= 0;
        Console.WriteLine(holds ? "Holds: no new buffer, and no managed memory that grows with the model." : "Does not hold: both must be 0.");
        return holds ? 0 : 1;
    }

    static Taken Measure(int hidden, Device device, int threads)
    {
        using var step = new TrainingStep(hidden, learnedRecurrence: true, device);
        for (var i = 0; i < WarmUp; i++) step.Run();
        var created = device.Memory<float>().BuffersCreated;
        // The least of many: now and then the runtime allocates for itself, as when it compiles a method again.
        var managed = long.MaxValue;
        for (var i = 0; i < Steps; i++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            step.Run();
            managed = Math.Min(managed, GC.GetTotalAllocatedBytes(precise: true) - before);
        }
        var taken = new Taken(device.Memory<float>().BuffersCreated - created, managed);
        Console.WriteLine($"{threads,8} {hidden,6} {taken.Buffers,12} {taken.ManagedBytes,19}");
        return taken;
    }
}
