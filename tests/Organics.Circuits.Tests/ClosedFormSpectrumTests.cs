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
}
