using System.Numerics;

namespace Organics.Tests;

public sealed class CircuitEnergyTests
{
    [Fact]
    public void Weights_and_values_are_the_golden_ones()
    {
        var tried = 0;
        foreach (var golden in Sample.Goldens("identity_circuits.json"))
        {
            var circuit = golden.Circuit();
            var energy = CircuitEnergy.Of(circuit);
            var point = SteadyState.Of(circuit);
            var damping = CircuitJacobian.Quadratic(circuit, point.Y, point.A).B;
            var t = MMatrix.LyapunovDiagonal(damping, circuit.N);
            Assert.NotNull(t);
            Sample.Close(golden.Numbers("lyapunov_T"), t, 1e-10, "T");
            Assert.True(MMatrix.IsLyapunovDiagonal(damping, t));
            if (!golden.TryGetProperty("energy", out var expected) || expected.ValueKind != System.Text.Json.JsonValueKind.Object) continue;
            tried++;
            Sample.Close(expected.Numbers("p"), energy.Weights, 1e-10, "p");
            var value = expected.GetProperty("V").GetDouble();
            Assert.Equal(value, energy.Value(expected.Numbers("y"), expected.Numbers("a")), Math.Abs(value) * 1e-10);
        }
        Assert.True(tried > 5, $"only {tried} golden circuits have an energy");
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(3, 8)]
    public void Energy_is_zero_at_the_fixed_point_alone(int seed, int n)
    {
        var circuit = Sample.Draw(seed, n, 0);
        var point = SteadyState.Of(circuit);
        var energy = CircuitEnergy.Of(circuit);
        Assert.Equal(0, energy.Value(point.Y, point.A), 1e-20);
        for (var i = 0; i < n; i++)
        {
            double[] y = [.. point.Y], a = [.. point.A];
            y[i] *= 1.01;
            Assert.True(energy.Value(y, point.A) > 0);
            a[i] *= 1.01;
            Assert.True(energy.Value(point.Y, a) > 0);
        }
    }

    [Fact]
    public void Other_recurrence_has_no_energy()
        => Assert.Contains("Wr is not the identity", Assert.Throws<ArgumentException>(() => CircuitEnergy.Of(Sample.Draw(1, 3, 1))).Message, StringComparison.Ordinal);
}

public sealed class ClosedFormSpectrumTests
{
    [Fact]
    public void Golden_spectra_are_reproduced()
    {
        foreach (var golden in Sample.Goldens("closed_form_eigs.json"))
        {
            var n = golden.GetProperty("n").GetInt32();
            double[] Same(string name, int count) => [.. Enumerable.Repeat(golden.GetProperty(name).GetDouble(), count)];
            var identity = new double[n * n];
            for (var i = 0; i < n; i++) identity[i * (n + 1)] = 1;
            var found = ClosedFormSpectrum.Of(new(golden.Numbers("z"), golden.Numbers("b"), Same("b0", n), Same("sigma", n), Same("tauY", n), Same("tauA", n), Same("alpha", n * n), identity));
            Assert.NotNull(found);
            foreach (var (name, value) in new[] { ("a", found.A), ("beta", found.Beta), ("kappa", found.Kappa), ("y_eigenvalue", found.PrincipalEigenvalue), ("a_eigenvalue", found.ModulatorEigenvalue) })
                Assert.Equal(golden.GetProperty(name).GetDouble(), value, Math.Abs(value) * 1e-12);
            Assert.Equal(golden.GetProperty("oscillatory").GetBoolean(), found.IsOscillatory);
            Assert.Equal(golden.GetProperty("y_multiplicity").GetInt32(), found.Multiplicity);
            Sample.SameSpectrum(golden.Spectrum("pair"), [found.Pair.First, found.Pair.Second], 1e-12);
        }
    }

    [Fact]
    public void Circuits_outside_the_theorem_have_none()
    {
        Assert.Null(ClosedFormSpectrum.Of(Sample.Draw(1, 3, 0)));
        Assert.Null(ClosedFormSpectrum.Of(Sample.Draw(1, 3, 1)));
    }
}

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
    }
}

public sealed class NoiseSpectrumTests
{
    [Fact]
    public void One_leaky_integrator_has_a_Lorentzian()
    {
        var spectrum = new NoiseSpectrum([-2], [3]);
        foreach (var omega in new[] { 0.0, 0.5, 7 })
            Assert.Equal(9 / (4 + omega * omega), spectrum.Power(0, omega), 1e-14);
    }

