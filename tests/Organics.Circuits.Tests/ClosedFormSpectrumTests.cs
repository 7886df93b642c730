namespace Organics.Tests;

public sealed class ClosedFormSpectrumTests
{
    [Fact]
    public void Golden_spectra_are_reproduced()
    {
        foreach (var golden in Golden.Cases("closed_form_eigs.json"))
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

    static Circuit Uniform(double tauY = 2, double tauA = 3, double w = 0.5, double sigma = 0.25, double z = 0.5)
        => new([z, z], [1, 1], [1, 1], [sigma, 0.25], [tauY, 2], [tauA, 3], [w, 0.5, 0.5, 0.5], [1, 0, 0, 1]);

    [Fact]
    public void One_neuron_that_differs_in_anything_that_counts_puts_a_circuit_outside()
    {
        Assert.NotNull(ClosedFormSpectrum.Of(Uniform()));
        Assert.Null(ClosedFormSpectrum.Of(Uniform(tauY: 1)));
        Assert.Null(ClosedFormSpectrum.Of(Uniform(tauA: 1)));
        Assert.Null(ClosedFormSpectrum.Of(Uniform(w: 1)));
        Assert.Null(ClosedFormSpectrum.Of(Uniform(sigma: 1)));
        var other = Uniform();
        Assert.Null(ClosedFormSpectrum.Of(new(other.Z, other.B, other.B0, other.Sigma, other.TauY, other.TauA, other.W, [1, 0, 0, 0.5])));
        Assert.Throws<ArgumentNullException>(() => ClosedFormSpectrum.Of(null!));
    }

    [Fact]
    public void The_list_has_all_eigenvalues_of_the_Jacobian()
    {
        foreach (var z in (double[])[0, 0.1, 0.5, 3, 40])
            foreach (var tauA in (double[])[0.01, 1, 100])
            {
                double[] Each(double v) => [v, v, v, v];
                double[] identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
                var circuit = new Circuit([z, -z, 0, z], Each(1), Each(1), Each(0.5), Each(2), Each(tauA), [.. Enumerable.Repeat(0.7, 16)], identity);
                var spectrum = ClosedFormSpectrum.Of(circuit)!;
                Assert.Equal(8, spectrum.Eigenvalues.Length);
                Sample.SameSpectrum(StabilityReport.Of(circuit).Eigenvalues, spectrum.Eigenvalues, 1e-7);
                Assert.Equal(spectrum.Beta * spectrum.Beta < 4 * spectrum.Kappa, spectrum.IsOscillatory);
            }
    }

    [Fact]
    public void Neither_square_overflows()
    {
        // n = 1, g = 0: (λ + s/τ_y)(λ + 1/τ_a) with s = √c = 1/4, where β² is beyond the numbers, and κ too.
        foreach (var (tauY, tauA) in new[] { (1e-160, 1e-120), (1e-200, 1e-190), (1e-180, 1e-200) })
        {
            var spectrum = ClosedFormSpectrum.Of(new([0], [1], [1], [0.25], [tauY], [tauA], [1], [1]))!;
            var (fast, slow) = (Math.Max(0.25 / tauY, 1 / tauA), Math.Min(0.25 / tauY, 1 / tauA));
            Assert.Equal(-fast, spectrum.Pair.First.Real, 1e-12 * fast);
            Assert.Equal(-slow, spectrum.Pair.Second.Real, 1e-12 * slow);
            Assert.Equal([spectrum.Pair.First, spectrum.Pair.Second], spectrum.Eigenvalues);
        }
        // A pair: with a = c + g² the input's share damps less, β² = (s + c/a)²/τ² < 4s/τ².
        var oscillating = ClosedFormSpectrum.Of(new([1], [1], [1], [0.25], [1e-200], [1e-200], [1], [1]))!;
        var (s, part) = (Math.Sqrt(1.0625), 0.0625 / 1.0625);
        Assert.Equal(-(s + part) / 2 * 1e200, oscillating.Pair.First.Real, 1e188);
        Assert.Equal(Math.Sqrt(s - (s + part) * (s + part) / 4) * 1e200, oscillating.Pair.Second.Imaginary, 1e188);
    }
}
