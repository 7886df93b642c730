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
}
