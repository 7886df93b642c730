namespace Organics.Tests;

public sealed class DynamicGainSystemTests
{
    const int N = 3, D = 2;

    static readonly double[] Input = [0.7, -1.1];

    static double[] Draw(int seed, int count, double least = -1, double most = 1) => Sample.Vector(new(seed), count, least, most);

    static Circuit Drawn() => new(Draw(1, N), Draw(2, N, 0.1, 0.9), Draw(3, N, 0.1, 0.9), Draw(4, N, 0.1, 1), Draw(5, N, 0.5, 2), Draw(6, N, 0.5, 2), Draw(7, N * N, 0, 1), Draw(8, N * N));

    [Fact]
    public void Gains_at_rest_leave_the_circuit_as_it_is()
    {
        var circuit = Drawn();
        // f(Wbx·1) = b, and nothing else drives the gains.
        static double[] Logit(ReadOnlySpan<double> b) => [.. b.ToArray().Select(v => Math.Log(v / (1 - v)))];
        var none = new double[N * N];
        var system = new DynamicGainSystem(circuit, new(Logit(circuit.B), none, none, Logit(circuit.B0), none, none, Draw(9, N, 0.5, 2), Draw(10, N, 0.5, 2)), [1]);
        double[] y = Draw(11, N), a = Draw(12, N, -0.2, 2);
        var (rate, expected) = (new double[4 * N], new double[2 * N]);
        system.Rate(0, system.Start(y, a), rate);
        new CircuitSystem(circuit).Rate(0, [.. y, .. a], expected);
        Golden.Close(expected, rate.AsSpan(0, 2 * N), 1e-14, "rates of y and a");
        Assert.All(rate[(2 * N)..], v => Assert.Equal(0, v, 1e-15));
    }

    [Fact]
    public void Gains_follow_input_principal_and_modulator_neurons_by_weights_of_their_own()
    {
        var w = new GainWeights(Draw(1, N * D), Draw(2, N * N), Draw(3, N * N), Draw(4, N * D), Draw(5, N * N), Draw(6, N * N), Draw(7, N, 0.5, 2), Draw(8, N, 0.5, 2));
        var system = new DynamicGainSystem(Drawn(), w, Input);
        Assert.Equal(4 * N, system.Dimension);
        var x = Draw(9, 4 * N, 0.1, 1);
        var rate = new double[4 * N];
        system.Rate(0, x, rate);
        for (var i = 0; i < N; i++)
        {
            double Sum(double[] weights, double[] from, int offset, int count) => Enumerable.Range(0, count).Sum(j => weights[i * count + j] * from[offset + j]);
            double Gain(double[] fromInput, double[] fromY, double[] fromA) => 1 / (1 + Math.Exp(-Sum(fromInput, Input, 0, D) - Sum(fromY, x, 0, N) - Sum(fromA, x, N, N)));
            Assert.Equal((Gain(w.BFromInput, w.BFromY, w.BFromA) - x[2 * N + i]) / w.TauB[i], rate[2 * N + i], 1e-14);
            Assert.Equal((Gain(w.B0FromInput, w.B0FromY, w.B0FromA) - x[3 * N + i]) / w.TauB0[i], rate[3 * N + i], 1e-14);
        }
    }

    [Fact]
    public void Its_trajectory_settles_where_all_rates_vanish()
    {
        var small = new GainWeights(Draw(1, N * D), Draw(2, N * N, -0.1, 0.1), Draw(3, N * N, -0.1, 0.1), Draw(4, N * D), Draw(5, N * N, -0.1, 0.1), Draw(6, N * N, -0.1, 0.1), Draw(7, N, 0.5, 2), Draw(8, N, 0.5, 2));
        double[] identity = [.. Enumerable.Range(0, N * N).Select(k => k % (N + 1) == 0 ? 1.0 : 0)];
        var c = Drawn();
        var system = new DynamicGainSystem(new(c.Z, c.B, c.B0, c.Sigma, c.TauY, c.TauA, c.W, identity), small, Input);
        var end = Ode.Integrate(system, RungeKutta.DormandPrince, system.Start(Draw(9, N), Draw(10, N, 0.5, 1)), 0, 500, new() { RelativeTolerance = 1e-9, Record = false }).EndState.ToArray();
        // There the normalization equation holds with the gains of the end.
        var settled = SteadyState.Of(new Circuit(c.Z, end.AsSpan(2 * N, N), end.AsSpan(3 * N, N), c.Sigma, c.TauY, c.TauA, c.W, identity));
        Golden.Close(settled.Y, end.AsSpan(0, N), 1e-6, "y");
        Golden.Close(settled.A, end.AsSpan(N, N), 1e-6, "a");
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        GainWeights Weights(int input, double tau) => new(new double[N * input], new double[N * N], new double[N * N], new double[N * input], new double[N * N], new double[N * N], [tau, 1, 1], [1, 1, 1]);
        Assert.Throws<ArgumentException>(() => new DynamicGainSystem(Drawn(), Weights(D + 1, 1), Input));
        Assert.Throws<ArgumentException>(() => new DynamicGainSystem(Drawn(), Weights(D, 0), Input));
        Assert.Throws<ArgumentException>(() => new DynamicGainSystem(Drawn(), Weights(D, double.NaN), Input));
    }
}
