namespace Organics.Tests;

public sealed class BifurcationSurveyTests
{
    static Circuit One(double z, double wr, double tauA = 1) => new([z], [1], [1], [0.1], [1], [tauA], [1], [wr]);

    /// <summary>Of one pair all fixed points are known: a survey finds each of them at values between, and its folds are where their number changes.</summary>
    [Theory]
    [InlineData(3, 1)]
    [InlineData(1.5, 2)]
    [InlineData(2.2, 0.5)]
    public void Branches_of_one_pair_hold_every_fixed_point_that_theory_knows(double wr, double tauA)
    {
        Circuit Family(double z) => One(z, wr, tauA);
        var survey = BifurcationSurvey.Of(Family, -0.5, 0.7, orbits: false);
        Assert.Empty(survey.Notes);
        foreach (var z in (double[])[-0.41, -0.13, 0.09, 0.37, 0.66])
        {
            var known = new PlanarCircuit(wr, 1, 1, 1, 0.1, z, 1, tauA).FixedPoints().Select(p => p.Y).Order().ToArray();
            var found = survey.Branches.SelectMany(b => b.Points.Zip(b.Points.Skip(1)))
                .Where(p => (p.First.Parameter - z) * (p.Second.Parameter - z) < 0)
                .Select(p => p.First.Point.State[0] + (z - p.First.Parameter) / (p.Second.Parameter - p.First.Parameter) * (p.Second.Point.State[0] - p.First.Point.State[0])).Order().ToArray();
            Assert.Equal(known.Length, found.Length);
            for (var k = 0; k < known.Length; k++) Assert.Equal(known[k], found[k], 0.03);
        }
    }

    [Fact]
    public void A_branch_that_crosses_another_is_found_from_the_branch_point()
    {
        // Two pairs alike that suppress one another: the state in which both respond alike loses its stability where two others begin.
        static Circuit Family(double wr) => new([0.3, 0.3], [1, 1], [1, 1], [0.1, 0.1], [1, 1], [1, 1], [1, 0.5, 0.5, 1], [wr, -wr, -wr, wr]);
        var survey = BifurcationSurvey.Of(Family, 0, 3, orbits: false);
        var crossing = survey.Branches.SelectMany(b => b.Bifurcations).First(b => b.Type == BifurcationType.BranchPoint);
        Assert.Equal(crossing.Point.State[0], crossing.Point.State[1], 1e-6);
        Assert.Contains(survey.Branches, b => b.Points.Any(p => Math.Abs(p.Point.State[0] - p.Point.State[1]) > 0.1));
        // Each once: at a value beyond, no fixed point is on two branches.
        var value = Math.Min(crossing.Parameter + 0.2, 2.99);
        var at = survey.Branches.SelectMany(b => b.Points.Zip(b.Points.Skip(1))).Where(p => (p.First.Parameter - value) * (p.Second.Parameter - value) < 0).Select(p => p.First.Point.State[0]).Order().ToArray();
        for (var k = 1; k < at.Length; k++) Assert.True(at[k] - at[k - 1] > 1e-3);
    }

    [Fact]
    public void Cycles_from_a_Hopf_point_are_followed_once_and_agree_with_a_course()
    {
        static Circuit Family(double z) => new([z, z], [1, 1], [1, 1], [0.1, 0.1], [1, 1], [3, 3], [1, 0.5, 0.5, 1], [1.5, -1, 1, 1.5]);
        var survey = BifurcationSurvey.Of(Family, 0.001, 2);
        Assert.Single(survey.Branches.SelectMany(b => b.Bifurcations), b => b.Type == BifurcationType.Hopf);
        var cycles = Assert.Single(survey.Orbits);
        var stable = cycles.Points.Last(p => p.Orbit.IsStable);
        var course = Ode.Integrate(new CircuitSystem(Family(stable.Parameter)), RungeKutta.DormandPrince, [0.5, 0.1, 0.5, 0.5], 0, 3000,
            new() { RelativeTolerance = 1e-9, AbsoluteTolerance = 1e-12, LimitCycleTolerance = 1e-5 });
        Assert.Equal(stable.Orbit.Period, course.Period, 1e-3);
    }

    /// <summary>Of many pairs random starts may miss the one fixed point that the circuit rests at: it is among the beginnings all the same.</summary>
    [Fact]
    public void The_stable_fixed_point_of_a_circuit_is_on_a_branch()
    {
        var ring = CircuitFile.Describe("""
            { "n": 36, "z": { "gaussian": { "center": 18, "width": 4, "height": 1, "circular": true } }, "b": 0.5, "b0": 0.5, "sigma": 0.1, "tauY": 2,
              "tauA": 4, "W": { "gaussian": { "width": 6, "sum": 1, "circular": true } }, "Wr": 1.3 }
            """);
        Circuit Family(double scale) => ring.With("z.scale", scale).Build();
        var survey = BifurcationSurvey.Of(Family, 1.9, 2, orbits: false, steps: 20);
        foreach (var end in (double[])[1.9, 2])
        {
            var stable = SteadyState.StableOf(Family(end));
            Assert.True(StabilityReport.Of(Family(end), stable).IsStable);
            Assert.Contains(survey.Branches.SelectMany(b => b.Points), p => p.Parameter == end && p.Point.IsStable
                && p.Point.State.Zip([.. stable.Y, .. stable.A]).All(s => Math.Abs(s.First - s.Second) < 1e-6));
        }
    }

