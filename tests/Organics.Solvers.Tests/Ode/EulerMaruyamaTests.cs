namespace Organics.Tests;

public sealed class EulerMaruyamaTests
{
    /// <summary>Box and Muller on the counter, mixed by SplitMix64: a function of seed, step and component only.</summary>
    static Func<long, int, double> Normal(ulong seed) => (step, component) =>
    {
        var index = ((ulong)step * 16 + (ulong)component) * 2;
        return Math.Sqrt(-2 * Math.Log(Uniform(seed, index))) * Math.Cos(2 * Math.PI * Uniform(seed, index + 1));
    };

    static double Uniform(ulong seed, ulong index)
    {
        var z = seed * 0xD1342543DE82EF95 + (index + 1) * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (((z ^ (z >> 31)) >> 12) + 0.5) / (1L << 52);
    }

    [Fact]
    public void The_Ornstein_Uhlenbeck_process_has_its_stationary_variance()
    {
        const double tau = 0.5, h = 0.1;
        double[] noise = [0.3, 2];
        var system = new OdeProblem(2, (_, x, f) => (f[0], f[1]) = (-x[0] / tau, -x[1] / tau));
        var path = EulerMaruyama.Integrate(system, noise, Normal(1), [0, 0], 0, 400_000 * h, h);
        Assert.Equal(400_000, path.Steps);
        for (var i = 0; i < 2; i++)
        {
            double sum = 0, mean = 0;
            for (var k = 1000; k < path.Times.Length; k++)
            {
                mean += path.State(k)[i];
                sum += path.State(k)[i] * path.State(k)[i];
            }
            // The variance of x⁺ = (1 − h/τ)x + √h·σ·ξ is σ²τ/2 / (1 − h/(2τ)), 11 % above that of the process; its standard error here is 0.5 %.
            Assert.Equal(1, sum / 399_000 / (noise[i] * noise[i] * tau / 2 / (1 - h / (2 * tau))), 0.025);
            Assert.Equal(0, mean / 399_000 / noise[i], 0.01);
        }
    }

    [Fact]
    public void The_same_numbers_give_the_same_bits_and_others_do_not()
    {
        var system = OdeProblems.VanDerPol(1);
        double[] Path(ulong seed, bool record) => EulerMaruyama.Integrate(system, [0.1, 0.2], Normal(seed), [1, 1], 0, 10, 0.01, record).EndState.ToArray();
        Assert.Equal(Path(5, true), Path(5, false));
        Assert.NotEqual(Path(5, true), Path(6, true));
    }

    [Fact]
    public void Without_noise_it_is_Eulers_method()
    {
        var expected = Ode.Integrate(OdeProblems.Spin(), RungeKutta.Euler, OdeProblems.SpinStart, 0, 1.005, new() { Step = 0.01 });
        var path = EulerMaruyama.Integrate(OdeProblems.Spin(), [0, 0, 0], Normal(1), OdeProblems.SpinStart, 0, 1.005, 0.01);
        Assert.Equal(expected.Times.ToArray(), path.Times.ToArray());
        Assert.True(OdeProblems.Distance(expected.EndState, path.EndState) < 1e-14);
    }

    [Fact]
    public void The_strong_order_is_one()
    {
        const int finest = 1 << 14;
        var normal = Normal(3);
        var system = new OdeProblem(1, (_, x, f) => f[0] = x[0] - x[0] * x[0] * x[0]);
        double Error(int steps)
        {
            double sum = 0;
            for (var path = 0; path < 40; path++) sum += Math.Abs(End(steps, path) - End(finest, path));
            return sum;
        }
        // The same Brownian path for all steps: a long increment is the sum of short ones.
        double End(int steps, int path) => EulerMaruyama.Integrate(system, [0.5], (step, _) =>
        {
            double sum = 0;
            var ratio = finest / steps;
            for (var k = 0; k < ratio; k++) sum += normal((step * ratio + k) * 40 + path, 0);
            return sum / Math.Sqrt(ratio);
        }, [0.2], 0, 1, 1.0 / steps, record: false).EndState[0];
        Assert.Equal(1, Math.Log2(Error(32) / Error(128)) / 2, 0.15);
    }

    [Fact]
    public void Bad_input_is_refused_and_a_path_has_no_values_between_its_times()
    {
        var system = OdeProblems.VanDerPol(1);
        Assert.Contains("noise", Assert.Throws<ArgumentException>(() => EulerMaruyama.Integrate(system, [1], Normal(1), [1, 1], 0, 1, 0.1)).Message);
        Assert.Contains("step", Assert.Throws<ArgumentException>(() => EulerMaruyama.Integrate(system, [1, 1], Normal(1), [1, 1], 0, 1, 0)).Message);
        Assert.Contains("x0", Assert.Throws<ArgumentException>(() => EulerMaruyama.Integrate(system, [1, 1], Normal(1), [1], 0, 1, 0.1)).Message);
        Assert.Throws<ArgumentNullException>(() => EulerMaruyama.Integrate(system, [1, 1], null!, [1, 1], 0, 1, 0.1));
        var path = EulerMaruyama.Integrate(system, [1, 1], Normal(1), [1, 1], 0, 1, 0.1);
        Assert.Equal(11, path.Times.Length);
        Assert.Throws<InvalidOperationException>(() => path.At(0.05, new double[2]));
        Assert.Equal(OdeStatus.NotFinite, EulerMaruyama.Integrate(system, [1, 1], (_, _) => double.NaN, [1, 1], 0, 1, 0.1).Status);
    }
}
