namespace Organics.Tests;

public sealed class PeriodicOrbitsTests
{
    // ṙ = r(μ + 2r² − r⁴)·k, θ̇ = ω: orbits r² = 1 ± √(1 + μ), a subcritical Hopf point at 0 and a fold of cycles at μ = −1.
    static OdeProblem Bautin(double mu, double k = 0.5, double omega = 2) => new(2,
        (_, s, f) =>
        {
            var r2 = s[0] * s[0] + s[1] * s[1];
            var growth = k * (mu + 2 * r2 - r2 * r2);
            (f[0], f[1]) = (growth * s[0] - omega * s[1], omega * s[0] + growth * s[1]);
        },
        (_, s, j) =>
        {
            var r2 = s[0] * s[0] + s[1] * s[1];
            var (growth, slope) = (k * (mu + 2 * r2 - r2 * r2), 4 * k * (1 - r2));
            (j[0], j[1], j[2], j[3]) = (growth + slope * s[0] * s[0], slope * s[0] * s[1] - omega, omega + slope * s[0] * s[1], growth + slope * s[1] * s[1]);
        }, isAutonomous: true);

    [Theory]
    [InlineData(-0.75, 1.5, true)]
    [InlineData(-0.75, 0.5, false)]
    [InlineData(0.44, 2.2, true)]
    public void A_circle_has_the_period_and_multiplier_of_the_closed_form(double mu, double square, bool isStable)
    {
        var r = Math.Sqrt(square);
        var orbit = PeriodicOrbits.Near(Bautin(mu), [1.05 * r, 0.02], 3.0)!;
        Assert.Equal(Math.PI, orbit.Period, 1e-8);
        Assert.Equal(square, orbit.State[0] * orbit.State[0] + orbit.State[1] * orbit.State[1], 1e-7);
        // d(ṙ)/dr = k(μ + 6r² − 5r⁴) = k(4r² − 4r⁴) on the orbit.
        var multiplier = Math.Exp(0.5 * (4 * square - 4 * square * square) * Math.PI);
        Assert.Equal(isStable ? 1 : multiplier, orbit.Multipliers[0].Real, 1e-6 * Math.Max(1, multiplier));
        Assert.Equal(isStable ? multiplier : 1, orbit.Multipliers[1].Real, 1e-6);
        Assert.Equal(isStable, orbit.IsStable);
        Assert.NotEqual(StabilityVerdict.Undecided, orbit.Verdict);
        foreach (var i in (int[])[0, 1])
        {
            Assert.Equal(-r, orbit.Low[i], 1e-8);
            Assert.Equal(r, orbit.High[i], 1e-8);
        }
    }

    [Fact]
    public void From_a_subcritical_Hopf_point_the_branch_turns_at_the_fold_of_cycles()
    {
        IOdeSystem Family(double mu) => Bautin(mu);
        var still = Continuation.Follow(Family, -2, 0.5, Equilibria.Near(EquilibriumEquations.Of(Family(-2)), [0, 0])!);
        var hopf = Assert.Single(still.Bifurcations);
        Assert.True(hopf.LyapunovCoefficient > 0);
        var branch = PeriodicOrbits.FromHopf(Family, -2, 0.5, hopf);
        Assert.True(branch.ReachedEnd);
        Assert.Equal(0.5, branch.Points[^1].Parameter, 1e-12);
        var fold = Assert.Single(branch.Bifurcations);
        Assert.Equal(OrbitBifurcationType.Fold, fold.Type);
        Assert.Equal(-1, fold.Parameter, 1e-6);
        Assert.Equal(StabilityVerdict.Undecided, fold.Orbit.Verdict);
        foreach (var (mu, orbit) in branch.Points)
        {
            var square = orbit.State[0] * orbit.State[0] + orbit.State[1] * orbit.State[1];
            Assert.Equal(mu, square * square - 2 * square, 1e-6);
            if (Math.Abs(square - 1) > 1e-2) Assert.Equal(square > 1 ? StabilityVerdict.Stable : StabilityVerdict.Unstable, orbit.Verdict);
        }
    }

