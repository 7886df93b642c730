using System.Numerics;

namespace Organics.Tests;

public sealed class ExplicitStabilityTests
{
    [Fact]
    public void Polynomials_begin_like_the_exponential()
    {
        double[] exponential = [1, 1, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120];
        foreach (var method in RungeKutta.All)
        {
            var polynomial = ExplicitStability.Polynomial(method);
            Assert.Equal(method.Stages + 1, polynomial.Length);
            for (var k = 0; k <= method.Order; k++) Assert.Equal(exponential[k], polynomial[k], 1e-14);
        }
        Assert.Equal(1.0 / 600, ExplicitStability.Polynomial(RungeKutta.DormandPrince)[6], 1e-14);
    }

    [Theory]
    [InlineData("euler", 2)]
    [InlineData("heun", 2)]
    [InlineData("rk4", 2.785293563405282)]
    [InlineData("dopri5", 3.306573)]
    public void Real_intervals_are_the_published_ones(string name, double expected) =>
        Assert.Equal(expected, ExplicitStability.LongestStep(RungeKutta.ByName(name), [-1]), 1e-5);

    [Fact]
    public void Imaginary_intervals_are_the_published_ones()
    {
        Assert.Equal(2 * Math.Sqrt(2), ExplicitStability.LongestStep(RungeKutta.RungeKutta4, [Complex.ImaginaryOne]), 1e-9);
        Assert.Equal(0, ExplicitStability.LongestStep(RungeKutta.Euler, [Complex.ImaginaryOne]));
        Assert.Equal(0, ExplicitStability.LongestStep(RungeKutta.Heun, [-Complex.ImaginaryOne]));
    }

    [Fact]
    public void Eulers_bound_has_a_closed_form()
    {
        var random = new Random(1);
        for (var k = 0; k < 200; k++)
        {
            Complex[] values = [.. Enumerable.Range(0, 5).Select(_ => new Complex(-Math.Exp(8 * random.NextDouble() - 4), Math.Exp(8 * random.NextDouble() - 4)))];
            var expected = values.Min(v => -2 * v.Real / (v.Magnitude * v.Magnitude));
            Assert.Equal(1, ExplicitStability.LongestStep(RungeKutta.Euler, values) / expected, 1e-12);
        }
    }

    [Fact]
    public void Steps_two_per_cent_below_the_bound_decay_and_above_it_grow()
    {
        var random = new Random(2);
        foreach (var method in RungeKutta.All)
            for (var draw = 0; draw < 5; draw++)
            {
                const int n = 4;
                var m = new double[n * n];
                for (var i = 0; i < n * n; i++) m[i] = 2 * random.NextDouble() - 1 - (i % (n + 1) == 0 ? 3 : 0);
                Complex[] values = Eigenvalues.Of(m, n).OrThrow().Values;
                var bound = ExplicitStability.LongestStep(method, values);
                Assert.True(Size(0.98 * bound) < 1e-3, $"{method.Name}: {Size(0.98 * bound)} below the bound");
                Assert.True(Size(1.02 * bound) > 1e3, $"{method.Name}: {Size(1.02 * bound)} above the bound");
                Assert.Null(ExplicitStability.Warning(method, values, 0.98 * bound));
                var warning = ExplicitStability.Warning(method, values, 1.02 * bound)!;
                Assert.Contains($"{bound:g6}", warning);
                Assert.Contains(method.Name, warning);

                double Size(double h) =>
                    Ode.Integrate(OdeProblems.Linear(m, n), method, [1, -1, 0.5, 2], 0, 4000 * h, new() { Step = h, Record = false }).EndState.ToArray().Max(Math.Abs);
            }
    }

    [Fact]
    public void Zero_has_no_bound_and_growth_no_stable_step()
    {
        foreach (var method in RungeKutta.All)
        {
            Assert.Equal(double.PositiveInfinity, ExplicitStability.LongestStep(method, [0]));
            Assert.Equal(0, ExplicitStability.LongestStep(method, [-1, new(0.1, 3)]));
            Assert.Null(ExplicitStability.Warning(method, [0], 1e9));
            Assert.Contains("No step", ExplicitStability.Warning(method, [1], 0.1));
        }
        Assert.Throws<ArgumentException>(() => ExplicitStability.LongestStep(RungeKutta.Euler, [new(double.NaN, 0)]));
    }
}
