using System.Numerics;

namespace Organics.Tests;

/// <summary>The recurrent circuit as one op against the same circuit op by op, at the edges of its shapes, on several threads and with every kind of
/// memory.</summary>
public sealed class SequenceTests
{
    public static TheoryData<CircuitVariant> Variants => new([CircuitVariant.Paper, CircuitVariant.Authors, CircuitVariant.Unrectified]);

    [Theory]
    [MemberData(nameof(Variants))]
    public void One_op_and_op_by_op_agree_over_784_steps(CircuitVariant variant)
    {
        using var device = new CpuDevice(2);
        var drawn = new DrawnSequence<double>(device, variant, n: 11, d: 1, batch: 9, steps: 784, new(0.1, 0.05, 0.5));
        var (fused, scanned) = (drawn.Differentiate(fused: true, SequenceMemory.Sqrt), drawn.Differentiate(fused: false, SequenceMemory.Sqrt));
        foreach (var (name, value) in scanned) Golden.Close(value, fused[name], 1e-9, name);
    }

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(1, 3, 5, 2)]
    [InlineData(17, 2, 33, 3)]
    [InlineData(40, 1, 1, 5)]
    [InlineData(8, 70, 4, 2)]
    [InlineData(5, 1, 3, 0)]
    [InlineData(5, 1, 0, 4)]
    // Rows beyond the first four, several chunks of a segment, and several blocks to a part.
    [InlineData(5, 1, 300, 20)]
    [InlineData(3, 1, 1100, 5)]
    public void Every_shape_agrees_with_op_by_op(int n, int d, int batch, int steps)
    {
        foreach (var variant in (CircuitVariant[])[CircuitVariant.Paper, CircuitVariant.Authors, CircuitVariant.Unrectified])
        {
            var drawn = new DrawnSequence<double>(Device.Cpu, variant, n, d, batch, steps, new(0.3, 0.2, 0.9));
            var (fused, scanned) = (drawn.Differentiate(fused: true, SequenceMemory.Sqrt), drawn.Differentiate(fused: false, SequenceMemory.All));
            foreach (var (name, value) in scanned) Golden.Close(value, fused[name], 1e-11, name);
            if (steps == 0) continue;
            var (course, slow) = (drawn.Differentiate(fused: true, SequenceMemory.Sqrt, course: true),
                drawn.Differentiate(fused: false, SequenceMemory.All, course: true));
            foreach (var (name, value) in slow) Golden.Close(value, course[name], 1e-11, "course " + name);
        }
    }

    [Fact]
    public void Its_gradients_are_those_of_central_differences()
    {
        var drawn = new DrawnSequence<double>(Device.Cpu, CircuitVariant.Paper, n: 3, d: 2, batch: 2, steps: 5, new(0.3, 0.2, 0.9));
        var result = GradientCheck.Run(drawn.Run, drawn.Inputs, 1e-5);
        Assert.True(result.Error < 1e-7, result.ToString());
    }

    [Theory]
    [InlineData("all")]
    [InlineData("60000")]
    public void How_much_is_kept_changes_no_bit(string memory)
    {
        var drawn = new DrawnSequence<float>(Device.Cpu, CircuitVariant.Paper, n: 16, d: 1, batch: 20, steps: 50, new(0.3, 0.2, 0.9));
        Same(drawn.Differentiate(fused: true, SequenceMemory.Sqrt), drawn.Differentiate(fused: true, SequenceMemory.Parse(memory)));
        var large = new DrawnSequence<float>(Device.Cpu, CircuitVariant.Paper, n: 4, d: 1, batch: 256, steps: 50, new(0.3, 0.2, 0.9));
        foreach (var course in (bool[])[false, true])
            Same(large.Differentiate(fused: true, SequenceMemory.Sqrt, course), large.Differentiate(fused: true, SequenceMemory.Parse(memory), course));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void The_number_of_threads_changes_no_bit(int threads)
    {
        using CpuDevice one = new(1), several = new(threads);
        Dictionary<string, float[]> On(Device device)
            => new DrawnSequence<float>(device, CircuitVariant.Authors, n: 20, d: 1, batch: 270, steps: 40, new(0.3, 0.2, 0.9)).Differentiate(fused: true,
                SequenceMemory.Sqrt);
        Same(On(one), On(several));
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Vectors_of_512_256_and_128_bits_give_the_same_bits(CircuitVariant variant)
    {
        foreach (var n in (int[])[3, 9, 17])
        {
            Check<float>(n);
            Check<double>(n);
        }

        void Check<T>(int n) where T : unmanaged, IFloatingPointIeee754<T>
        {
            var drawn = new DrawnSequence<T>(Device.Cpu, variant, n, d: 2, batch: 21, steps: 30, new(0.3, 0.2, 0.9));
            string[] names = [.. drawn.Coefficients.List().Select(c => c.Key)];
            var inputs = drawn.Inputs;
            var (wide, middle, narrow) = (On(By<Simd512<T>>()), On(By<Simd256<T>>()), On(By<Simd128<T>>()));
            for (var i = 0; i < wide.Length; i++)
                Assert.True(wide[i].AsSpan().SequenceEqual(middle[i]) && wide[i].AsSpan().SequenceEqual(narrow[i]), $"{typeof(T).Name}, n = {n}, tensor {i}");

            Op<T> By<S>() where S : struct, ISimdReal<S, T>
                => new SequenceOp<T, S, CircuitFormula<T>>(new(variant), names, SequenceMemory.Sqrt, course: true);

            T[][] On(Op<T> op)
            {
                using var tape = new Tape<T>();
                var after = op.Apply(Array.ConvertAll(inputs, tape.Watch));
                var gradients = tape.Backward(after.Square().Sum());
                return [after.ToArray(), .. inputs.Select(x => gradients[x].ToArray())];
            }
        }
    }

    static void Same(Dictionary<string, float[]> expected, Dictionary<string, float[]> actual)
    {
        foreach (var (name, value) in expected) Assert.True(value.AsSpan().SequenceEqual(actual[name]), name);
    }

    [Fact]
    public void A_step_on_the_way_through_and_back_takes_no_buffer_after_the_first()
    {
        using var device = new CpuDevice(2);
        var drawn = new DrawnSequence<float>(device, CircuitVariant.Paper, n: 16, d: 1, batch: 40, steps: 30, new(0.3, 0.2, 0.9));
        drawn.Differentiate(fused: true, SequenceMemory.Sqrt);
        var created = device.Memory<float>().BuffersCreated;
        for (var i = 0; i < 20; i++) drawn.Differentiate(fused: true, SequenceMemory.Sqrt);
        Assert.Equal(created, device.Memory<float>().BuffersCreated);
        Assert.Equal(0, device.Memory<float>().BuffersRented);
    }

    [Fact]
    public void Memory_grows_with_the_root_of_the_steps()
    {
        static long Bytes(int steps, SequenceMemory memory)
        {
            using var device = new CpuDevice(1);
            new DrawnSequence<float>(device, CircuitVariant.Paper, n: 16, d: 1, batch: 8, steps, new(0.3, 0.2, 0.9)).Differentiate(fused: true, memory);
            return device.Memory<float>().BytesCreated;
        }
        Assert.InRange((double)Bytes(6400, SequenceMemory.Sqrt) / Bytes(400, SequenceMemory.Sqrt), 1, 5);
        Assert.InRange((double)Bytes(6400, SequenceMemory.All) / Bytes(400, SequenceMemory.All), 10, 20);
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_by_name()
    {
        var drawn = new DrawnSequence<float>(Device.Cpu, CircuitVariant.Paper, n: 4, d: 1, batch: 2, steps: 3, new(0.3, 0.2, 0.9));
        var inputs = drawn.Inputs.ToArray();
        inputs[1] = Tensor.Zeros<float>([4, 5]);
        Assert.Contains("`Wr` is [4, 5] but must be [4, 4]", Assert.Throws<ShapeException>(() => drawn.Run(inputs)).Message);
        inputs = [.. drawn.Inputs];
        inputs[14] = Tensor.Zeros<float>([3, 2]);
        Assert.Contains("`x` is [3, 2] but must be [steps, batch, inputs]", Assert.Throws<ShapeException>(() => drawn.Run(inputs)).Message);
        inputs[14] = Tensor.Zeros<float>([3, 2, 0]);
        Assert.Contains("has no inputs", Assert.Throws<ShapeException>(() => drawn.Run(inputs)).Message);
    }

    /// <summary>theory.md §8.5: for κ ≤ 1, a stays above 0 and the gains stay in [0, 1].</summary>
    [Theory]
    [MemberData(nameof(Variants))]
    public void Normalization_stays_positive_and_gains_stay_in_the_unit_interval(CircuitVariant variant)
    {
        var drawn = new DrawnSequence<double>(Device.Cpu, variant, n: 6, d: 1, batch: 3, steps: 1, new(0.2, 1, 1));
        IReadOnlyList<Tensor<double>> state = drawn.Inputs[15..];
        for (var t = 0; t < 784; t++)
        {
            state = drawn.Cell.Run(drawn.Coefficients, drawn.Inputs[14], state, SequenceMemory.Sqrt);
            Assert.All(state[1].ToArray(), a => Assert.True(a > 0));
            Assert.All(state[2].ToArray().Concat(state[3].ToArray()), b => Assert.InRange(b, 0, 1));
        }
    }

    [Fact]
    public void A_stream_gives_the_states_of_the_sequence_without_allocation()
    {
        var drawn = new DrawnSequence<float>(Device.Cpu, CircuitVariant.Paper, n: 19, d: 3, batch: 1, steps: 25, new(0.3, 0.2, 0.9));
        Tensor<float>[] initial = [.. drawn.Inputs[15..].Select(s => s.Reshape([19]))];
        var stream = drawn.Cell.Stream(drawn.Coefficients, initial);
        var (x, y, state) = (drawn.Inputs[14].ToArray(), new float[19], new float[76]);
        for (var t = 0; t < 25; t++) stream.Step(x.AsSpan(3 * t, 3), y);
        stream.CopyState(state);
        var after = drawn.Cell.Run(drawn.Coefficients, drawn.Inputs[14], drawn.Inputs[15..], SequenceMemory.Sqrt);
        Assert.Equal(after.SelectMany(s => s.ToArray()), state);
        Assert.Equal(after[0].ToArray(), y);

        stream.Reset();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var t = 0; t < 25; t++) stream.Step(x.AsSpan(3 * t, 3), y);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(after[0].ToArray(), y);
        stream.Restore(state);
        Assert.Throws<ShapeException>(() => stream.Step(x.AsSpan(0, 2), y));
        Assert.Throws<ShapeException>(() => stream.Step(x.AsSpan(0, 3), state));
    }
}