    [Fact]
    public void Van_der_Pol_has_its_published_period_and_its_multiplier_is_that_of_Abel_and_Liouville()
    {
        var system = TensorSystems.VanDerPol(1);
        var course = Ode.Integrate(system, RungeKutta.DormandPrince, [2, 0], 0, 200, new() { LimitCycleTolerance = 1e-3, RelativeTolerance = 1e-8 });
        Assert.Equal(OdeStatus.LimitCycle, course.Status);
        var orbit = PeriodicOrbits.Near(system, course.EndState, course.Period)!;
        // T = 6.6632868593231 (D. Viswanath, SIAM Review 43, 2001).
        Assert.Equal(6.6632868593231, orbit.Period, 1e-8);
        Assert.Equal(2.00861986087484, orbit.High[0], 1e-8);
        Assert.Equal(-orbit.High[0], orbit.Low[0], 1e-8);
        Assert.Equal(-orbit.High[1], orbit.Low[1], 1e-8);
        Assert.True(orbit.IsStable);
        // det Φ(T) = exp ∫ tr J.
        var integral = Ode.Integrate(OdeFunction.Of(3, s =>
        {
            var p = TensorSystems.Parts(s);
            return TensorSystems.Join(p[1], (1 - p[0] * p[0]) * p[1] - p[0], 1 - p[0] * p[0]);
        }), RungeKutta.DormandPrince, [.. orbit.State, 0], 0, orbit.Period, new() { RelativeTolerance = 1e-11 }).EndState[2];
        Assert.Equal(Math.Exp(integral), orbit.Multipliers[1].Real, 1e-7);
    }

    [Fact]
    public void Rossler_doubles_its_period_where_it_is_known_to()
    {
        // a = b = 0.2: the first doubling of the simple loop lies at c = 2.832 (Seydel; Barrio, Blesa & Serrano, Physica D 238, 2009).
        IOdeSystem Family(double c) => new OdeProblem(3,
            (_, s, f) => (f[0], f[1], f[2]) = (-s[1] - s[2], s[0] + 0.2 * s[1], 0.2 + s[2] * (s[0] - c)),
            (_, s, j) => ((double[])[0, -1, -1, 1, 0.2, 0, s[2], 0, s[0] - c]).CopyTo(j), isAutonomous: true);
        var course = Ode.Integrate(Family(2.5), RungeKutta.DormandPrince, [2, -3, 0.1], 0, 1000, new() { LimitCycleTolerance = 1e-3, RelativeTolerance = 1e-8 });
        Assert.Equal(OdeStatus.LimitCycle, course.Status);
        var start = PeriodicOrbits.Near(Family(2.5), course.EndState, course.Period)!;
        var branch = PeriodicOrbits.Follow(Family, 2.5, 3, start);
        Assert.True(branch.ReachedEnd);
        var doubling = Assert.Single(branch.Bifurcations);
        Assert.Equal(OrbitBifurcationType.PeriodDoubling, doubling.Type);
        Assert.Equal(2.832, doubling.Parameter, 1e-2);
        Assert.Equal(-1, doubling.Orbit.Multipliers.Min(m => m.Real), 1e-3);
        Assert.Equal(StabilityVerdict.Undecided, doubling.Orbit.Verdict);
        Assert.True(branch.Points[0].Orbit.IsStable);
        Assert.Equal(StabilityVerdict.Unstable, branch.Points[^1].Orbit.Verdict);
    }

