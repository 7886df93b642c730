namespace Organics.Tests;

public sealed class SpectralAbscissaTests
{
    [Theory]
    [InlineData(1, 1, 0.7)]
    [InlineData(2, 4, 1.0)]
    [InlineData(3, 7, 1.0)]
    [InlineData(4, 5, 0.0)]
    public void Its_gradient_is_that_of_central_differences(int seed, int n, double size)
    {
        var circuit = Sample.Draw(seed, n, size);
        var gradient = SpectralAbscissaGradient.Of(circuit, SteadyState.Of(circuit));
        Assert.InRange(gradient.Leading.Residual, 0, 1e-12);
        (string Name, double[] Analytic)[] all =
        [
            ("z", gradient.Z), ("b", gradient.B), ("b0", gradient.B0), ("sigma", gradient.Sigma), ("tauY", gradient.TauY), ("tauA", gradient.TauA), ("W", gradient.W), ("Wr", gradient.Wr),
        ];
        foreach (var (name, analytic) in all)
        {
            var scale = analytic.Max(Math.Abs) + Math.Abs(gradient.Value);
            for (var i = 0; i < analytic.Length; i++)
            {
                const double H = 1e-6;
                double At(double h)
                {
                    var moved = Moved(circuit, name, i, h);
                    return StabilityReport.Of(moved, SteadyState.Of(moved)).MaxRealPart;
                }
                var difference = (At(H) - At(-H)) / (2 * H);
                Assert.True(Math.Abs(difference - analytic[i]) <= 2e-6 * scale, $"∂/∂{name}[{i}]: {analytic[i]}, by differences {difference}");
            }
        }
    }

    static Circuit Moved(Circuit c, string name, int i, double h)
    {
        double[] Of(string key, ReadOnlySpan<double> values)
        {
            var copy = values.ToArray();
            if (key == name) copy[i] += h;
            return copy;
        }
        return new(Of("z", c.Z), Of("b", c.B), Of("b0", c.B0), Of("sigma", c.Sigma), Of("tauY", c.TauY), Of("tauA", c.TauA), Of("W", c.W), Of("Wr", c.Wr));
    }

    [Fact]
    public void Modes_count_each_pair_once()
    {
        var modes = CircuitMode.Of([new(-1, 2), new(-1, -2), new(-0.5, 0), new(3, 4), new(3, -4)]);
        Assert.Equal([new(3, 4), new(-0.5, 0), new(-1, 2)], modes.Select(m => m.Eigenvalue));
        Assert.Equal([-0.6, 1, 1 / Math.Sqrt(5)], modes.Select(m => m.DampingRatio), (x, y) => Math.Abs(x - y) < 1e-15);
        Assert.Equal(4 / (2 * Math.PI), modes[0].Frequency, 1e-15);
        Assert.Throws<ArgumentNullException>(() => SpectralAbscissaGradient.Of(null!, SteadyState.Of(Sample.Draw(1, 1, 0))));
        Assert.Throws<ArgumentNullException>(() => SpectralAbscissaGradient.Of(Sample.Draw(1, 1, 0), null!));
        Assert.Equal(new(0, 0, 0), Assert.Single(CircuitMode.Of([0])));
    }

    [Fact]
    public void An_imaginary_part_within_rounding_of_the_spectrum_is_no_frequency()
    {
        // A pair that rounding made of two real eigenvalues, a zero of either sign, and a slow oscillation that is one.
        var modes = CircuitMode.Of([new(-1, 1e-17), new(-1, -1e-17), new(-0.5, -0.0), new(-300, 0), new(-1e-9, 1e-8), new(-1e-9, -1e-8)]);
        Assert.Equal([new(-1e-9, 1e-8), new(-0.5, 0), new(-1, 0), new(-1, 0), new(-300, 0)], modes.Select(m => m.Eigenvalue));
        Assert.All(modes.Skip(1), m => Assert.Equal((0, 1), (m.Frequency, m.DampingRatio)));
        Assert.DoesNotContain(modes, m => double.IsNegative(m.Frequency));
    }
}
