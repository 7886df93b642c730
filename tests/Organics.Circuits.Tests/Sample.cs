using System.Numerics;
using System.Text.Json;

namespace Organics.Tests;

/// <summary>Golden circuits, random circuits and the comparison of spectra that the tests of this project share.</summary>
static class Sample
{
    public static Complex[] Spectrum(this JsonElement element, string name)
        => [.. element.GetProperty(name).EnumerateArray().Select(v => new Complex(v[0].GetDouble(), v[1].GetDouble()))];

    public static Circuit Circuit(this JsonElement c) => new(
        c.Numbers("z"), c.Numbers("b"), c.Numbers("b0"), c.Numbers("sigma"), c.Numbers("tauY"), c.Numbers("tauA"), c.Numbers("W"), c.Numbers("Wr"));

    public static double[] Vector(Random random, int n, double least, double most)
        => [.. Enumerable.Range(0, n).Select(_ => least + (most - least) * random.NextDouble())];

    public static double[] Logarithmic(Random random, int n, double decades)
        => [.. Vector(random, n, -decades, decades).Select(v => Math.Pow(10, v))];

    /// <summary>Wr has Frobenius norm <paramref name="size"/>, a bound of its largest singular value, and z has norm 1; for size 0 Wr = I and z is free.</summary>
    public static Circuit Draw(int seed, int n, double size)
    {
        var random = new Random(seed);
        var wr = new double[n * n];
        if (size == 0)
            for (var i = 0; i < n; i++) wr[i * n + i] = 1;
        else
        {
            wr = Vector(random, n * n, -1, 1);
            var norm = Math.Sqrt(wr.Sum(v => v * v));
            for (var i = 0; i < wr.Length; i++) wr[i] *= size / norm;
        }
        var z = Vector(random, n, -1, 1);
        if (size != 0) z = [.. z.Select(v => v / Math.Sqrt(z.Sum(u => u * u)))];
        return new(z, Vector(random, n, 0.1, 1), Vector(random, n, 0.1, 1), Vector(random, n, 0.1, 1),
            Logarithmic(random, n, 1), Logarithmic(random, n, 1), Vector(random, n * n, 0, 1), wr);
    }

    public static void SameSpectrum(IEnumerable<Complex> expected, IEnumerable<Complex> actual, double tolerance)
    {
        var rest = expected.ToList();
        var found = actual.ToArray();
        Assert.Equal(rest.Count, found.Length);
        var scale = rest.Max(v => v.Magnitude);
        foreach (var value in found)
        {
            var nearest = rest.MinBy(v => (v - value).Magnitude);
            Assert.True((nearest - value).Magnitude <= tolerance * scale, $"{value} has no partner: the nearest is {nearest}, scale {scale}");
            rest.Remove(nearest);
        }
    }

    public static (double[] P, double[] Q, double[] Recurrent, double[] Normalization, SteadyStateAdjointResult Result) Adjoint(
        Circuit circuit, double[] y, double[] a, double[] gy, double[] ga)
    {
        var n = circuit.N;
        var (p, q, r, w) = (new double[n], new double[n], new double[n], new double[n]);
        var result = SteadyStateAdjoint<double>.Solve(circuit.W, circuit.Wr, y, a, gy, ga, p, q, r, w,
            new double[SteadyStateAdjoint<double>.ScratchLength(n)], new int[n]);
        return (p, q, r, w, result);
    }
}