    [Fact]
    public void What_has_no_orbits_is_refused_or_not_found()
    {
        Assert.Throws<ArgumentException>(() => PeriodicOrbits.Near(TensorSystems.Scalar(x => -x), [1], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => PeriodicOrbits.Near(Bautin(0), [1, 0], 0));
        // A stable focus: nothing but the point.
        Assert.Null(PeriodicOrbits.Near(Bautin(-3), [0.5, 0], Math.PI));
        Assert.Null(PeriodicOrbits.Near(OdeFunction.Of(2, x => Tensor<double>.Stack(1, x[.., 1], -x[.., 0] - 0.2 * x[.., 1])), [1e-3, 0], 2 * Math.PI));
    }

    // A circle of radius 1 and period π, beside ż = ε + μz − z³.
    static OdeProblem Cylinder(double mu, double epsilon) => new(3,
        (_, s, f) =>
        {
            var growth = 1 - s[0] * s[0] - s[1] * s[1];
            (f[0], f[1], f[2]) = (growth * s[0] - 2 * s[1], 2 * s[0] + growth * s[1], epsilon + mu * s[2] - s[2] * s[2] * s[2]);
        },
        (_, s, j) =>
        {
            var growth = 1 - s[0] * s[0] - s[1] * s[1];
            j.Clear();
            (j[0], j[1], j[3], j[4]) = (growth - 2 * s[0] * s[0], -2 - 2 * s[0] * s[1], 2 - 2 * s[0] * s[1], growth - 2 * s[1] * s[1]);
            j[8] = mu - 3 * s[2] * s[2];
        }, isAutonomous: true);

    [Theory]
    [InlineData(-1)]
    [InlineData(-0.9)]
    public void A_pitchfork_of_cycles_is_met_and_one_that_is_none_is_not(double from)
    {
        foreach (var epsilon in (double[])[0, 1e-2, 1e-3, 1e-4])
        {
            var start = PeriodicOrbits.Near(Cylinder(from, epsilon), [1.01, 0, -epsilon / from], 3.1)!;
            var branch = PeriodicOrbits.Follow(mu => Cylinder(mu, epsilon), from, 1, start);
            Assert.True(branch.ReachedEnd);
            var end = branch.Points[^1].Orbit;
            Assert.Equal(epsilon == 0 ? StabilityVerdict.Unstable : StabilityVerdict.Stable, end.Verdict);
            if (epsilon != 0)
            {
                Assert.Empty(branch.Bifurcations);
                Assert.True(end.State[2] > 0.9);
                continue;
            }
            var point = Assert.Single(branch.Bifurcations);
            Assert.Equal(OrbitBifurcationType.BranchPoint, point.Type);
            Assert.Equal(0, point.Parameter, 1e-6);
        }
    }

    [Fact]
    public void Several_turns_are_no_period()
    {
        for (var turns = 1; turns <= 8; turns++) Assert.Equal(6.6632868593231, PeriodicOrbits.Near(TensorSystems.VanDerPol(1), [2, 0], 6.66 * turns)!.Period, 1e-7);
        for (var turns = 1; turns <= 16; turns += 3) Assert.Equal(Math.PI, PeriodicOrbits.Near(Bautin(0.44), [1.48, 0], 3.14 * turns)!.Period, 1e-7);
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(7.1)]
    [InlineData(30.3)]
    [InlineData(100.3)]
    public void A_multiplier_on_the_unit_circle_has_no_verdict_however_fast_it_turns(double nu)
    {
        // A circle of period π, and beside it a centre, whose multipliers are exp(±iνπ).
        var system = new OdeProblem(4,
            (_, s, f) =>
            {
                var growth = 1 - s[0] * s[0] - s[1] * s[1];
                (f[0], f[1], f[2], f[3]) = (growth * s[0] - 2 * s[1], 2 * s[0] + growth * s[1], -nu * s[3], nu * s[2]);
            },
            (_, s, j) =>
            {
                var growth = 1 - s[0] * s[0] - s[1] * s[1];
                j.Clear();
                (j[0], j[1], j[4], j[5]) = (growth - 2 * s[0] * s[0], -2 - 2 * s[0] * s[1], 2 - 2 * s[0] * s[1], growth - 2 * s[1] * s[1]);
                (j[11], j[14]) = (-nu, nu);
            }, isAutonomous: true);
        Assert.Equal(StabilityVerdict.Undecided, PeriodicOrbits.Near(system, [1.01, 0, 0, 0], 3.1)!.Verdict);
    }

    [Fact]
    public void A_branch_of_orbits_ends_where_they_shrink_to_a_point()
    {
        IOdeSystem Family(double mu) => Bautin(mu);
        for (var mu = -0.9; mu < -0.05; mu += 0.05)
        {
            var start = PeriodicOrbits.Near(Bautin(mu), [1.01 * Math.Sqrt(1 - Math.Sqrt(1 + mu)), 0], 3.1)!;
            var branch = PeriodicOrbits.Follow(Family, mu, 0.5, start);
            Assert.Equal(BranchEnd.Point, branch.End);
            Assert.False(branch.ReachedEnd);
            Assert.Empty(branch.Bifurcations);
            Assert.All(branch.Points, p => Assert.True(p.Parameter < 1e-6 && p.Orbit.High[0] - p.Orbit.Low[0] > 1e-6));
            Assert.True(branch.Points[^1].Parameter > -1e-5);
        }
    }

    // εv̇ = w + v − v³/3, ẇ = a − v: van der Pol with a constant force, t in units of the slow time.
    static OdeProblem Forced(double a, double epsilon) => new(2,
        (_, s, f) => (f[0], f[1]) = ((s[1] + s[0] - s[0] * s[0] * s[0] / 3) / epsilon, a - s[0]),
        (_, s, j) => (j[0], j[1], j[2], j[3]) = ((1 - s[0] * s[0]) / epsilon, 1 / epsilon, -1, 0), isAutonomous: true);

    static Bifurcation Hopf(Func<double, IOdeSystem> family, double from, double to, double[] guess)
        => Continuation.Follow(family, from, to, Equilibria.Near(EquilibriumEquations.Of(family(from)), guess)!)
            .Bifurcations.First(b => b.Type == BifurcationType.Hopf);

    static PeriodicOrbit Settled(IOdeSystem system, double[] start)
    {
        var course = Ode.Integrate(system, RungeKutta.DormandPrince, start, 0, 5000, new() { LimitCycleTolerance = 1e-3, RelativeTolerance = 1e-8 });
        Assert.Equal(OdeStatus.LimitCycle, course.Status);
        var orbit = PeriodicOrbits.Near(system, course.EndState, course.Period)!;
        Assert.Equal(course.Period, orbit.Period, 1e-4 * orbit.Period);
        return orbit;
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.05)]
    public void A_branch_goes_through_the_explosion_of_canards_to_relaxation_oscillations(double epsilon)
    {
        IOdeSystem Family(double a) => Forced(a, epsilon);
        var hopf = Hopf(Family, 0.5, 1.5, [0.5, -0.4]);
        Assert.True(hopf.LyapunovCoefficient < 0);
        var branch = PeriodicOrbits.FromHopf(Family, 0, 1.5, hopf);
        Assert.Equal(BranchEnd.Range, branch.End);
        Assert.Empty(branch.Bifurcations);
        Assert.All(branch.Points, p => Assert.True(p.Orbit.IsStable));
        // a = 1 − ε/8 − 3ε²/32 − 173ε³/1024 − O(ε⁴) (Zvonkin & Shubin, Russ. Math. Surv. 39, 1984).
        var explosion = 1 - epsilon / 8 - 3 * epsilon * epsilon / 32 - 173 * Math.Pow(epsilon, 3) / 1024;
        OrbitPoint[] canards = [.. branch.Points.Where(p => p.Orbit.Low[0] is > -1.2 and < 0)];
        Assert.True(canards.Length > 3);
        Assert.All(canards, p => Assert.Equal(explosion, p.Parameter, Math.Pow(epsilon, 4)));
        foreach (var at in (double[])[0.9, 0])
        {
            var near = branch.Points.MinBy(p => Math.Abs(p.Parameter - at))!;
            var settled = Settled(Family(near.Parameter), [2, 0]);
            Assert.Equal(settled.Period, near.Orbit.Period, 1e-6);
            Assert.Equal(settled.High[0], near.Orbit.High[0], 1e-6);
            Assert.Equal(settled.Low[0], near.Orbit.Low[0], 1e-6);
        }
    }

