namespace Organics.Tests;

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
