namespace Organics.Tests;

/// <summary>
/// A test with a device of its own. Its pool is filled with NaN beforehand, so that memory read before it was written shows; afterwards
/// nothing may be left rented.
/// </summary>
public abstract class DeviceTests : IDisposable
{
    protected DeviceTests()
    {
        Poison<float>(Device);
        Poison<double>(Device);
    }

    protected CpuDevice Device { get; } = new(2);

    /// <summary>Leaves buffers full of NaN in a device's pool.</summary>
    protected static void Poison<T>(Device device) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        var backend = device.Backend<T>();
        var rented = Enumerable.Range(0, 80).Select(i => backend.Rent(16 * (1 + i % 8))).ToList();
        foreach (var b in rented) backend.Fill(new(b, 0, b.Length), T.NaN);
        rented.ForEach(backend.Return);
    }

    /// <summary>Numbers of [−1, 1] that are the same in every run.</summary>
    protected static double[] Numbers(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => 2 * random.NextDouble() - 1)];
    }

    protected Tensor<double> Tensor(int seed, Shape shape) => Organics.Tensor.From<double>(Numbers(seed, shape.Length), shape, Device);

    protected Tensor<double> Tensor(double[] values, Shape shape) => Organics.Tensor.From<double>(values, shape, Device);

    protected static void AssertClose(IReadOnlyList<double> expected, IReadOnlyList<double> actual, double tolerance = 1e-12)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (var i = 0; i < expected.Count; i++)
            if (!expected[i].Equals(actual[i]) && !(Math.Abs(expected[i] - actual[i]) <= tolerance * (1 + Math.Abs(expected[i]))))
                Assert.Fail($"Element {i}: expected {expected[i]:r}, got {actual[i]:r}.");
    }

    /// <summary>That something throws one sentence which names all of the given words.</summary>
    protected static void AssertSays<E>(Func<object?> action, params string[] words) where E : Exception
    {
        var message = Assert.Throws<E>(action).Message;
        foreach (var w in words) Assert.Contains(w, message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Assert.Equal(0, Device.Memory<float>().BuffersRented);
        Assert.Equal(0, Device.Memory<double>().BuffersRented);
        Device.Dispose();
    }
}