    // v̇ = v − v³/3 − w + I, ẇ = 0.08(v + c − dw).
    static OdeProblem FitzHughNagumo(double current, double c, double d) => new(2,
        (_, s, f) => (f[0], f[1]) = (s[0] - s[0] * s[0] * s[0] / 3 - s[1] + current, 0.08 * (s[0] + c - d * s[1])),
        (_, s, j) => (j[0], j[1], j[2], j[3]) = (1 - s[0] * s[0], -1, 0.08, -0.08 * d), isAutonomous: true);

    [Fact]
    public void Cycles_of_FitzHugh_and_Nagumo_lead_from_one_Hopf_point_to_the_other_over_two_folds()
    {
        static IOdeSystem Family(double current) => FitzHughNagumo(current, 0.7, 0.8);
        var hopf = Hopf(Family, 0, 1, [-1.2, -0.6]);
        var branch = PeriodicOrbits.FromHopf(Family, 0, 2, hopf);
        Assert.Equal(BranchEnd.Point, branch.End);
        // v, w, I and their mirror images about (0, 0.875, 0.875) are alike.
        Assert.Equal(1.75 - hopf.Parameter, branch.Points[^1].Parameter, 1e-5);
        var last = branch.Points[^1].Orbit;
        Assert.True(last.High[0] - last.Low[0] < 0.05);
        Assert.Equal([OrbitBifurcationType.Fold, OrbitBifurcationType.Fold], branch.Bifurcations.Select(b => b.Type));
        Assert.Equal(1.75, branch.Bifurcations.Sum(b => b.Parameter), 1e-8);
        Assert.All(branch.Bifurcations, b => Assert.Equal(1, b.Orbit.Multipliers[1].Real, 1e-2));
        // Small and large cycles beside the explosion, and in the middle the one that a trajectory finds.
        Assert.Equal(StabilityVerdict.Unstable, branch.Points[0].Orbit.Verdict);
        var middle = branch.Points.MinBy(p => Math.Abs(p.Parameter - 0.9))!;
        var settled = Settled(Family(middle.Parameter), [2, 0]);
        Assert.True(middle.Orbit.IsStable);
        Assert.Equal(settled.Period, middle.Orbit.Period, 1e-6);
        Assert.Equal(settled.High[0], middle.Orbit.High[0], 1e-6);
    }

