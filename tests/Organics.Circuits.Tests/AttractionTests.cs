namespace Organics.Tests;

public sealed class AttractionTests
{
    static double[] Ones(int n, double value = 1) => [.. Enumerable.Repeat(value, n)];

    static double[] Identity(int n) => [.. Enumerable.Range(0, n * n).Select(k => k % (n + 1) == 0 ? 1.0 : 0)];

    static Circuit Of(double[] z, double[] w, double c, double tauY = 1, double tauA = 1)
        => new(z, Ones(z.Length), Ones(z.Length), Ones(z.Length, Math.Sqrt(c)), Ones(z.Length, tauY), Ones(z.Length, tauA), w, Identity(z.Length));

    static double[] Solved(double[] m, int n)
    {
        var (x, pivots) = (Ones(n), new int[n]);
        Assert.False(Lu.Factor<double>(m, n, pivots).IsSingular);
        Lu.Solve<double>(m, n, pivots, x);
        return x;
    }

    // Two units with the same pool, Q = 2, and the same c: λ and C by hand.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(0.01, 1)]
    [InlineData(0.01, 30)]
    public void The_condition_of_global_stability_is_that_of_the_theory(double c, double tauA)
    {
        const double pool = 2;
        var limit = c;
        for (var k = 0; k < 100_000; k++)
        {
            var lambda = 1 / (1 + 1 / (3 * Math.Sqrt(3) * tauA * Math.Sqrt(limit)));
            limit = c + lambda * lambda * pool;
        }
        var margin = (limit + tauA * Math.Pow(limit, 1.5)) / pool - 1;
        var found = GlobalStability.Of(Of([1, -1], [1, 1, 1, 1], c, 1, tauA));
        Assert.Equal(margin > 0, found.Holds);
        Assert.InRange(found.Margin, margin - 1e-4 * (1 + margin), margin);
        Assert.All(found.C, bound => Assert.InRange(bound, limit * (1 - 1e-4), limit));
        Assert.Equal(found.Holds, found.Conclusion.Contains("attracts every start: the circuit is globally", StringComparison.Ordinal));
    }

    // A cycle of three units is one group; without one of its edges it is three. A silent unit on the way changes no condition of its own.
    [Fact]
    public void Groups_are_the_circles_of_the_pools()
    {
        double[] cycle = [0, 0, 5, 5, 0, 0, 0, 5, 0], chain = [0, 0, 0, 5, 0, 0, 0, 5, 0];
        Assert.False(GlobalStability.Of(Of([0.2, 0.2, 0.2], cycle, 1e-4)).Holds);
        var opened = GlobalStability.Of(Of([0.2, 0.2, 0.2], chain, 1e-4));
        Assert.True(opened.Holds);
        Assert.Equal(double.PositiveInfinity, opened.Margin);
        // What lies before a group is part of its c: 1e-4 + 5·0.04, and the fixed point's a is no less.
        Assert.Equal([1e-4, 0.2 + 1e-4, 0.2 + 1e-4], opened.C, (a, b) => Math.Abs(a - b) < 1e-12);
        // Two in a circle behind one that drives both strongly.
        double[] behind = [0, 0, 0, 9, 1, 1, 9, 1, 1];
        Assert.True(GlobalStability.Of(Of([1, 0.3, 0.3], behind, 1e-6)).Holds);
        behind[3] = behind[6] = 0;
        Assert.False(GlobalStability.Of(Of([1, 0.3, 0.3], behind, 1e-6)).Holds);
        Assert.True(GlobalStability.Of(Of([1, 0, 0], behind, 1e-6)).Holds);
    }

    [Fact]
    public void Of_the_rectified_circuit_units_with_a_negative_drive_count_as_silent()
    {
        var circuit = Of([0.2, -0.2], [0, 5, 5, 0], 1e-4);
        Assert.False(GlobalStability.Of(circuit).Holds);
        Assert.Equal(GlobalStability.Of(Of([0.2, 0], [0, 5, 5, 0], 1e-4)).Margin, GlobalStability.Of(new RectifiedSystem(circuit)).Margin);
        Assert.True(GlobalStability.Of(new RectifiedSystem(circuit)).Holds);
    }