    [Fact]
    public void Power_integrates_to_the_variance_of_the_Lyapunov_equation()
    {
        // JC + CJᵀ + D² = 0 for J = [[-1, 2], [-2, -3]]: checked by its residual, C by quadrature over ω = tan u.
        double[] j = [-1, 2, -2, -3], noise = [1, 0.5];
        var spectrum = new NoiseSpectrum(j, noise);
        var c = new double[4];
        const int Points = 4000;
        for (var k = 0; k < Points; k++)
        {
            var u = Math.PI * ((k + 0.5) / Points - 0.5);
            var s = spectrum.CrossSpectrum(Math.Tan(u));
            for (var i = 0; i < 4; i++) c[i] += s[i].Real / (Math.Cos(u) * Math.Cos(u)) * (Math.PI / Points) / (2 * Math.PI);
        }
        double[] residual =
        [
            2 * (j[0] * c[0] + j[1] * c[2]) + 1, j[0] * c[1] + j[1] * c[3] + c[0] * j[2] + c[1] * j[3],
            j[2] * c[0] + j[3] * c[2] + c[2] * j[0] + c[3] * j[1], 2 * (j[2] * c[1] + j[3] * c[3]) + 0.25,
        ];
        Assert.All(residual, r => Assert.Equal(0, r, 1e-3));
    }

    [Fact]
    public void Coherence_is_one_where_one_noise_drives_both()
    {
        var spectrum = new NoiseSpectrum([-1, 0.5, 0.3, -2], [1, 0]);
        Assert.Equal(1, spectrum.Coherence(0, 1, 0.7), 1e-12);
        Assert.InRange(new NoiseSpectrum([-1, 0.5, 0.3, -2], [1, 1]).Coherence(0, 1, 0.7), 0.01, 0.99);
        Assert.Equal(0, new NoiseSpectrum([-1, 0, 0, -2], [1, 0]).Coherence(0, 1, 0.7));
    }

    [Fact]
    public void An_unstable_system_has_no_spectrum()
        => Assert.Contains("largest real part", Assert.Throws<ArgumentException>(() => new NoiseSpectrum([0.1], [1])).Message, StringComparison.Ordinal);
}

public sealed class StabilityCertificateTests
{
    [Fact]
    public void Golden_circuits_are_certified_where_a_theorem_applies()
    {
        foreach (var golden in Sample.Goldens("identity_circuits.json"))
        {
            var circuit = golden.Circuit();
            var certificate = StabilityCertificate.Of(circuit);
            Assert.Equal(StabilityTheorem.IdentityRecurrence, certificate.Theorem);
            Assert.All(certificate.Hypotheses, h => Assert.True(h.Holds));
            Assert.Equal(1 - golden.GetProperty("rho_bound").GetDouble(), certificate.Margin, 1e-12);
            Assert.True(StabilityCertificate.Parse(certificate.ToJson()).Verify(circuit));
        }
        foreach (var golden in Sample.Goldens("general_circuits.json"))
        {
            var circuit = golden.Circuit();
            var certificate = StabilityCertificate.Of(circuit);
            Assert.Equal(circuit.N == 1 && circuit.Wr[0] > 0, certificate.IsCertified);
            if (!certificate.IsCertified) Assert.StartsWith("Not certified", certificate.Conclusion, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0.5, 1, StabilityTheorem.SinglePairContractive)]
    [InlineData(1.0000000000000002, 1, StabilityTheorem.SinglePairExpansive)]
    [InlineData(2, 1, StabilityTheorem.SinglePairExpansive)]
    [InlineData(2, 0, StabilityTheorem.None)]
    [InlineData(-1, 0.9, StabilityTheorem.None)]
    public void One_pair_is_certified_by_Theorems_5_1_and_5_2(double wr, double z, StabilityTheorem theorem)
    {
        var circuit = new Circuit([z], [0.5], [0.5], [0.1], [2], [2], [1], [wr]);
        var certificate = StabilityCertificate.Of(circuit);
        Assert.Equal(theorem, certificate.Theorem);
        if (!certificate.IsCertified) return;
        var point = SteadyState.StableOf(circuit);
        var rate = 1 - wr + wr * Math.Sqrt(point.A[0]);
        Assert.InRange(certificate.Margin, 0, rate * (1 + 1e-12));
        if (theorem == StabilityTheorem.SinglePairExpansive) Assert.Equal(rate, certificate.Margin, 1e-9 * rate);
    }

    [Fact]
    public void A_certificate_is_one_circuits_own()
    {
        var certificate = StabilityCertificate.Of(Sample.Draw(1, 3, 0));
        Assert.False(certificate.Verify(Sample.Draw(2, 3, 0)));
        Assert.False((certificate with { Margin = 2 * certificate.Margin }).Verify(Sample.Draw(1, 3, 0)));
        Assert.Throws<InvalidDataException>(() => StabilityCertificate.Parse("{}"));
    }
}

public sealed class FixedPointsTests
{
    [Fact]
    public void All_fixed_points_of_one_pair_are_found()
    {
        foreach (var golden in Sample.Goldens("bifurcation_2d.json"))
        {
            double Number(string name) => golden.GetProperty(name).GetDouble();
            var circuit = new Circuit([Number("z")], [Number("b")], [Number("b0")], [Number("sigma")], [Number("tauY")], [Number("tauA")], [Number("w")], [Number("wr")]);
            var found = FixedPoints.Of(circuit);
            Assert.Equal(golden.GetProperty("n_fixed_points").GetInt32(), found.Count);
            Assert.Equal(golden.GetProperty("n_stable").GetInt32(), found.Count(p => p.IsStable));
            foreach (var (expected, point) in golden.GetProperty("fixed_points").EnumerateArray().Zip(found))
            {
                Assert.Equal(expected.GetProperty("y").GetDouble(), point.Y[0], 1e-9 * Math.Abs(point.Y[0]));
                Assert.Equal(expected.GetProperty("a").GetDouble(), point.A[0], 1e-9 * point.A[0]);
            }
        }
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 5)]
    [InlineData(3, 12)]
    public void An_identity_circuit_has_one(int seed, int n)
    {
        var circuit = Sample.Draw(seed, n, 0);
        var only = Assert.Single(FixedPoints.Of(circuit));
        Assert.True(only.IsStable);
        Sample.Close(SteadyState.Of(circuit).A, only.A, 1e-10, "a");
    }

