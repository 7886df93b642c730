namespace Organics.Tests;

/// <summary>What is general finds of circuits what their own solvers find.</summary>
public sealed class GeneralDoorTests
{
    const int Batch = 4, N = 5;

    static readonly Circuit Sampled = Sample.Draw(3, N, 0.9);

    static readonly Tensor<double> Drive = Tensor.From(Sample.Vector(new(5), Batch * N, -0.3, 0.3), [Batch, N]);

    // Eq. 15 at rest, as one map of (y, a).
    static Tensor<double> Map(Tensor<double>[] p, Tensor<double> x)
    {
        var (y, a) = (x.Slice(0, N, axis: 1), x.Slice(N, N, axis: 1));
        return Tensor<double>.Concat(1, p[0] + (1 - a.Sqrt()) * y.MatMul(p[3], transposeOther: true), p[1] + (a * y.Square()).MatMul(p[2], transposeOther: true));
    }

    static Tensor<double>[] Watched(Tape<double> tape) =>
        [tape.Watch(Drive), tape.Watch(Tensor.From(Sampled.C, [N])), tape.Watch(Tensor.From(Sampled.W, [N, N])), tape.Watch(Tensor.From(Sampled.Wr, [N, N]))];

    [Fact]
    public void The_fast_fixed_points_and_their_gradients_are_those_of_the_general_ones()
    {
        using var tape = new Tape<double>();
        var p = Watched(tape);
        var (y, a) = SteadyState.Solve(p[0], p[1], p[2], p[3], new(), out _);
        var weights = tape.Constant(Sample.Vector(new(6), 2 * Batch * N, -1, 1), [2, Batch, N]);
        var expected = tape.Backward((y * weights[0] + a * weights[1]).Sum());
        double[][] of = [.. p.Select(t => expected[t].ToArray())];
        // In u = √a⊙y the modulators are a = c + W(u⊙u) outright, and u ← u + √a⊙r is what the fast solver extrapolates.
        static (Tensor<double> Y, Tensor<double> A) Activities(Tensor<double>[] p, Tensor<double> u)
        {
            var modulators = p[1] + u.Square().MatMul(p[2], transposeOther: true);
            return (u / modulators.Sqrt(), modulators);
        }
        var u = FixedPoint.Solve((q, v) =>
        {
            var (principal, modulators) = Activities(q, v);
            return v + modulators.Sqrt() * (q[0] - principal + (1 - modulators.Sqrt()) * principal.MatMul(q[3], transposeOther: true));
        }, p, Drive, new() { RelativeTolerance = 1e-13, AbsoluteTolerance = 1e-14 }, out var report);
        report.OrThrow();
        var (ownY, ownA) = Activities(p, u);
        Golden.Close(y.ToArray(), ownY.ToArray(), 1e-10, "y");
        Golden.Close(a.ToArray(), ownA.ToArray(), 1e-10, "a");
        var found = tape.Backward((ownY * weights[0] + ownA * weights[1]).Sum());
        for (var i = 0; i < p.Length; i++) Golden.Close(of[i], found[p[i]].ToArray(), 1e-8, $"gradient {i}");
    }

    [Fact]
    public void A_circuit_written_as_one_function_has_the_rate_and_the_Jacobian_of_its_own_class()
    {
        Tensor<double> Row(ReadOnlySpan<double> v) => Tensor.From(v, [N]);
        var (g, c, tauY, tauA, w, wr) = (Row(Sampled.Drive), Row(Sampled.C), Row(Sampled.TauY), Row(Sampled.TauA), Tensor.From(Sampled.W, [N, N]), Tensor.From(Sampled.Wr, [N, N]));
        var written = OdeFunction.Of(2 * N, x =>
        {
            var (y, a) = (x.Slice(0, N, axis: 1), x.Slice(N, N, axis: 1));
            return (Map([g, c, w, wr], x) - x) / Tensor<double>.Concat(0, tauY, tauA);
        });
        var own = new CircuitSystem(Sampled);
        double[] state = [.. Sample.Vector(new(7), N, -1, 1), .. Sample.Vector(new(8), N, 0.1, 2)];
        var (rate, expectedRate, jacobian, expectedJacobian) = (new double[2 * N], new double[2 * N], new double[4 * N * N], new double[4 * N * N]);
        written.Rate(0, state, rate);
        own.Rate(0, state, expectedRate);
        written.Jacobian(0, state, jacobian);
        own.Jacobian(0, state, expectedJacobian);
        Golden.Close(expectedRate, rate, 1e-13, "rate");
        Golden.Close(expectedJacobian, jacobian, 1e-13, "Jacobian");
    }