    static readonly (string Name, Func<double, Circuit> Family, double From, double To)[] Families =
    [
        ("folds of one pair", z => One(z, 3), -0.5, 0.7),
        ("a pitchfork", wr => new([0.3, 0.3], [1, 1], [1, 1], [0.1, 0.1], [1, 1], [1, 1], [1, 0.5, 0.5, 1], [wr, -wr, -wr, wr]), 0, 3),
        ("folds, a Hopf point and cycles", z => new([z, z], [1, 1], [1, 1], [0.1, 0.1], [1, 1], [3, 3], [1, 0.5, 0.5, 1], [1.5, -1, 1, 1.5]), 0.001, 2),
        ("a unit in no pool", z => new([z, 0.1], [1, 1], [1, 1], [0.1, 0.1], [1, 1], [3, 3], [1, 0, 0.5, 0], [2, 0.3, 0.2, 0.5]), -0.6, 0.7),
    ];

    // y → D(α)y, z → D(α)z, W → W·D(1/α²), Wr → D(α)·Wr·D(1/α): a, and all that happens, stay as they were.
    static Circuit InOtherUnits(Circuit c, double[] alpha) => new(
        [.. c.Z.ToArray().Zip(alpha, (z, s) => z * s)], c.B, c.B0, c.Sigma, c.TauY, c.TauA,
        [.. c.W.ToArray().Select((w, k) => w / alpha[k % c.N] / alpha[k % c.N])], [.. c.Wr.ToArray().Select((w, k) => w * alpha[k / c.N] / alpha[k % c.N])]);

    /// <summary>Units are the caller's: y, z and W may be of any size, and what a survey finds is the same.</summary>
    [Theory]
    [InlineData(1e-8, 1e-8)]
    [InlineData(1e-3, 1e-3)]
    [InlineData(0.3, 0.3)]
    [InlineData(700, 700)]
    [InlineData(1e4, 1e4)]
    [InlineData(1e9, 1e9)]
    [InlineData(1e-6, 1e5)]
    [InlineData(30, 0.002)]
    public void A_circuit_in_other_units_has_the_same_branches(double first, double second)
    {
        foreach (var (name, family, from, to) in Families)
        {
            var n = family(from).N;
            // A unit that normalizes no other is measured as they are.
            if (first != second && family(from).W.ToArray().Where((_, k) => k % n == n - 1).All(w => w == 0)) continue;
            double[] alpha = n == 1 ? [first] : [first, second];
            var expected = BifurcationSurvey.Of(family, from, to);
            var found = BifurcationSurvey.Of(v => InOtherUnits(family(v), alpha), from, to);
            Assert.True(expected.Branches.Count == found.Branches.Count, name);
            Assert.Equal(expected.Notes.Count, found.Notes.Count);
            foreach (var (e, f) in Sorted(expected, [1, 1]).Zip(Sorted(found, alpha)))
            {
                Assert.Equal(e.End, f.End);
                Assert.Equal(Events(e).Select(b => b.Type), Events(f).Select(b => b.Type));
                foreach (var (p, q) in Events(e).Zip(Events(f)))
                {
                    Assert.Equal(p.Parameter, q.Parameter, 1e-7);
                    // Where one branch turns on the other, derivatives tell how they cross or do not, by rounding.
                    if (p.Crossing != CrossingType.Multiple && q.Crossing != CrossingType.Multiple) Assert.Equal(p.Crossing, q.Crossing);
                    Assert.Equal(p.Frequency, q.Frequency, 1e-6);
                    Assert.Equal((p.LyapunovCoefficient < 0, p.LyapunovCoefficient > 0), (q.LyapunovCoefficient < 0, q.LyapunovCoefficient > 0));
                    for (var i = 0; i < n; i++)
                    {
                        Assert.Equal(p.Point.State[i], q.Point.State[i] / alpha[i], 1e-5);
                        Assert.Equal(Math.Log(p.Point.State[n + i]), Math.Log(q.Point.State[n + i]), 1e-5);
                    }
                }
            }
            Assert.Equal(expected.Orbits.Count, found.Orbits.Count);
            foreach (var (e, f) in expected.Orbits.Zip(found.Orbits))
            {
                Assert.Equal(e.End, f.End);
                Assert.Equal(e.Points[1].Orbit.Period, f.Points[1].Orbit.Period, 0.01 * e.Points[1].Orbit.Period);
                Assert.Equal(e.Bifurcations.Select(b => b.Type), f.Bifurcations.Select(b => b.Type));
            }
        }

        // A branch that a pitchfork sends off turns on it, or so near that rounding decides.
        static IEnumerable<Bifurcation> Events(Branch branch) => branch.Bifurcations.Where(b => b.Type != BifurcationType.Fold
            || !branch.Bifurcations.Any(c => c.Type == BifurcationType.BranchPoint && Math.Abs(c.Parameter - b.Parameter) < 1e-8));

        // By where they begin and end.
        static IEnumerable<Branch> Sorted(BifurcationSurvey survey, double[] alpha) => survey.Branches
            .OrderBy(b => b.Points[0].Parameter).ThenBy(b => Math.Round(b.Points[0].Point.State[0] / alpha[0], 4))
            .ThenBy(b => Math.Round(b.Points[^1].Point.State[0] / alpha[0], 4));
    }
}
