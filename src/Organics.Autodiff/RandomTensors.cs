using System.Numerics;

namespace Organics;

public static partial class Tensor
{
    /// <summary>
    /// Independent numbers, uniform on [min, max], from a seed: element i is number i of a <see cref="CounterRandom"/>, with the same bits on every machine.
    /// </summary>
    /// <param name="shape">The shape.</param>
    /// <param name="seed">The seed; the same seed gives the same numbers, in double and, rounded, in float.</param>
    /// <param name="min">Least value.</param>
    /// <param name="max">Greatest value.</param>
    /// <param name="stream">A stream of the seed; streams are independent, so give each tensor of a program its own.</param>
    /// <param name="device">Where it lies; the CPU if not given.</param>
    public static Tensor<T> Uniform<T>(Shape shape, ulong seed, double min = 0, double max = 1, ulong stream = 0, Device? device = null)
        where T : unmanaged, IFloatingPointIeee754<T>
        => Draw<T>(shape, (random, i) => min + (max - min) * random.Uniform(i), seed, stream, device);

    /// <summary>Independent normal numbers from a seed: element i is number i of a <see cref="CounterRandom"/>, with the same bits on every machine.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="seed">The seed; the same seed gives the same numbers, in double and, rounded, in float.</param>
    /// <param name="mean">The mean.</param>
    /// <param name="deviation">The standard deviation.</param>
    /// <param name="stream">A stream of the seed; streams are independent, so give each tensor of a program its own.</param>
    /// <param name="device">Where it lies; the CPU if not given.</param>
    public static Tensor<T> Normal<T>(Shape shape, ulong seed, double mean = 0, double deviation = 1, ulong stream = 0, Device? device = null)
        where T : unmanaged, IFloatingPointIeee754<T>
        => Draw<T>(shape, (random, i) => mean + deviation * random.Normal(i), seed, stream, device);

    static Tensor<T> Draw<T>(Shape shape, Func<CounterRandom, ulong, double> draw, ulong seed, ulong stream, Device? device)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new CounterRandom(seed, stream);
        var values = new T[shape.Length];
        for (var i = 0; i < values.Length; i++) values[i] = T.CreateTruncating(draw(random, (ulong)i));
        return From<T>(values, shape, device);
    }
}
