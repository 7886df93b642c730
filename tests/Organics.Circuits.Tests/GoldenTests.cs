using System.Numerics;

namespace Organics.Tests;

public sealed class GoldenTests
{
    [Fact]
    public void Identity_circuits_reproduce_every_golden_value()
    {
        foreach (var golden in Golden.Cases("identity_circuits.json"))
        {
            var circuit = golden.Circuit();
            var n = circuit.N;
            Assert.True(circuit.IsIdentityRecurrence);
            var point = SteadyState.Of(circuit);
            Assert.Equal(SteadyStateMethod.ClosedForm, point.Result.Method);
            Golden.Close(golden.Numbers("y"), point.Y, 1e-13, "y");
            Golden.Close(golden.Numbers("a"), point.A, 1e-13, "a");
            var jacobian = new double[4 * n * n];
            CircuitJacobian.Write(circuit, point.Y, point.A, jacobian);
            Golden.Close(golden.Numbers("jacobian"), jacobian, 1e-13, "J");
            var report = StabilityReport.Of(circuit);
            Sample.SameSpectrum(golden.Spectrum("eigenvalues"), report.Eigenvalues, 1e-9);
            Assert.True(report.IsStable);
            var largest = report.Eigenvalues.Max(v => v.Magnitude);
            Assert.Equal(golden.GetProperty("max_real").GetDouble(), report.MaxRealPart, largest * 1e-9);
            var problem = CircuitJacobian.Quadratic(circuit, point.Y, point.A);
            Golden.Close(golden.Numbers("B"), problem.B, 1e-13, "B");
            Golden.Close(golden.Numbers("K"), problem.K, 1e-13, "K");
            Golden.Close(golden.Numbers("M"), problem.M, 1e-13, "M");
            Golden.Close(golden.Numbers("N"), problem.N, 1e-13, "N");
            Assert.Equal(golden.GetProperty("rho_MinvN").GetDouble(), problem.SpectralRadius, 1e-10);
            Assert.Equal(golden.GetProperty("rho_bound").GetDouble(), problem.SpectralRadiusBound, 1e-13);
            var test = golden.GetProperty("rhs_test");
            var (dy, da) = (new double[n], new double[n]);
            CircuitDynamics.Rate(circuit, test.Numbers("y"), test.Numbers("a"), dy, da);
            Golden.Close(test.Numbers("dydt"), dy, 1e-13, "dy/dt");
            Golden.Close(test.Numbers("dadt"), da, 1e-13, "da/dt");
        }
    }

    [Fact]
    public void General_circuits_reproduce_fixed_points_spectra_and_stability()
    {
        foreach (var golden in Golden.Cases("general_circuits.json"))
        {
            var circuit = golden.Circuit();
            var point = SteadyState.StableOf(circuit);
            point.Result.OrThrow();
            Golden.Close(golden.Numbers("y"), point.Y, 1e-10, "y");
            Golden.Close(golden.Numbers("a"), point.A, 1e-10, "a");
            var jacobian = new double[4 * circuit.N * circuit.N];
            CircuitJacobian.Write(circuit, point.Y, point.A, jacobian);
            Golden.Close(golden.Numbers("jacobian"), jacobian, 1e-9, "J");
            var report = StabilityReport.Of(circuit, point);
            Sample.SameSpectrum(golden.Spectrum("eigenvalues"), report.Eigenvalues, 1e-9);
            Assert.Equal(golden.GetProperty("stable").GetBoolean(), report.IsStable);
        }
    }

