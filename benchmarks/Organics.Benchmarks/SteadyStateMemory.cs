namespace Organics.Benchmarks;

/// <summary>
/// What a training step takes once all steps are alike: buffers from the device, and managed bytes of all threads. The step with 50 units is held against
/// one with 200, whose W and Wr are 16 times as large.
/// </summary>
static class SteadyStateMemory
{
    const int WarmUp = 10, Steps = 20;

    record struct Taken(long Parameters, long Buffers, long ManagedBytes);

    /// <summary>Prints the figures and returns 0 where nothing grows, else 1.</summary>
    public static int Check()
    {
        var (small, large) = (Measure(50), Measure(200));
        Console.WriteLine($"{"units",6} {"parameters",11} {"new buffers/step",17} {"managed bytes/step",19}");
        Print(50, small);
        Print(200, large);
        // An object of fixed size for each op or part is no growth; an array of the model's size is 4 bytes for each new unit at the least.
        var (growth, newParameters) = (large.ManagedBytes - small.ManagedBytes, large.Parameters - small.Parameters);
        Console.WriteLine($"{growth} managed bytes more for {newParameters} parameters more.");
        var holds = small.Buffers == 0 && large.Buffers == 0 && growth <= 0;
        Console.WriteLine(holds ? "A training step takes no new buffer, and no managed memory that grows with the model." : "A training step takes memory that it should not.");
        return holds ? 0 : 1;
    }

    static void Print(int units, Taken taken) => Console.WriteLine($"{units,6} {taken.Parameters,11} {taken.Buffers,17} {taken.ManagedBytes,19}");

    static Taken Measure(int hidden)
    {
        using var step = new TrainingStep(hidden, learnedRecurrence: true);
        for (var i = 0; i < WarmUp; i++) step.Run();
        var buffers = Device.Cpu.Memory<float>().BuffersCreated;
        // The least of many: now and then the runtime allocates for itself, as when it compiles a method again.
        var managed = long.MaxValue;
        for (var i = 0; i < Steps; i++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            step.Run();
            managed = Math.Min(managed, GC.GetTotalAllocatedBytes(precise: true) - before);
        }
        return new(step.Parameters, Device.Cpu.Memory<float>().BuffersCreated - buffers, managed);
    }
}
