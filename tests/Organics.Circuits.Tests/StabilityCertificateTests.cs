namespace Organics.Tests;

public sealed class StabilityCertificateTests
{
    [Fact]
    public void Golden_circuits_are_certified_where_a_theorem_applies()
    {
        foreach (var golden in Golden.Cases("identity_circuits.json"))
        {
            var circuit = golden.Circuit();
            var certificate = StabilityCertificate.Of(circuit);
            Assert.Equal(StabilityTheorem.IdentityRecurrence, certificate.Theorem);
            Assert.All(certificate.Hypotheses, h => Assert.True(h.Holds));
            Assert.Equal(1 - golden.GetProperty("rho_bound").GetDouble(), certificate.Margin, 1e-12);
            Assert.True(StabilityCertificate.Parse(certificate.ToJson()).Verify(circuit));
        }
        foreach (var golden in Golden.Cases("general_circuits.json"))
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
    [InlineData(2, 0.25, StabilityTheorem.SinglePairExpansive)]
    [InlineData(1.5, -100, StabilityTheorem.SinglePairExpansive)]
    [InlineData(2, 1e6, StabilityTheorem.SinglePairExpansive)]
    [InlineData(2, 0, StabilityTheorem.None)]
    [InlineData(0, 0.9, StabilityTheorem.None)]
    [InlineData(-1, 0.9, StabilityTheorem.None)]
    public void One_pair_is_certified_by_Theorems_5_1_and_5_2(double wr, double z, StabilityTheorem theorem)
    {
        var circuit = new Circuit([z], [0.5], [0.5], [0.1], [2], [2], [1], [wr]);
        var certificate = StabilityCertificate.Of(circuit);
        Assert.Equal(theorem, certificate.Theorem);
        // Without weight no branch of Theorem 5.2.
        if (wr > 1) Assert.False(StabilityCertificate.Of(new([z], [0.5], [0.5], [0.1], [2], [2], [0], [wr])).IsCertified && 0.05 < 1 - 1 / wr);
        if (!certificate.IsCertified) return;
        var point = SteadyState.StableOf(circuit);
        var rate = 1 - wr + wr * Math.Sqrt(point.A[0]);
        Assert.InRange(certificate.Margin, 0, rate * (1 + 1e-12));
        if (theorem == StabilityTheorem.SinglePairExpansive) Assert.Equal(rate, certificate.Margin, 1e-9 * rate);
    }

    [Fact]
    public void The_margin_of_one_pair_is_a_lower_bound_to_the_last_digit()
    {
        var random = new Random(6);
        for (var i = 0; i < 300; i++)
        {
            // Without drive √a is b0·σ itself, where that is above θ.
            var (wr, b0, sigma) = i == 0 ? (1.127534512869711, 1.4954350870919408, 0.9494910647887381) : (1 + random.NextDouble(), 0.8 + random.NextDouble(), 0.8 + random.NextDouble());
            var certificate = StabilityCertificate.Of(new([0], [1], [b0], [sigma], [1], [1], [1], [wr]));
            if (!certificate.IsCertified) continue;
            var rate = (Precise)1 - wr + (Precise)wr * b0 * sigma;
            Assert.False(rate < certificate.Margin, $"wr = {wr:R}, b0 = {b0:R}, σ = {sigma:R}: {certificate.Margin:R}");
            Assert.Equal((double)rate, certificate.Margin, 1e-14 * wr);
        }
    }

    [Fact]
    public void A_certificate_is_one_circuits_own()
    {
        var certificate = StabilityCertificate.Of(Sample.Draw(1, 3, 0));
        Assert.False(certificate.Verify(Sample.Draw(2, 3, 0)));
        Assert.False((certificate with { Margin = 2 * certificate.Margin }).Verify(Sample.Draw(1, 3, 0)));
        Assert.Throws<InvalidDataException>(() => StabilityCertificate.Parse("{}"));
        Assert.Throws<ArgumentNullException>(() => StabilityCertificate.Of(null!));
        Assert.Throws<ArgumentNullException>(() => StabilityCertificate.OfFamily(null!, 1));
        Assert.Throws<ArgumentNullException>(() => certificate.IsOf(null!));
        Assert.Equal("json", Assert.Throws<ArgumentNullException>(() => StabilityCertificate.Parse(null!)).ParamName);
    }

    [Fact]
    public void A_family_has_the_margin_of_its_worst_drive()
    {
        // a ≤ c + 4·max w: of ‖g‖ ≤ 2, all on the column of the largest weight of each row.
        double[] w = [0, 3, 0.5, 1], b0 = [0.5, 2], sigma = [0.2, 0.1], ones = [1, 1];
        var certificate = StabilityCertificate.OfFamily(new([0, 0], ones, b0, sigma, ones, ones, w, [1, 0, 0, 1]), 2);
        Assert.Equal((StabilityTheorem.IdentityRecurrence, 2.0), (certificate.Theorem, certificate.LargestDrive));
        Assert.Equal(0.01 / (0.01 + 12), certificate.Margin, 1e-15);
        Assert.Contains("all time constants", certificate.Conclusion);
        // It covers every member and no other drive, and outlives the way through text.
        var random = new Random(1);
        for (var k = 0; k < 200; k++)
        {
            var angle = 2 * Math.PI * random.NextDouble();
            double[] z = [2 * Math.Cos(angle), 2 * Math.Sin(angle)], tau = [Math.Pow(10, 4 * random.NextDouble() - 2), 1];
            var member = new Circuit(z, ones, b0, sigma, tau, ones, w, [1, 0, 0, 1]);
            Assert.True(StabilityReport.Of(member).IsStable);
            Assert.InRange(StabilityCertificate.Of(member).Margin, certificate.Margin, 1);
        }
        Assert.True(certificate.Attraction!.Factor > 1 && !certificate.Attraction.IsGlobal);
        var again = StabilityCertificate.Parse(certificate.ToJson());
        Assert.Equal(certificate.ToJson(), again.ToJson());
        Assert.Equal(certificate.Attraction, again.Attraction);
        // One of before says nothing of attraction, and is no less true.
        Assert.True((again with { Attraction = null }).Verify(new([0, 0], ones, b0, sigma, ones, ones, w, [1, 0, 0, 1])));
        Assert.True(again.Verify(new([0, 0], ones, b0, sigma, ones, ones, w, [1, 0, 0, 1])));
        Assert.False((again with { LargestDrive = 3 }).Verify(new([0, 0], ones, b0, sigma, ones, ones, w, [1, 0, 0, 1])));
        Assert.False(again.Verify(new([0, 0], ones, b0, sigma, ones, ones, [0, 3, 0.5, 1.01], [1, 0, 0, 1])));
    }

    [Fact]
    public void A_family_of_other_recurrence_is_not_certified_and_that_too_is_its_own()
    {
        double[] ones = [1, 1];
        var circuit = new Circuit([0, 0], ones, ones, ones, ones, ones, [1, 1, 1, 1], [0.5, 0, 0, 0.5]);
        var certificate = StabilityCertificate.OfFamily(circuit, 1);
        Assert.False(certificate.IsCertified || certificate.Verify(circuit));
        Assert.StartsWith("Not certified", certificate.Conclusion);
        Assert.True(certificate.IsOf(circuit));
        Assert.False(certificate.IsOf(new([0, 0], ones, ones, ones, ones, ones, [1, 1, 1, 1], [0.6, 0, 0, 0.5])));
        Assert.Contains("give a finite number of 0 or more", Assert.Throws<ArgumentOutOfRangeException>(() => StabilityCertificate.OfFamily(circuit, -1)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => StabilityCertificate.OfFamily(circuit, double.PositiveInfinity));
        Assert.Equal(0, StabilityCertificate.OfFamily(circuit, 0).LargestDrive);
        Assert.Throws<ArgumentOutOfRangeException>(() => StabilityCertificate.OfFamily(circuit, double.NaN));
    }

    /// <summary>One certificate of every kind.</summary>
    static IEnumerable<StabilityCertificate> Spoken()
    {
        double[] ones = [1, 1], identity = [1, 0, 0, 1];
        static Circuit Pair(double wr, double z, double sigma) => new([z], [0.5], [0.5], [sigma], [2], [2], [1], [wr]);
        var two = new Circuit([0.5, 0.25], ones, [0.5, 2], [1, 0.5], [3, 4], [0.75, 1], [0.5, 0.25, 0.125, 1], identity);
        yield return StabilityCertificate.Of(two);
        yield return StabilityCertificate.OfFamily(two, 2);
        // (b0·σ)² beside a pool of 1e300.
        yield return StabilityCertificate.Of(new([1e150, 0], ones, ones, [1e-150, 1], ones, ones, [1e10, 1, 1, 1], identity));
        var other = new Circuit([0.5, 0.25], ones, ones, ones, ones, ones, [1, 1, 1, 1], [0.5, 0.25, -0.875, 0.5]);
        yield return StabilityCertificate.Of(other);
        yield return StabilityCertificate.OfFamily(other, 2);
        yield return StabilityCertificate.Of(Pair(-2, 1, 0.5));
        yield return StabilityCertificate.Of(Pair(0.5, 1, 0.5));
        yield return StabilityCertificate.Of(Pair(2, 1, 0.5));
        yield return StabilityCertificate.Of(Pair(2, 0, 0.5));
        yield return StabilityCertificate.Of(Pair(2, 0, 4));
    }

    [Fact]
    public void A_certificate_says_what_was_asked_and_what_follows()
    {
        var said = Spoken().SelectMany(c => (string[])[c.ToString(), .. c.Hypotheses.Select(h => FormattableString.Invariant($"- {h.Statement}: {h.Holds}, {h.Margin:G4}"))]);
        Assert.Equal(
            """
            The fixed point is unique, and every eigenvalue of its Jacobian has a negative real part (Theorems 4.1–4.3). Margin 0.64.
            - Wr is the identity: True, ∞
            - no entry of W is negative: True, 0.125
            - b, b0, σ, τ_y and τ_a are positive: True, 0.5
            - ρ(M⁻¹N) ≤ max (1 − c/a) < 1: True, 0.64
            For every drive with ‖b⊙z‖ ≤ 2 and all time constants, the fixed point is unique, and every eigenvalue of its Jacobian has a negative real part (Theorems 4.1–4.3). Margin 0.111. With its time constants a start whose y and a are each within a factor FACTOR of it, units without drive being silent, returns.
            - Wr is the identity: True, ∞
            - no entry of W is negative: True, 0.125
            - b0 and σ are positive: True, 0.5
            - ρ(M⁻¹N) ≤ max (1 − c/a) < 1: True, 0.1111
            Not certified: (b0·σ)² is lost to rounding beside the normalization pool; scale the parameters nearer to one another.
            - Wr is the identity: True, ∞
            - no entry of W is negative: True, 1
            - b, b0, σ, τ_y and τ_a are positive: True, 1E-150
            - ρ(M⁻¹N) ≤ max (1 − c/a) < 1: False, 0
            Not certified: no theorem covers this recurrence (that a largest singular value of 1 suffices is a conjecture, and false as worded); the eigenvalues at a fixed point decide about that point alone.
            - Wr is the identity (Theorems 4.1–4.3): False, -0.875
            - there is one pair, with wr > 0 (Theorems 5.1, 5.2): False, -1
            Not certified: c > 0 and W ≥ 0 hold, so that I − W·D(y²) is a nonsingular M-matrix at every fixed point, but no theorem covers this recurrence (that a largest singular value of 1 suffices is a conjecture, and false as worded); the eigenvalues at a fixed point decide about that point alone.
            - Wr is the identity (Theorems 4.1–4.3): False, -0.875
            Not certified: no theorem covers this recurrence (that a largest singular value of 1 suffices is a conjecture, and false as worded); the eigenvalues at a fixed point decide about that point alone.
            - Wr is the identity (Theorems 4.1–4.3): False, -3
            - there is one pair, with wr > 0 (Theorems 5.1, 5.2): False, -2
            The fixed point is unique, and both eigenvalues of its Jacobian have negative real parts (Theorem 5.1). Margin 0.625.
            - there is one pair: True, ∞
            - wr > 0: True, 0.5
            - wr ≤ 1: True, 0.5
            Exactly one fixed point has y of the sign of z and √a > θ, and both eigenvalues of its Jacobian have negative real parts (Theorem 5.2); others may exist. Margin 0.529.
            - there is one pair: True, ∞
            - wr > 1: True, 1
            - z ≠ 0 and w > 0, or b0·σ > θ = 1 − 1/wr: True, 1
            Not certified: without drive and with b0·σ at or below θ the branch of Theorem 5.2 does not exist.
            - there is one pair: True, ∞
            - wr > 1: True, 1
            - z ≠ 0 and w > 0, or b0·σ > θ = 1 − 1/wr: False, 0
            Exactly one fixed point has y of the sign of z and √a > θ, and both eigenvalues of its Jacobian have negative real parts (Theorem 5.2); there is no other. Margin 3.
            - there is one pair: True, ∞
            - wr > 1: True, 1
            - z ≠ 0 and w > 0, or b0·σ > θ = 1 − 1/wr: True, 1.5
            """.Replace("FACTOR", $"{Math.Floor(Math.BitDecrement(Spoken().ElementAt(1).Attraction!.Factor * 1e6)) / 1e6}", StringComparison.Ordinal),
            string.Join('\n', said).Replace("Infinity", "∞", StringComparison.Ordinal));
        // 1 − ρ by min c/a: (1/2)²/((1/2)² + (1/2)³ + 1/64) beside that of the other, 1/(1 + 1/32 + 1/16); of the family (1/2)²/((1/2)² + 4/2).
        Assert.Equal([0.64, 1.0 / 9], Spoken().Take(2).Select(c => c.Margin), (x, y) => Math.Abs(x - y) < 2e-15);
        Assert.All(Spoken(), c => Assert.Equal(c.ToJson(), StabilityCertificate.Parse(c.ToJson()).ToJson()));
    }

    [Fact]
    public void A_certificate_as_text_is_JSON_of_five_keys_to_seven()
        => Assert.Equal(
            """{"theorem":"None","hypotheses":[{"statement":"x","holds":true},{"statement":"y","holds":false,"margin":-0.5}],"margin":0.25,"conclusion":"z","circuit_sha256":"0f","largest_drive":2,"attraction":{"global":false,"margin":-0.5,"factor":1.25}}""",
            new StabilityCertificate(StabilityTheorem.None, [new("x", true, double.PositiveInfinity), new("y", false, -0.5)], 0.25, "z", "0f", 2, new(false, -0.5, 1.25)).ToJson());

    public static TheoryData<string, Func<StabilityCertificate, StabilityCertificate>> Forgeries => new()
    {
        { "theorem", c => c with { Theorem = StabilityTheorem.SinglePairContractive } },
        { "theorem of no name", c => c with { Theorem = (StabilityTheorem)7 } },
        { "hypotheses", c => c with { Hypotheses = [] } },
        { "a hypothesis", c => c with { Hypotheses = [c.Hypotheses[0] with { Margin = 1 }, .. c.Hypotheses.Skip(1)] } },
        { "a statement", c => c with { Hypotheses = [c.Hypotheses[0] with { Statement = "\u001b[31m" }, .. c.Hypotheses.Skip(1)] } },
        { "smaller margin", c => c with { Margin = -5 } },
        { "larger margin", c => c with { Margin = Math.BitIncrement(c.Margin) } },
        { "conclusion", c => c with { Conclusion = c.Conclusion + " \u001b[2J" } },
        { "hash", c => c with { Circuit = c.Circuit.ToUpperInvariant() } },
        { "drive", c => c with { LargestDrive = (c.LargestDrive ?? 0) + 1 } },
        { "attraction", c => c with { Attraction = new(true, 9, 9) } },
        { "negative drive", c => c with { LargestDrive = -1 } },
    };

    [Theory]
    [MemberData(nameof(Forgeries))]
    public void A_certificate_of_which_anything_was_changed_is_not_of_the_circuit(string what, Func<StabilityCertificate, StabilityCertificate> forge)
    {
        double[] ones = [1, 1];
        foreach (var wr in (double[])[1, 0.5])
        {
            var circuit = new Circuit([0.5, 0], ones, ones, ones, ones, ones, [1, 0.5, 0.5, 1], [wr, 0, 0, wr]);
            foreach (var certificate in (StabilityCertificate[])[StabilityCertificate.Of(circuit), StabilityCertificate.OfFamily(circuit, 2)])
            {
                Assert.True(certificate.IsOf(circuit), what);
                Assert.True(StabilityCertificate.Parse(certificate.ToJson()).IsOf(circuit), what);
                // That nothing is certified is so for every drive.
                if (what != "drive" || certificate.IsCertified) Assert.False(forge(certificate).IsOf(circuit), what);
            }
        }
    }

    [Theory]
    [InlineData("{}", "theorem")]
    [InlineData("[]", "object")]
    [InlineData("""{"theorem":"7","hypotheses":[],"margin":0,"conclusion":"","circuit_sha256":""}""", "theorem")]
    [InlineData("""{"theorem":"99999999999","hypotheses":[],"margin":0,"conclusion":"","circuit_sha256":""}""", "theorem")]
    [InlineData("""{"theorem":"None","hypotheses":{},"margin":0,"conclusion":"","circuit_sha256":""}""", "hypotheses")]
    [InlineData("""{"theorem":"None","hypotheses":[{"statement":"x","holds":1}],"margin":0,"conclusion":"","circuit_sha256":""}""", "holds")]
    [InlineData("""{"theorem":"None","hypotheses":[{"statement":"x"}],"margin":0,"conclusion":"","circuit_sha256":""}""", "\"holds\" is missing")]
    [InlineData("""{"theorem":"None","hypotheses":[{"statement":"x","holds":true,"why":""}],"margin":0,"conclusion":"","circuit_sha256":""}""", "beside statement, holds and margin")]
    [InlineData("""{"theorem":"None","hypotheses":[1],"margin":0,"conclusion":"","circuit_sha256":""}""", "object")]
    [InlineData("""{"theorem":"None","hypotheses":[],"margin":1e999,"conclusion":"","circuit_sha256":""}""", "margin")]
    [InlineData("""{"theorem":"None","hypotheses":[],"margin":0,"conclusion":null,"circuit_sha256":""}""", "conclusion")]
    [InlineData("""{"theorem":"None","hypotheses":[],"margin":0,"conclusion":"\ud800","circuit_sha256":""}""", "Unicode")]
    [InlineData("""{"theorem":"None","hypotheses":[],"margin":0,"conclusion":"","circuit_sha256":"","note":""}""", "beside")]
    [InlineData("""{"theorem":"None","hypotheses":[],"margin":0,"margin":0,"conclusion":"","circuit_sha256":""}""", "doubled")]
    [InlineData("""{"theorem":"None","hypotheses":[],"margin":0,"conclusion":"","circuit_sha256":"","largest_drive":-1}""", "largest_drive")]
    [InlineData("""{"theorem":"None","hypotheses":[],"margin":0,"conclusion":"","circuit_sha256":"","largest_drive":null}""", "largest_drive")]
    [InlineData("""{"theorem":"None","hypotheses":[],"margin":0,"conclusion":"","circuit_sha256":"","attraction":{"global":1,"factor":2}}""", "global")]
    [InlineData("""{"theorem":"None","hypotheses":[],"margin":0,"conclusion":"","circuit_sha256":"","attraction":{"global":true}}""", "factor")]
    [InlineData("""{"theorem":"None","hypotheses":[],"margin":0,"conclusion":"","circuit_sha256":"","attraction":null}""", "object")]
    public void What_is_no_certificate_is_refused_by_the_key(string json, string expected)
        => Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => StabilityCertificate.Parse(json)).Message, StringComparison.Ordinal);
}