    [Fact]
    public void Algorithm_1_takes_the_golden_steps()
    {
        foreach (var golden in Golden.Cases("general_circuits.json"))
        {
            var circuit = golden.Circuit();
            var n = circuit.N;
            var expected = golden.GetProperty("algorithm1");
            var (trueY, trueA) = (golden.Numbers("y"), golden.Numbers("a"));
            var (y, a) = (new double[n], new double[n]);
            var (scratch, pivots) = (new double[SteadyStateSolver<double>.ScratchLength(n)], new int[n]);
            SteadyStateResult Run(int cap) => SteadyStateSolver<double>.Algorithm1(circuit.Drive, circuit.C, circuit.W, circuit.Wr, y, a, scratch, pivots,
                new SteadyStateOptions { MaxIterations = cap, Tolerance = 1e-300, Fallback = false });
            Run(0);
            Golden.Close(expected.Numbers("a_init"), a, 1e-13, "a₀");
            var k = 0;
            foreach (var step in expected.GetProperty("first6").EnumerateArray())
            {
                Run(++k);
                Golden.Close(step.Numbers("y"), y, 1e-11, $"y after {k}");
                Golden.Close(step.Numbers("a"), a, 1e-11, $"a after {k}");
            }
            foreach (var (name, tolerance) in new[] { ("iters_1e6", 1e-6), ("iters_1e10", 1e-10) })
            {
                var count = 0;
                double error;
                do
                {
                    Run(++count);
                    error = Math.Sqrt(y.Zip(trueY, (u, v) => (u - v) * (u - v)).Sum() + a.Zip(trueA, (u, v) => (u - v) * (u - v)).Sum());
                }
                while (error >= tolerance && count < 60);
                Assert.InRange(count, expected.GetProperty(name).GetInt32() - 1, expected.GetProperty(name).GetInt32() + 1);
            }
            var rate = SteadyStateSolver<double>.Algorithm1(circuit.Drive, circuit.C, circuit.W, circuit.Wr, y, a, scratch, pivots, new SteadyStateOptions { Tolerance = 1e-9 });
            Assert.Equal(SteadyStateStatus.Converged, rate.Status);
            // With one unit there is only one direction of error, and its rate is ρ(DΦ).
            if (n == 1) Assert.Equal(expected.GetProperty("rho_dphi").GetDouble(), rate.RateEstimate, 0.02 * rate.RateEstimate);
            else Assert.InRange(rate.RateEstimate, 1e-12, 1);
        }
    }

    [Fact]
    public void Implicit_gradients_equal_the_golden_ones()
    {
        foreach (var golden in Golden.Cases("general_circuits.json"))
        {
            var circuit = golden.Circuit();
            var n = circuit.N;
            var expected = golden.GetProperty("implicit");
            var (y, a) = (golden.Numbers("y"), golden.Numbers("a"));
            var (p, q, recurrent, normalization, result) = Sample.Adjoint(circuit, y, a, expected.Numbers("gy"), expected.Numbers("ga"));
            Assert.True(result.IsSolved);
            Golden.Close(expected.Numbers("p"), p, 1e-9, "p");
            Golden.Close(expected.Numbers("q"), q, 1e-9, "q");
            var grad = expected.GetProperty("grad");
            double[] Each(Func<int, double> f, int count) => [.. Enumerable.Range(0, count).Select(f)];
            Golden.Close(grad.Numbers("z"), Each(i => p[i] * circuit.B[i], n), 1e-9, "∂z");
            Golden.Close(grad.Numbers("b"), Each(i => p[i] * circuit.Z[i], n), 1e-9, "∂b");
            Golden.Close(grad.Numbers("b0"), Each(i => 2 * q[i] * circuit.B0[i] * circuit.Sigma[i] * circuit.Sigma[i], n), 1e-9, "∂b0");
            Golden.Close(grad.Numbers("sigma"), Each(i => 2 * q[i] * circuit.B0[i] * circuit.B0[i] * circuit.Sigma[i], n), 1e-9, "∂σ");
            Golden.Close(grad.Numbers("Wr"), Each(k => recurrent[k / n] * y[k % n], n * n), 1e-9, "∂Wr");
            Golden.Close(grad.Numbers("W"), Each(k => q[k / n] * normalization[k % n], n * n), 1e-9, "∂W");
        }
    }

    [Fact]
    public void Closed_form_eigenvalues_of_Theorem_4_4_are_those_of_the_Jacobian()
    {
        foreach (var golden in Golden.Cases("closed_form_eigs.json"))
        {
            var n = golden.GetProperty("n").GetInt32();
            double[] Same(string name, int count) => [.. Enumerable.Repeat(golden.GetProperty(name).GetDouble(), count)];
            var identity = new double[n * n];
            for (var i = 0; i < n; i++) identity[i * n + i] = 1;
            var circuit = new Circuit(golden.Numbers("z"), golden.Numbers("b"), Same("b0", n), Same("sigma", n), Same("tauY", n), Same("tauA", n), Same("alpha", n * n), identity);
            var expected = golden.Spectrum("pair").ToList();
            expected.AddRange(Enumerable.Repeat(new Complex(golden.GetProperty("y_eigenvalue").GetDouble(), 0), n - 1));
            expected.AddRange(Enumerable.Repeat(new Complex(golden.GetProperty("a_eigenvalue").GetDouble(), 0), n - 1));
            Sample.SameSpectrum(expected, StabilityReport.Of(circuit).Eigenvalues, 1e-9);
        }
    }
}