    [Fact]
    public void Continuation_finds_the_fold_of_the_astroid_and_the_Hopf_point()
    {
        // wr = 2, b = 0.5, b0 = 0.5, σ = 0.1, w = 1: three fixed points for |z| below the astroid's edge.
        const double Wr = 2, B = 0.5, Root = 0.05, Theta = 0.5;
        Circuit At(double z) => new([z], [B], [0.5], [0.1], [2], [2], [1], [Wr]);
        var upper = FixedPoints.Of(At(0.001)).Single(p => p.Y[0] < 0 && p.A[0] > Math.Pow(Root * Root * Theta, 2.0 / 3));
        var branch = Continuation.Follow(At, 0.001, 4, upper);
        var edge = Math.Pow(Math.Pow(Wr - 1, 2.0 / 3) - Math.Pow(Wr * Root, 2.0 / 3), 1.5) / B;
        var fold = Assert.Single(branch.Bifurcations, b => b.Type == BifurcationType.Fold);
        Assert.Equal(edge, fold.Parameter, 1e-8);
        Assert.Equal(Math.Pow(Root * Root * Theta, 2.0 / 3), fold.Point.A[0], 1e-6);
        // Hopf on the upper branch: wr(θ − s)/τ_y = c/(s²τ_a).
        var hopf = Assert.Single(branch.Bifurcations, b => b.Type == BifurcationType.Hopf);
        var s = Math.Sqrt(hopf.Point.A[0]);
        Assert.Equal(Root * Root / (s * s) / 2, Wr * (Theta - s) / 2, 1e-8);
        Assert.Equal(0, hopf.Point.Eigenvalues.Max(v => v.Real), 1e-8);
        Assert.True(branch.ReachedEnd);
        Assert.Equal(0.001, branch.Points[^1].Parameter, 1e-12);
    }
}

public sealed class CircuitFileTests
{
    [Fact]
    public void A_golden_case_is_a_circuit_file_and_round_trips_exactly()
    {
        foreach (var golden in Sample.Goldens("general_circuits.json"))
        {
            var circuit = CircuitFile.Parse(golden.GetRawText());
            var again = CircuitFile.Parse(CircuitFile.ToJson(circuit));
            Assert.Equal(golden.Numbers("Wr"), again.Wr.ToArray());
            Assert.Equal(golden.Numbers("W"), again.W.ToArray());
            Assert.Equal(golden.Numbers("tauA"), again.TauA.ToArray());
            Assert.Equal(CircuitFile.ToJson(circuit), CircuitFile.ToJson(again));
        }
    }

    [Fact]
    public void One_number_stands_for_a_vector_and_Wr_may_be_left_out()
    {
        var circuit = CircuitFile.Parse("""{ "z": [1, -2], "b": 0.5, "b0": 1, "sigma": 0.1, "tauY": 2, "tauA": 3, "W": [[1, 0.5], [0.25, 1]] }""");
        Assert.True(circuit.IsIdentityRecurrence);
        Assert.Equal([0.5, 0.5], circuit.B.ToArray());
        Assert.Equal([1, 0.5, 0.25, 1], circuit.W.ToArray());
    }

    [Theory]
    [InlineData("[1]", "a list of 1", "JSON object")]
    [InlineData("{", "is not JSON")]
    [InlineData("{}", "neither n nor a list")]
    [InlineData("""{ "n": 0 }""", "n is 0")]
    [InlineData("""{ "n": 1, "b": 1 }""", "lacks the key \"z\"")]
    [InlineData("""{ "n": 2, "z": [1] }""", "z is a list of 1", "2 numbers")]
    [InlineData("""{ "z": [1], "b": "x" }""", "b is \"x\"")]
    [InlineData("""{ "z": [true], "b": 1 }""", "z[0] is true")]
    [InlineData("""{ "z": [1], "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 1, "W": [[1, 2]] }""", "W[0] is a list of 2")]
    [InlineData("""{ "z": [1], "b": 1, "b0": 1, "sigma": 0, "tauY": 1, "tauA": 1, "W": [[1]] }""", "sigma[0] is 0")]
    public void Errors_name_the_key_and_the_remedy(string json, params string[] words)
    {
        var message = Assert.Throws<InvalidDataException>(() => CircuitFile.Parse(json, "a.json")).Message;
        Assert.StartsWith("a.json", message, StringComparison.Ordinal);
        foreach (var word in words) Assert.Contains(word, message, StringComparison.Ordinal);
    }
}
