namespace Organics.Laws;

/// <summary>The kit's laws on systems that obey them, and on some that do not.</summary>
public sealed class SystemLawsHold
{
    static double[][] States(int n, int seed) => [.. Enumerable.Range(0, 3).Select(k => Enumerable.Range(0, n).Select(i => 2 * new CounterRandom((ulong)seed, (ulong)k).Uniform((ulong)i) - 1).ToArray())];

    static void ForAll(FsCheck.Gen<RandomNetwork> networks, Action<RandomNetwork> law) => Cases.ForAll(networks, law, RandomNetwork.Simpler, network => network.ToString(), share: 10);

    [Fact]
    public void The_Jacobian_of_a_network_is_the_derivative()
        => ForAll(RandomNetwork.Draw(), network => SystemLaws.TheJacobianIsTheDerivative(network, States(network.Dimension, 1)));

    [Fact]
    public void The_energy_of_a_symmetric_network_does_not_increase()
        => ForAll(RandomNetwork.Draw(isSymmetric: true), network => SystemLaws.TheEnergyDoesNotIncrease(network, network.Energy, States(network.Dimension, 2), 20));

    [Fact]
    public void Every_equilibrium_of_a_contracting_network_is_stable()
        => ForAll(RandomNetwork.Draw(), network =>
        {
            // ‖W‖∞ < 1: −1 + Σ|w|·tanh′ < 0 on every row.
            var n = network.Dimension;
            var norm = Enumerable.Range(0, n).Max(i => Enumerable.Range(0, n).Sum(j => Math.Abs(network.W[i * n + j])));
            var calm = network with { W = [.. network.W.Select(w => 0.9 * w / Math.Max(norm, 1e-9))] };
            double[] high = [.. Enumerable.Repeat(3.0, n)];
            SystemLaws.EveryEquilibriumFoundIsStable(calm, [.. high.Select(v => -v)], high, starts: 5);
        });

    [Fact]
    public void Equilibria_that_trajectories_settle_at_are_found_and_called_stable()
        => ForAll(RandomNetwork.Draw(5, isSymmetric: true), network =>
        {
            var slowest = network.Tau.Max();
            var end = Ode.Integrate(network, RungeKutta.DormandPrince, States(network.Dimension, 3)[0], 0, 400 * slowest, new() { SteadyStateTolerance = 1e-5, SteadyStateTimescale = slowest, Record = false });
            if (end.Status != OdeStatus.SteadyState) return;
            var point = Equilibria.Near(EquilibriumEquations.Of(network), end.EndState);
            Assert.NotNull(point);
            // Trajectories rest long at saddles, too: only a point that is told to repel by more than its error is one.
            Assert.True(point.IsStable || point.MaxRealPart > -1e-4 / slowest, $"{point.Verdict}, {point.MaxRealPart}");
        });

    [Fact]
    public void A_system_that_breaks_a_law_is_caught_and_shrunk()
    {
        var wrong = new RandomNetwork([1, 2, 3, 4], [0.5, 0.25], [1, 2]);
        var failure = Assert.Throws<InvalidOperationException>(() => SystemLaws.TheJacobianIsTheDerivative(new WrongJacobian(wrong), States(2, 1)));
        Assert.Contains("∂f[0]/∂x[1]", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Unstable", Assert.Throws<InvalidOperationException>(() => SystemLaws.EveryEquilibriumFoundIsStable(new RandomNetwork([3], [0], [1]), [-4], [4])).Message, StringComparison.Ordinal);
        Assert.Contains("grows", Assert.Throws<InvalidOperationException>(() => SystemLaws.TheEnergyDoesNotIncrease(wrong, x => -wrong.Energy(x), States(2, 1), 5)).Message, StringComparison.Ordinal);
        // Every network with two units or more fails this law: the simplest has two, of one digit.
        var shrunk = Assert.ThrowsAny<Exception>(() => ForAll(RandomNetwork.Draw(), network => Assert.True(network.Dimension < 2)));
        const string One = @"-?(\d0?|0\.0*\d)";
        Assert.Matches($@"The law fails for new RandomNetwork\(\[({One}, ){{3}}{One}\], \[{One}, {One}\], \[{One}, {One}\]\)", shrunk.ToString());
    }

    static void Fails(string words, Action law) => Assert.Contains(words, Assert.Throws<InvalidOperationException>(law).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(1)]
    [InlineData(1e-7)]
    [InlineData(1e-200)]
    [InlineData(1e12)]
    public void A_wrong_Jacobian_is_caught_whatever_the_size_of_what_is_compared(double size)
    {
        foreach (var x in (double[])[0, 1, 1e-6, 1e9])
        {
            SystemLaws.TheJacobianIsTheDerivative(new Scaled(size, -size), [[x]]);
            foreach (var wrong in (double[])[0, 5, -2, -1.001, double.NaN]) Fails("∂f[0]/∂x[0]", () => SystemLaws.TheJacobianIsTheDerivative(new Scaled(size, wrong * size), [[x]]));
        }
    }

    [Fact]
    public void A_right_Jacobian_of_terms_that_bend_or_cancel_passes()
    {
        foreach (var x in (double[])[0, 1, -3, 1e-3, 1e3])
            foreach (var f in (Func<Tensor<double>, Tensor<double>>[])[v => v.Square() * v, v => 1e3 * v - 1e3 * v + v.Square(), v => (v + 1e3).Square() - 1e6, v => 1e-9 * v.Sin()])
                SystemLaws.TheJacobianIsTheDerivative(OdeFunction.Of(1, f), [[x]]);
    }

    [Fact]
    public void A_law_that_is_asked_of_nothing_fails()
    {
        Fails("No state", () => SystemLaws.TheJacobianIsTheDerivative(new Scaled(1, -1), []));
        Fails("No start", () => SystemLaws.TheEnergyDoesNotIncrease(new Scaled(1, -1), x => x[0] * x[0], [], 1));
        Fails("duration", () => SystemLaws.TheEnergyDoesNotIncrease(new Scaled(1, -1), x => x[0] * x[0], [[1]], 0));
        // At rest an energy is as constant as its rounding allows; one that grows is caught however small it is.
        SystemLaws.TheEnergyDoesNotIncrease(new Scaled(1, -1), x => 1 + Math.Sin(1e3 * x[0]) * 1e-16, [[0]], 1);
        Fails("grows", () => SystemLaws.TheEnergyDoesNotIncrease(new Scaled(1, -1), x => -1e-30 * x[0], [[1]], 1));
    }

    /// <summary>ẋ = −size·x with a slope of one's own.</summary>
    sealed class Scaled(double size, double slope) : IStiffOdeSystem
    {
        public int Dimension => 1;

        public bool IsAutonomous => true;

        public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt) => dxdt[0] = -size * x[0];

        public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian) => jacobian[0] = slope;
    }

    sealed class WrongJacobian(RandomNetwork network) : IStiffOdeSystem
    {
        public int Dimension => network.Dimension;

        public bool IsAutonomous => true;

        public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt) => network.Rate(t, x, dxdt);

        public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian)
        {
            network.Jacobian(t, x, jacobian);
            jacobian[1] += 0.1;
        }
    }
}
