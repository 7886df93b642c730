namespace Organics;

/// <summary>Whether the samples of a batch are functions of themselves alone, on which everything relies that differentiates all of them at once.</summary>
static class SampleIndependence
{
    // How far a sample is moved, as a part of 1 + |y|: beyond the rounding of float.
    const double Distance = 1.0 / 64;

    /// <summary>Moves about half of the samples, then the others: the images of those that stay must be the same to the last bit.</summary>
    /// <param name="what">The function, as the caller knows it.</param>
    /// <param name="map">Writes the function of its first argument into the second; may round the first in place.</param>
    /// <param name="y">The states, count × n.</param>
    /// <param name="image">The function there.</param>
    /// <param name="count">How many samples there are.</param>
    /// <exception cref="ArgumentException">A sample depends on others.</exception>
    public static void Check(string what, Action<double[], double[]> map, double[] y, double[] image, int count)
    {
        if (count < 2) return;
        var (n, random, moved) = (y.Length / count, new CounterRandom(0), new double[y.Length]);
        // By the parity of its number alone, what depends on its second neighbour would pass.
        bool IsFirst(int s) => s == 0 || (s < count - 1 && random.Uniform((ulong)s) < 0.5);
        foreach (var part in (bool[])[true, false])
        {
            double[] states = [.. y.Select((v, i) => IsFirst(i / n) == part ? v + Distance * (1 + Math.Abs(v)) : v)];
            map(states, moved);
            for (var i = 0; i < y.Length; i++)
                if (IsFirst(i / n) != part && !image[i].Equals(moved[i]))
                    throw new ArgumentException(
                        $"{what} gives sample {i / n} of {count} another value where only other samples changed; samples lie along the leading axis and must "
                            + "not depend on one another (reduce along the others: Sum(-1)), and one sample of n elements has the shape [1, n].");
        }
    }
}
