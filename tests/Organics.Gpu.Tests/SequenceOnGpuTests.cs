using System.Numerics;
using Organics.Contract;

namespace Organics.Gpu.Tests;

/// <summary>The recurrent circuit over a sequence as kernels, against the program of the CPU.</summary>
public sealed class SequenceOnGpuTests
{
    static readonly GpuDevice Gpu = DeviceUnderTest.Open();

    static readonly LargestSteps Largest = new(0.3, 0.2, 0.9);

    public static TheoryData<CircuitVariant, int, int, int, int> Sequences
    {
        get
        {
            var data = new TheoryData<CircuitVariant, int, int, int, int>();
            foreach (var variant in (CircuitVariant[])[CircuitVariant.Paper, CircuitVariant.Authors, CircuitVariant.Unrectified])
                foreach (var (n, d, batch, steps) in new[] { (1, 1, 1, 1), (5, 3, 6, 7), (5, 1, 9, 30), (5, 1, 4, 0), (5, 3, 3, 7) })
                    data.Add(variant, n, d, batch, steps);
            return data;
        }
    }

    [Theory, MemberData(nameof(Sequences))]
    public void States_and_gradients_are_those_of_the_CPU_in_double_precision(CircuitVariant variant, int n, int d, int batch, int steps)
        => Agree<double>(variant, n, d, batch, steps, 1e-11);

    [Theory, MemberData(nameof(Sequences))]
    public void States_and_gradients_are_those_of_the_CPU_in_single_precision(CircuitVariant variant, int n, int d, int batch, int steps)
        => Agree<float>(variant, n, d, batch, steps, 2e-4);

    static void Agree<T>(CircuitVariant variant, int n, int d, int batch, int steps, double tolerance) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Assert.True(((ISequenceBackend<T>)Gpu.Backend<T>()).Takes(new(steps, batch, d, n, false)));
        Dictionary<string, T[]> On(Device device) => new DrawnSequence<T>(device, variant, n, d, batch, steps, Largest).Differentiate(fused: true, SequenceMemory.Sqrt);
        var (expected, actual) = (On(Device.Cpu), On(Gpu));
        foreach (var (name, values) in expected)
        {
            var scale = values.Length == 0 ? 0 : values.Max(v => double.CreateTruncating(T.Abs(v)));
            Assert.Equal(values.Length, actual[name].Length);
            for (var i = 0; i < values.Length; i++)
                Assert.True(double.CreateTruncating(T.Abs(values[i] - actual[name][i])) <= tolerance * scale, $"{name}[{i}] is {actual[name][i]} but {values[i]} on the CPU, scale {scale}.");
        }
    }

    [Fact]
    public void Every_gradient_is_the_same_where_no_other_is_wanted()
    {
        var drawn = new DrawnSequence<double>(Gpu, CircuitVariant.Paper, n: 5, d: 2, batch: 5, steps: 4, Largest);
        var all = Gradients([.. drawn.Inputs]);
        for (var i = 0; i < drawn.Inputs.Length; i++) Assert.Equal(all[i], Gradients([drawn.Inputs[i]])[0]);

        double[][] Gradients(Tensor<double>[] watched)
        {
            using var tape = new Tape<double>(Gpu);
            Tensor<double>[] p = [.. drawn.Inputs.Select(t => watched.Contains(t) ? tape.Watch(t) : tape.Workspace.Borrow(t.View, t.Shape))];
            var gradients = tape.Backward(drawn.Run(p).Square().Sum());
            return [.. watched.Select(t => gradients[t].ToArray())];
        }
    }

    [Fact]
    public void The_same_sequence_gives_the_same_bits_and_no_new_buffers()
    {
        var drawn = new DrawnSequence<float>(Gpu, CircuitVariant.Authors, n: 5, d: 1, batch: 7, steps: 10, Largest);
        var first = drawn.Differentiate(fused: true, SequenceMemory.Sqrt);
        var created = Gpu.Memory<float>().BuffersCreated;
        for (var i = 0; i < 2; i++)
            foreach (var (name, values) in drawn.Differentiate(fused: true, SequenceMemory.Sqrt)) Assert.Equal(first[name], values);
        Assert.Equal(created, Gpu.Memory<float>().BuffersCreated);
        Assert.Equal(0, Gpu.Memory<float>().BuffersRented);
    }

    [Fact]
    public void More_units_than_a_group_has_threads_run_on_the_CPU()
    {
        using var own = GpuDevice.IlgpuCpu();
        Assert.False(((ISequenceBackend<float>)own.Backend<float>()).Takes(new(2, 3, 1, 2000, false)));
        var (here, there) = (Run(Device.Cpu), Run(own));
        foreach (var (name, values) in here) Assert.Equal(values, there[name]);

        static Dictionary<string, float[]> Run(Device device)
            => new DrawnSequence<float>(device, CircuitVariant.Paper, n: 40, d: 1, batch: 3, steps: 2, Largest).Differentiate(fused: true, SequenceMemory.Sqrt);
    }

    [Fact]
    public void A_sequence_too_large_for_a_buffer_is_refused()
    {
        var backend = (ISequenceBackend<float>)Gpu.Backend<float>();
        var drawn = new DrawnSequence<float>(Gpu, CircuitVariant.Paper, n: 1, d: 1, batch: 1, steps: 1, Largest);
        var plan = new CellPlan(drawn.Cell.Formula.Layout, [.. drawn.Coefficients.List().Select(c => c.Key)]);
        Assert.Contains("smaller batch", Assert.Throws<ArgumentException>(() => backend.SavedLength(plan, new(784, 1 << 20, 1, 64, false))).Message, StringComparison.Ordinal);
    }
}