    [Fact]
    public void A_branch_that_ends_at_a_homoclinic_orbit_says_so_whatever_the_range()
    {
        // Three equilibria from I = −√2/6 to √2/6: the unstable cycle from the Hopf point at 0.2016 grows until it meets the saddle.
        static IOdeSystem Family(double current) => FitzHughNagumo(current, 0, 2);
        var branch = PeriodicOrbits.FromHopf(Family, -1, 1, Hopf(Family, -1, 1, [-1.5, -0.5]));
        Assert.Equal(BranchEnd.Period, branch.End);
        Assert.True(branch.Points.Count < 60);
        var (meeting, large) = branch.Points[^1];
        Assert.Equal(0.190585, meeting, 2e-6);
        Assert.True(large.Period > 100);
        // The saddle that it meets.
        var saddle = Equilibria.Near(EquilibriumEquations.Of(Family(meeting)), [-0.4, -0.2])!;
        Assert.Equal(EquilibriumType.Saddle, saddle.Type);
        Assert.Equal(saddle.State[0], large.High[0], 1e-3);
        var start = branch.Points.MinBy(p => Math.Abs(p.Parameter - 0.194))!;
        foreach (var to in (double[])[-1, -100, 0.1, 0.1905])
        {
            var followed = PeriodicOrbits.Follow(Family, start.Parameter, to, start.Orbit);
            Assert.Equal(BranchEnd.Period, followed.End);
            Assert.Equal(meeting, followed.Points[^1].Parameter, 2e-6);
        }
        var near = PeriodicOrbits.Follow(Family, start.Parameter, 0.192, start.Orbit);
        Assert.Equal((BranchEnd.Range, 0.192), (near.End, near.Points[^1].Parameter));
        // An orbit that repels by ten decades a turn is followed from where it is, too.
        var strong = branch.Points.First(p => p.Orbit.Multipliers[0].Real > 1e10);
        Assert.Equal(BranchEnd.Period, PeriodicOrbits.Follow(Family, strong.Parameter, -1, strong.Orbit).End);
    }