    [Fact]
    public void The_basin_is_the_largest_that_the_least_weights_allow()
    {
        var random = new Random(5);
        for (var trial = 0; trial < 50; trial++)
        {
            var n = 2 + random.Next(5);
            var w = new double[n * n];
            for (var k = 0; k < w.Length; k++) w[k] = random.NextDouble();
            double[] z = [.. Enumerable.Range(0, n).Select(_ => 0.2 + random.NextDouble())];
            var circuit = Of(z, w, 0.2 + random.NextDouble());
            var best = CertifiedBasin.Of(circuit)!;
            Assert.InRange(best.Level, 1 - 1e-9, 1);
            // The weights that doors open with, M⁻ᵀ1, at the same θ: they serve, and certify no more.
            double[] g2 = [.. z.Select(v => v * v)], m = new double[n * n];
            for (var i = 0; i < n; i++)
            {
                var pool = Enumerable.Range(0, n).Sum(j => w[i * n + j] * g2[j]);
                for (var j = 0; j < n; j++) m[j * n + i] = (i == j ? (pool + best.Theta * circuit.C[i]) / g2[i] : 0) - w[i * n + j];
            }
            var plain = CertifiedBasin.Of(circuit, best.Theta, Solved(m, n));
            Assert.NotNull(plain);
            Assert.InRange(plain.Factor, 1, best.Factor * (1 + 1e-6));
            // Smaller weights anywhere lower V_c, or lose the columns' sign.
            var fewer = best.Energy.Weights.ToArray();
            for (var i = 0; i < n; i++) fewer[i] *= i == trial % n ? 0.9 : 1;
            Assert.True(CertifiedBasin.Of(circuit, best.Theta, fewer) is not { } worse || worse.Level <= 0.9 * best.Level * (1 + 1e-9));
        }
    }

    [Fact]
    public void What_is_outside_is_not_claimed()
    {
        var circuit = Of([1, -2, 0], [1, 0.5, 0, 0.5, 1, 0.2, 0.1, 0, 1], 0.5);
        var basin = CertifiedBasin.Of(circuit)!;
        var point = SteadyState.Of(circuit);
        double[] y = point.Y, a = point.A;
        Assert.True(basin.Contains(y, a));
        // A silent unit's a is free, its y is not.
        Assert.True(basin.Contains(y, [a[0], a[1], 1e6]));
        Assert.False(basin.Contains([y[0], y[1], 1e-300], a));
        Assert.False(basin.Contains([-y[0], y[1], 0], a));
        Assert.False(basin.Contains([double.NaN, y[1], 0], a));
        Assert.False(basin.Contains(y, [a[0], 0, a[2]]));
        Assert.False(basin.Contains(y, [a[0], double.NaN, a[2]]));
        Assert.False(basin.Contains([y[0], basin.LargestY[1] * -1, 0], a));
        Assert.InRange(basin.Contrasts.Least, 0.01, 1 - 1e-6);
        Assert.InRange(basin.Contrasts.Most, 1 + 1e-6, 100);
        Assert.Null(CertifiedBasin.Of(Of([0, 0], [1, 1, 1, 1], 1)));
        Assert.Throws<ArgumentException>(() => basin.Contains([1], [1]));
    }

    [Fact]
    public void Only_identity_recurrence_has_them()
    {
        var other = new Circuit([1], [1], [1], [1], [1], [1], [1], [0.5]);
        Assert.Contains("Wr = I", Assert.Throws<ArgumentException>(() => CertifiedBasin.Of(other)).Message, StringComparison.Ordinal);
        Assert.Contains("Wr = I", Assert.Throws<ArgumentException>(() => GlobalStability.Of(other)).Message, StringComparison.Ordinal);
        Assert.Contains("Wr = I", Assert.Throws<ArgumentException>(() => new NormalizationEnergy(other, [1])).Message, StringComparison.Ordinal);
        var circuit = Of([1, 0], [1, 1, 1, 1], 1);
        Assert.Contains("q[0]", Assert.Throws<ArgumentException>(() => new NormalizationEnergy(circuit, [0, 1])).Message, StringComparison.Ordinal);
        Assert.Equal(2, new NormalizationEnergy(circuit, [2, double.NaN]).Weights[0]);
        Assert.True(double.IsNaN(new NormalizationEnergy(circuit, [2, 1]).Rate([-1, 0], [1, 1])));
    }

