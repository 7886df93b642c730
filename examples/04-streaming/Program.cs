using System.Diagnostics;
using Organics;

// The recurrent circuit as a component: a signal goes in one value at a time, activity comes out, and nothing is allocated.
// A trained one comes from a file: dotnet run … -- RUN/model.safetensors
var model = args.Length > 0
    ? CircuitModels.Load<float>(args[0])
    : CircuitModels.Create<float>(CircuitModels.Options(units: 32, largest: new LargestSteps(Y: 0.2, A: 0.1, B: 0.5)), seed: 1);
var circuit = model.Stream();
var activity = new float[circuit.Units];

const int Steps = 20_000;
circuit.Step([0], activity);
circuit.Reset();
var start = Stopwatch.GetTimestamp();
var allocated = GC.GetAllocatedBytesForCurrentThread();
var (quiet, loud) = (0f, 0f);
for (var t = 0; t < Steps; t++)
{
    // A tone that becomes ten times as loud half way.
    var tone = (t < Steps / 2 ? 0.1f : 1f) * (1 + MathF.Sin(0.05f * t));
    circuit.Step([tone], activity);
    var rate = 0f;
    foreach (var y in activity) rate += MathF.Max(y, 0) * MathF.Max(y, 0);
    if (t < Steps / 2) quiet += rate;
    else loud += rate;
}
allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
var nanoseconds = Stopwatch.GetElapsedTime(start).TotalNanoseconds / Steps;
Console.WriteLine($"Σ⌊y⌋²: {2 * quiet / Steps:F3} for the quiet tone, {2 * loud / Steps:F3} for one ten times as loud, which is {loud / quiet:F1} times as much; squares alone would make it 100.");
Console.WriteLine($"{nanoseconds:F0} ns a step, {allocated} bytes allocated.");