    [Fact]
    public void A_branch_says_why_it_was_followed_no_farther()
    {
        var start = PeriodicOrbits.Near(Bautin(0), [1.4, 0], 3.1)!;
        Assert.Equal(BranchEnd.Range, PeriodicOrbits.Follow(mu => Bautin(mu), 0, 1, start).End);
        var short5 = PeriodicOrbits.Follow(mu => Bautin(mu), 0, 1, start, steps: 5);
        Assert.Equal((BranchEnd.StepLimit, 5), (short5.End, short5.Points.Count));
        // A system that only slows down has a period that grows with its parameter.
        var slowed = PeriodicOrbits.Follow(s => Bautin(0.44, 0.5 * s, 2 * s), 1, 1e-3, PeriodicOrbits.Near(Bautin(0.44), [1.48, 0], 3.1)!);
        Assert.Equal(BranchEnd.Range, slowed.End);
        Assert.Equal(1000 * Math.PI, slowed.Points[^1].Orbit.Period, 1e-4);
        // Beyond 1/2 the system has no values.
        var broken = PeriodicOrbits.Follow(mu => Bautin(mu > 0.5 ? double.NaN : mu), 0, 1, start);
        Assert.Equal(BranchEnd.NoStep, broken.End);
        Assert.Equal(0.5, broken.Points[^1].Parameter, 1e-3);
    }

    [Fact]
    public void A_function_on_tensors_has_the_orbits_of_the_system_by_hand()
    {
        static IOdeSystem Family(double current) => TensorSystems.FitzHughNagumo(current);
        var start = PeriodicOrbits.Near(Family(0.5), [-1, 1], 39)!;
        var byHand = PeriodicOrbits.Near(FitzHughNagumo(0.5, 0.7, 0.8), [-1, 1], 39)!;
        var (branch, other) = (PeriodicOrbits.Follow(Family, 0.5, 0.6, start), PeriodicOrbits.Follow(v => FitzHughNagumo(v, 0.7, 0.8), 0.5, 0.6, byHand));
        Assert.True(branch.ReachedEnd && other.ReachedEnd);
        Assert.Equal(other.Points[^1].Orbit.Period, branch.Points[^1].Orbit.Period, 1e-7);
        Assert.Equal(other.Points[^1].Orbit.High[1], branch.Points[^1].Orbit.High[1], 1e-8);
        Assert.Equal(other.Points[^1].Orbit.Verdict, branch.Points[^1].Orbit.Verdict);
    }

    // x' = x − y − x·r², y' = x + y − y·r² with r² summed over all samples: its cycle of one state is the unit circle, but several states at once are mixed.
    [Fact]
    public void A_function_that_mixes_samples_is_refused_along_an_orbit_too()
    {
        var mixed = OdeFunction.Of(2, s =>
        {
            Tensor<double> x = s[.., 0], y = s[.., 1], square = s.Square().Sum();
            return Tensor<double>.Stack(1, x - y - x * square, x + y - y * square);
        });
        var error = Assert.Throws<ArgumentException>(() => PeriodicOrbits.Near(mixed, [1, 0], 2 * Math.PI));
        Assert.Contains("must not depend on one another", error.Message, StringComparison.Ordinal);
    }
}
