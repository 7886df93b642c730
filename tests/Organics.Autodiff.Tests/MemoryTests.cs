namespace Organics.Tests;

/// <summary>A training step in a steady state makes no memory, and what it does allocate does not grow with the network.</summary>
public sealed class MemoryTests
{
    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(int.MaxValue - 1)]
    public void A_buffer_that_cannot_be_had_is_a_lack_of_memory_and_counts_for_nothing(int length)
    {
        using var device = new CpuDevice(1);
        Assert.Throws<OutOfMemoryException>(() => device.Backend<float>().Rent(length));
        Assert.Equal(default, device.Memory<float>());
    }

    sealed class Network(Device device, int width) : IDisposable
    {
        const int Batch = 12, Inputs = 9, Classes = 5;

        readonly Tape<float> _tape = new(device);
        readonly Tensor<float> _w1 = Values(device, [Inputs, width]), _b1 = Values(device, [width]);
        readonly Tensor<float> _w2 = Values(device, [width, Classes]), _b2 = Values(device, [Classes]);
        readonly Tensor<float> _x = Values(device, [Batch, Inputs]);
        readonly int[] _labels = [.. Enumerable.Range(0, Batch).Select(i => i % Classes)];

        static Tensor<float> Values(Device device, Shape shape)
            => Tensor.From<float>([.. Enumerable.Range(0, shape.Length).Select(i => MathF.Cos(1 + 2.3f * i))], shape, device);

        /// <summary>Forward and back through products, broadcasts, reductions, slices, a maximum, a concatenation and a solve.</summary>
        public float Step()
        {
            var (w1, w2) = (_tape.Watch(_w1), _tape.Watch(_w2));
            var hidden = (_x.MatMul(w1) + _tape.Watch(_b1)).Tanh();
            hidden = Tensor<float>.Concat(0, hidden.Slice(6, 6), hidden.Slice(0, 6)) / (hidden.Abs().Max(1).Max() + 1f);
            var logits = hidden.MatMul(w2.SpectralNormalize()) + _tape.Watch(_b2);
            var systems = logits.MatMul(logits, transposeThis: true).Reshape([1, Classes, Classes]) + Identity();
            var loss = logits.SoftmaxCrossEntropy(_labels) + systems.Solve(logits.Slice(0, 1)).Square().Mean() + w1.Transpose().Square().Mean();
            var gradients = _tape.Backward(loss);
            var value = loss.Item() + gradients[_b2].Sum().Item();
            _tape.Reset();
            return value;
        }

        public void Dispose() => _tape.Dispose();

        Tensor<float> Identity()
        {
            Span<float> one = stackalloc float[Classes * Classes];
            for (var i = 0; i < Classes; i++) one[i * Classes + i] = 1;
            return _tape.Constant(one, [1, Classes, Classes]);
        }
    }

    [Fact]
    public void A_thousand_steps_create_no_buffer_and_return_every_one()
    {
        using var device = new CpuDevice(2);
        using var network = new Network(device, 40);
        var first = network.Step();
        network.Step();
        var steady = device.Memory<float>();
        Assert.Equal(0, steady.BuffersRented);
        Assert.True(steady.BuffersCreated > 20);
        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal(first, network.Step());
            Assert.Equal(steady, device.Memory<float>());
        }
        Assert.Equal(0, device.Memory<double>().BuffersCreated);
    }

    [Fact]
    public void A_smaller_last_batch_needs_no_new_buffers()
    {
        using var device = new CpuDevice(1);
        using var tape = new Tape<double>(device);
        var w = Tensor.Full([30, 20], 0.1, device);
        long created = 0;
        foreach (var batch in (int[])[64, 64, 63, 62, 61, 64])
        {
            var x = Tensor.Full([batch, 30], 0.5, device);
            tape.Backward(x.MatMul(tape.Watch(w)).Tanh().Mean());
            tape.Reset();
            if (created == 0) created = device.Memory<double>().BuffersCreated;
            Assert.Equal(created, device.Memory<double>().BuffersCreated);
        }
    }

    [Fact]
    public void The_way_back_takes_as_much_memory_for_a_long_chain_as_for_a_short_one()
    {
        // Running gradients and scratch are given back op by op.
        Assert.Equal(BuffersForTheWayBack(5), BuffersForTheWayBack(50));

        static long BuffersForTheWayBack(int length)
        {
            using var device = new CpuDevice(1);
            using var tape = new Tape<double>(device);
            var x = tape.Watch(Tensor.Full([3, 4], 0.5, device));
            for (var i = 0; i < length; i++) x += x.Max(1).Expand(1, 4);
            var loss = x.Sum();
            var forward = device.Memory<double>().BuffersCreated;
            tape.Backward(loss);
            return device.Memory<double>().BuffersCreated - forward;
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 4096)]
    public void Managed_allocation_of_a_step_does_not_depend_on_the_width(int threads, long slack)
    {
        using var device = new CpuDevice(threads);
        var (narrow, wide) = (BytesOfAStep(device, 32), BytesOfAStep(device, 256));
        // Several threads take one small object for each piece of work large enough to share, whatever its size.
        Assert.InRange(wide - narrow, 0, slack);
        Assert.InRange(wide, 1, 200_000);
    }

    // The least of several: now and then a list or a stack of the warm-up still grows.
    static long BytesOfAStep(Device device, int width)
    {
        using var network = new Network(device, width);
        for (var i = 0; i < 50; i++) network.Step();
        var least = long.MaxValue;
        for (var i = 0; i < 20; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            network.Step();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