    // The bounds for every drive at once against the ones of many drives.
    [Fact]
    public void A_family_claims_no_more_than_any_of_its_circuits()
    {
        var random = new Random(3);
        var (globals, factors) = (0, 0);
        for (var trial = 0; trial < 40; trial++)
        {
            var (n, drive) = (1 + random.Next(4), 0.5 + random.NextDouble());
            var w = new double[n * n];
            for (var k = 0; k < w.Length; k++) w[k] = random.NextDouble();
            var family = Of(Ones(n, 0), w, 0.1 + 2 * random.NextDouble());
            var attraction = StabilityCertificate.OfFamily(family, drive).Attraction!;
            globals += attraction.IsGlobal ? 1 : 0;
            factors += attraction.Factor > 1 ? 1 : 0;
            for (var k = 0; k < 20; k++)
            {
                double[] z = [.. Enumerable.Range(0, n).Select(_ => random.NextDouble() - 0.5)];
                var length = (k < 10 ? 1 : random.NextDouble()) * drive / Math.Sqrt(z.Sum(v => v * v)) * (1 - 1e-12);
                var circuit = Of([.. z.Select(v => v * length)], w, family.C[0]);
                if (attraction.IsGlobal) Assert.True(GlobalStability.Of(circuit).Margin >= attraction.Margin - 1e-12);
                Assert.InRange(attraction.Factor, 1, CertifiedBasin.Of(circuit)!.Factor);
            }
        }
        Assert.InRange(globals, 5, 35);
        Assert.Equal(40, factors);
    }

    [Fact]
    public void Where_nothing_is_to_be_compared_the_margin_is_infinite()
    {
        void Unconditional(double[] w, double drive)
        {
            var n = (int)Math.Sqrt(w.Length);
            var attraction = StabilityCertificate.OfFamily(Of(Ones(n, 0), w, 1e-3), drive).Attraction!;
            Assert.Equal((true, double.PositiveInfinity), (attraction.IsGlobal, attraction.Margin));
        }
        Unconditional([0], 1);
        Unconditional([5], 1);
        Unconditional([0, 0, 5, 5], 1);
        Unconditional([0, 0, 0, 0], 1);
        Unconditional([5, 5, 5, 5], 0);
        Assert.False(StabilityCertificate.OfFamily(Of([0, 0], [5, 5, 5, 5], 1e-3), 1).Attraction!.IsGlobal);
        Assert.Equal(0, GlobalStability.Of(Of([1, 1], [0, 0, 0, 0], 1)).Iterations);
        // A drive whose square is lost holds the condition by far.
        Assert.True(GlobalStability.Of(Of([1e-170, 1e-170], [1, 1, 1, 1], 1)).Holds);
    }

    [Fact]
    public void Numbers_beyond_double_make_no_claim()
    {
        var smallest = new Circuit([1, 1], [1, 1], [1.6e-81, 1], [1.6e-81, 1], [1, 1], [1, 1], [1, 1, 1, 1], Identity(2));
        Assert.All(GlobalStability.Of(smallest).C, c => Assert.True(c >= 0));
        var huge = new Circuit([1, 1], [1e150, 1e150], [1, 1], [1, 1], [1, 1], [1, 1], [1e100, 1, 1, 1e100], Identity(2));
        Assert.False(GlobalStability.Of(huge).Holds);
        Assert.Null(CertifiedBasin.Of(huge));
        Assert.False(StabilityCertificate.OfFamily(huge, 1e300).Attraction is { IsGlobal: true });
        var tiny = new Circuit([1e-200, 1], [1e-200, 1], [1, 1], [1, 1], [1, 1], [1, 1], [1, 1, 1, 1], Identity(2));
        Assert.Null(CertifiedBasin.Of(tiny));
    }
}
