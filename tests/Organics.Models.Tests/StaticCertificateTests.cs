namespace Organics.Tests;

public sealed class StaticCertificateTests
{
    const double Sigma = 0.2;

    static StaticLayer<double> Layer(bool learned, ulong seed = 1) => StaticLayer<double>.Create(7, 5, learned, new(seed, Device.Cpu));

    [Fact]
    public void Identity_recurrence_is_certified_for_every_input()
    {
        var layer = Layer(learned: false);
        var certificate = StaticCertificate.Of(layer, Sigma)!;
        Assert.True(certificate.IsCertified);
        Assert.True(StaticCertificate.Follows(certificate, layer, Sigma));
        // No input comes below the margin, however far out: ρ(M⁻¹N) ≤ 1 − margin.
        var random = new CounterRandom(3);
        var x = Tensor.From(Enumerable.Range(0, 7 * 50).Select(k => 30 * random.Normal((ulong)k)).ToArray(), [50, 7]);
        var state = layer.Forward(x, Tensor.Scalar(Sigma), new());
        double[] b0 = state.B0.ToArray(), ones = [.. Enumerable.Repeat(1.0, 5)], identity = [.. Enumerable.Range(0, 25).Select(k => k % 6 == 0 ? 1.0 : 0)];
        for (var i = 0; i < 50; i++)
        {
            var b = state.B.ToArray().AsSpan(i * 5, 5).ToArray().Select(v => Math.Max(v, double.Epsilon)).ToArray();
            var circuit = new Circuit(state.Z.ToArray().AsSpan(i * 5, 5), b, b0, [.. Enumerable.Repeat(Sigma, 5)], ones, ones, state.W.ToArray(), identity);
            Assert.InRange(StabilityCertificate.Of(circuit).Margin, certificate.Margin, 1);
        }
    }

    [Fact]
    public void Learned_recurrence_is_said_not_to_be_certified()
    {
        var certificate = StaticCertificate.Of(Layer(learned: true), Sigma)!;
        Assert.False(certificate.IsCertified);
        Assert.StartsWith("Not certified", certificate.Conclusion);
        Assert.True(StaticCertificate.Follows(certificate, Layer(learned: true), Sigma));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_follows_from_the_weights_that_it_was_made_of_and_from_no_others(bool learned)
    {
        var certificate = StaticCertificate.Of(Layer(learned), Sigma)!;
        var changed = Layer(learned);
        var values = changed.LogWay.ToArray();
        values[3] += 1e-9;
        changed.LogWay.Assign(values);
        Assert.False(StaticCertificate.Follows(certificate, changed, Sigma));
        Assert.False(StaticCertificate.Follows(certificate, Layer(learned, seed: 2), Sigma));
        Assert.False(StaticCertificate.Follows(certificate, Layer(!learned), Sigma));
        Assert.False(StaticCertificate.Follows(certificate, Layer(learned), 2 * Sigma));
        Assert.False(StaticCertificate.Follows(certificate with { LargestDrive = 0.5 }, Layer(learned), Sigma));
        Assert.True(StaticCertificate.Follows(StabilityCertificate.Parse(certificate.ToJson()), Layer(learned), Sigma));
        Assert.False(StaticCertificate.Follows(certificate with { Margin = certificate.Margin - 5 }, Layer(learned), Sigma));
        Assert.False(StaticCertificate.Follows(certificate with { Conclusion = "Stable." }, Layer(learned), Sigma));
        Assert.False(StaticCertificate.Follows(certificate with { Hypotheses = [] }, Layer(learned), Sigma));
        Assert.False(StaticCertificate.Follows(certificate with { Margin = certificate.Margin + 0.5 }, Layer(learned), Sigma));
    }

    [Fact]
    public void Weights_that_overflow_make_no_certificate()
    {
        var layer = Layer(learned: false);
        layer.LogWay.Assign(Enumerable.Repeat(1000.0, 25).ToArray());
        Assert.Null(StaticCertificate.Of(layer, Sigma));
        Assert.False(StaticCertificate.Follows(StaticCertificate.Of(Layer(false), Sigma)!, layer, Sigma));
    }
}