    [Fact]
    public void The_general_search_agrees_with_that_of_circuits_and_no_verdict_contradicts_another()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var circuit = Sample.Draw(seed, 1 + seed % 3, seed % 2 == 0 ? 0 : 2.5);
            var equations = EquilibriumEquations.Of(new CircuitSystem(circuit));
            foreach (var point in CircuitEquilibria.Of(circuit))
            {
                var found = Equilibria.Near(equations, point.State)!;
                Golden.Close(point.State, found.State, 1e-9, $"seed {seed}");
                if (point.Verdict is StabilityVerdict.Stable or StabilityVerdict.Unstable) Assert.Equal(point.Verdict, found.Verdict);
                Assert.True(Math.Abs(point.MaxRealPart - found.MaxRealPart) <= point.Uncertainty + found.Uncertainty);
            }
        }
    }

    [Fact]
    public void A_ghost_is_no_equilibrium_by_the_general_door_either()
    {
        var ghost = new Circuit(
            [1.794594879, 0.2243243599], [1.05, 1.03], [1.29, 0.68], [0.35, 0.51], [1.42, 1.9], [1.31, 0.92], [1.17, 1.12, 0.08, 1.02], [-0.77, 3.06, 1.81, -1.22]);
        // From where the circuit's own search has found all three.
        var found = Equilibria.Of(EquilibriumEquations.Of(new CircuitSystem(ghost)), CircuitEquilibria.Of(ghost, starts: 200).Select(p => p.State));
        Assert.All(found, p => Assert.NotEqual(StabilityVerdict.Stable, p.Verdict));
        double[] unstable = [.. found.Where(p => p.Verdict == StabilityVerdict.Unstable && p.State[2] > 0 && p.State[3] > 0).Select(p => p.MaxRealPart).Order()];
        Assert.Equal([1.53, 1.69, 2.24], unstable.Select(v => Math.Round(v, 2)));
        var solved = SteadyState.Of(ghost);
        var near = Equilibria.Near(EquilibriumEquations.Of(new CircuitSystem(ghost)), [.. solved.Y, .. solved.A]);
        Assert.True(near is null || near.Verdict is StabilityVerdict.Unknown or StabilityVerdict.Unstable, $"{near}");
    }

    [Fact]
    public void Rectified_power_law_and_dynamic_gain_circuits_have_theirs()
    {
        var identity = Sample.Draw(4, 3, 0);
        var rectified = new RectifiedSystem(identity);
        var (y, a) = rectified.SteadyState();
        var point = Equilibria.Near(EquilibriumEquations.Of(rectified), [.. y.Select(v => v * 1.01), .. a.Select(v => v * 1.02)])!;
        Golden.Close([.. y, .. a], point.State, 1e-9, "rectified");
        Assert.True(point.IsStable);

        var cubic = new PowerLawSystem(identity, 3);
        var settled = Ode.Integrate(cubic, RungeKutta.DormandPrince, [0.1, 0.1, 0.1, 1, 1, 1], 0, 2000, new() { Record = false }).EndState.ToArray();
        var third = Equilibria.Near(EquilibriumEquations.Of(cubic), settled)!;
        Golden.Close(settled, third.State, 1e-4, "power law");
        Assert.True(third.IsStable && third.Residual < 1e-13);

        double[] Weights(int seed, int count) => Sample.Vector(new(seed), count, -0.2, 0.2);
        var gains = new DynamicGainSystem(identity, new(Weights(1, 6), Weights(2, 9), Weights(3, 9), Weights(4, 6), Weights(5, 9), Weights(6, 9), [1, 1, 1], [2, 2, 2]), [0.4, -0.3]);
        settled = Ode.Integrate(gains, RungeKutta.DormandPrince, gains.Start([0.1, 0.1, 0.1], [1, 1, 1]), 0, 2000, new() { Record = false }).EndState.ToArray();
        var dynamic = Equilibria.Near(EquilibriumEquations.Of(gains), settled)!;
        Golden.Close(settled, dynamic.State, 1e-4, "dynamic gains");
        Assert.Equal(StabilityVerdict.Stable, dynamic.Verdict);
    }
}
