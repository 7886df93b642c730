namespace Organics.Tests;

public sealed class OdeEventTests
{
    [Fact]
    public void A_steady_state_ends_the_integration_where_its_definition_says()
    {
        // x = 2 − e^(−t/τ): the condition e^(−t/τ) ≤ tolerance·(x + 1e-3) with T = τ is met just after t = −τ ln(tolerance·2.001).
        const double tau = 5, tolerance = 1e-4;
        var system = new OdeProblem(1, (_, x, f) => f[0] = (2 - x[0]) / tau, (_, _, j) => j[0] = -1 / tau, isAutonomous: true);
        foreach (var method in (OdeMethod[])[.. RungeKutta.All, Rosenbrock.Rodas3])
        {
            var options = new OdeOptions { Step = method.EmbeddedOrder > 0 ? null : 0.1, SteadyStateTolerance = tolerance, SteadyStateTimescale = tau };
            var solution = Ode.Integrate(system, method, [1], 0, 1000, options);
            Assert.Equal(OdeStatus.SteadyState, solution.Status);
            var last = solution.Times[^1] - solution.Times[^2];
            Assert.InRange(solution.EndTime, -tau * Math.Log(tolerance * 2.001) * 0.97, -tau * Math.Log(tolerance * 2.001) * 1.01 + last);
            Assert.Equal(2, solution.EndState[0], 3e-4);
            Assert.True(double.IsNaN(solution.Period));
        }
    }

    static OdeEvent At(double level, bool isTerminal = false) => new((_, x) => x[0] - level, CrossingDirection.Both, isTerminal);

    [Fact]
    public void In_the_step_of_a_terminal_event_nothing_happens_behind_it()
    {
        var clock = new OdeProblem(1, (_, _, f) => f[0] = 1, (_, _, j) => j[0] = 0);
        foreach (var method in (OdeMethod[])[.. RungeKutta.All, Rosenbrock.Rodas3])
        {
            var end = Ode.Integrate(clock, method, [0], 0, 10, new() { Step = 1, Events = [At(0.75), At(0.5, isTerminal: true), At(0.25), At(0.625, isTerminal: true)] });
            Assert.Equal(OdeStatus.Event, end.Status);
            Assert.Equal(0.5, end.EndTime, 1e-12);
            Assert.Equal([2, 1], end.Events.Select(e => e.Event));
        }
    }

    [Fact]
    public void Where_times_are_coarse_an_event_is_still_behind_the_beginning_of_its_step()
    {
        // 1e15 + 0.01 is 1e15: the next time there is an eighth later.
        const double t0 = 1e15;
        var clock = new OdeProblem(1, (_, _, f) => f[0] = 1, (_, _, j) => j[0] = 0);
        foreach (var isTerminal in (bool[])[false, true])
        {
            var end = Ode.Integrate(clock, RungeKutta.RungeKutta4, [0], t0, t0 + 1, new() { Step = 0.25, Events = [At(0.01, isTerminal), At(0.2499)] });
            Assert.All(end.Events, e => Assert.InRange(e.Time, t0 + 0.125, t0 + 0.25));
            Assert.Equal(isTerminal ? t0 + 0.125 : t0 + 1, end.EndTime);
            for (var k = 1; k < end.Times.Length; k++) Assert.True(end.Times[k] > end.Times[k - 1]);
        }
    }

    [Fact]
    public void What_depends_on_time_has_settled_only_after_all_its_changes()
    {
        var options = new OdeOptions { SteadyStateTolerance = 1e-4 };
        var late = new OdeProblem(1, (t, x, f) => f[0] = (t > 5 ? 1 : 0) - x[0], (_, _, j) => j[0] = -1);
        var wave = OdeFunction.Of(1, (t, x) => t.Cos() + 0 * x);
        foreach (var method in (OdeMethod[])[RungeKutta.DormandPrince, Rosenbrock.Rodas3])
        {
            foreach (var system in (IOdeSystem[])[late, wave])
                foreach (var asked in (OdeOptions[])[options, new() { LimitCycleTolerance = 1e-3 }])
                {
                    var refused = Assert.Throws<ArgumentException>(() => Ode.Integrate(system, method, [0], 0, 100, asked)).Message;
                    Assert.Contains("may depend on time", refused, StringComparison.Ordinal);
                    Assert.Contains("Discontinuities", refused, StringComparison.Ordinal);
                }
            var declared = Ode.Integrate(late, method, [0], 0, 100, options with { Discontinuities = [5] });
            Assert.Equal(OdeStatus.SteadyState, declared.Status);
            Assert.InRange(declared.EndTime, 10, 20);
            Assert.Equal(1, declared.EndState[0], 1e-3);
            // A change that was kept back: the rate is 0 at the start, or where the cosine is, and not for good.
            Assert.Equal(OdeStatus.ReachedEnd, Ode.Integrate(late, method, [0], 0, 10, options with { Discontinuities = [1], MaxStep = 0.1 }).Status);
            Assert.Equal(OdeStatus.ReachedEnd, Ode.Integrate(wave, method, [0], 0, 10, options with { Discontinuities = [0] }).Status);
        }
    }

    [Fact]
    public void A_start_at_rest_takes_no_step_and_a_decay_to_zero_ends()
    {
        var decay = OdeProblems.Linear([-1], 1);
        var options = new OdeOptions { SteadyStateTolerance = 1e-4 };
        Assert.Equal((OdeStatus.SteadyState, 0), (Ode.Integrate(decay, RungeKutta.DormandPrince, [0], 0, 1, options) is var s ? s.Status : default, s.Steps));
        Assert.Equal(OdeStatus.SteadyState, Ode.Integrate(decay, RungeKutta.DormandPrince, [1], 0, 1000, options).Status);
    }

    [Fact]
    public void The_van_der_Pol_oscillator_has_its_known_period()
    {
        const double period = 6.6632868593;
        var options = new OdeOptions { RelativeTolerance = 1e-11, AbsoluteTolerance = 1e-11, LimitCycleTolerance = 1e-7, Record = false };
        Check(RungeKutta.DormandPrince, options, 1e-9);
        Check(Rosenbrock.Rodas3, options with { RelativeTolerance = 1e-8, AbsoluteTolerance = 1e-8, LimitCycleTolerance = 1e-5 }, 1e-5);
        Check(RungeKutta.RungeKutta4, options with { Step = 0.01 }, 1e-7);
        Check(RungeKutta.Heun, options with { Step = 0.001, LimitCycleTolerance = 1e-5 }, 1e-4);
        Check(RungeKutta.Euler, options with { Step = 0.001, LimitCycleTolerance = 1e-4 }, 1e-2);

        static void Check(OdeMethod method, OdeOptions options, double tolerance)
        {
            foreach (var start in (double[][])[[2, 0], [0.1, 0.1], [-4, 3]])
            {
                var solution = Ode.Integrate(OdeProblems.VanDerPol(1), method, start, 0, 2000, options);
                Assert.Equal(OdeStatus.LimitCycle, solution.Status);
                Assert.Equal(period, solution.Period, tolerance);
            }
        }
    }

    [Fact]
    public void A_relaxation_oscillation_is_found_with_a_stiff_method()
    {
        var solution = Ode.Integrate(OdeProblems.VanDerPol(100), Rosenbrock.Rodas3, [2, 0], 0, 1e5,
            new() { RelativeTolerance = 1e-8, AbsoluteTolerance = 1e-10, LimitCycleTolerance = 1e-4 });
        Assert.Equal(OdeStatus.LimitCycle, solution.Status);
        // The mean time between upward zeros of x, counted in another way.
        var crossings = new List<double>();
        for (var k = 1; k < solution.Times.Length; k++)
        {
            var (x, y) = (solution.State(k - 1)[0], solution.State(k)[0]);
            if (x < 0 && y >= 0) crossings.Add(solution.Times[k - 1] + (solution.Times[k] - solution.Times[k - 1]) * x / (x - y));
        }
        Assert.Equal((crossings[^1] - crossings[1]) / (crossings.Count - 2), solution.Period, 0.01);
    }

    [Fact]
    public void An_orbit_that_crosses_the_section_twice_has_its_whole_period()
    {
        // A circle, and another of twice its speed that follows it: two loops in a period of 2π.
        var system = new OdeProblem(4, (_, x, f) =>
        {
            var growth = 1 - x[0] * x[0] - x[1] * x[1];
            (f[0], f[1]) = (growth * x[0] - x[1], growth * x[1] + x[0]);
            (f[2], f[3]) = (10 * (0.8 * (x[0] * x[0] - x[1] * x[1]) - x[2]), 10 * (1.6 * x[0] * x[1] - x[3]));
        }, isAutonomous: true);
        var solution = Ode.Integrate(system, RungeKutta.DormandPrince, [1, 0, 0.8, 0], 0, 1000,
            new() { RelativeTolerance = 1e-10, AbsoluteTolerance = 1e-10, LimitCycleTolerance = 1e-6 });
        Assert.Equal(OdeStatus.LimitCycle, solution.Status);
        Assert.Equal(2 * Math.PI, solution.Period, 1e-6);
    }

    [Fact]
    public void A_spiral_into_a_steady_state_is_no_cycle_and_neither_is_a_torus()
    {
        var options = new OdeOptions { RelativeTolerance = 1e-8, AbsoluteTolerance = 1e-10, LimitCycleTolerance = 1e-4 };
        foreach (var method in (OdeMethod[])[RungeKutta.DormandPrince, Rosenbrock.Rodas3])
            foreach (var damping in (double[])[0.5, 0.05, 0.005])
            {
                var spiral = OdeProblems.Linear([-damping, -1, 1, -damping], 2);
                Assert.Equal(OdeStatus.ReachedEnd, Ode.Integrate(spiral, method, [1, 0], 0, 500, options).Status);
                Assert.Equal(OdeStatus.SteadyState, Ode.Integrate(spiral, method, [1, 0], 0, 20 / damping, options with { SteadyStateTolerance = 1e-4 }).Status);
            }
        var torus = OdeProblems.Linear([0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 0, -Math.Sqrt(2), 0, 0, Math.Sqrt(2), 0], 4);
        Assert.Equal(OdeStatus.ReachedEnd, Ode.Integrate(torus, RungeKutta.DormandPrince, [1, 0, 1, 0], 0, 500, options).Status);
    }

    [Theory]
    [InlineData(1e-6, 1e-9, 1e-3)]
    [InlineData(1e-4, 1e-7, 1e-2)]
    [InlineData(1e-8, 1e-12, 1e-3)]
    [InlineData(1e-6, 1e-12, 1e-2)]
    public void However_slowly_an_oscillation_dies_out_or_grows_it_is_no_cycle(double relative, double absolute, double cycle)
    {
        var options = new OdeOptions { RelativeTolerance = relative, AbsoluteTolerance = absolute, LimitCycleTolerance = cycle, Record = false };
        foreach (var method in (OdeMethod[])[RungeKutta.DormandPrince, Rosenbrock.Rodas3, RungeKutta.RungeKutta4])
            foreach (var damping in (double[])[0.005, 1e-3, 1e-4, 1e-5, 1e-6, -1e-6, -1e-5, -1e-3])
                foreach (var start in (double[][])[[1, 0], [0, 1], [0.3, 0.7]])
                {
                    var end = Ode.Integrate(OdeProblems.Oscillator(damping), method, start, 0, 600, options with { Step = method.EmbeddedOrder > 0 ? null : 0.05 });
                    Assert.True(end.Status == OdeStatus.ReachedEnd, $"{method.Name}, damping {damping} from ({start[0]}, {start[1]}): {end.Status}");
                }
    }

    [Theory]
    [InlineData(0.03, 6.2835387)]
    [InlineData(0.3, 6.3184)]
    [InlineData(1, 6.6632868593)]
    [InlineData(5, 11.612230)]
    public void However_slowly_a_cycle_attracts_it_is_found(double mu, double period)
    {
        var options = new OdeOptions { LimitCycleTolerance = 1e-3, Record = false };
        foreach (var method in (OdeMethod[])[RungeKutta.DormandPrince, Rosenbrock.Rodas3, RungeKutta.RungeKutta4])
        {
            var end = Ode.Integrate(OdeProblems.VanDerPol(mu), method, [0.1, 0.1], 0, 10_000, options with { Step = method.EmbeddedOrder > 0 ? null : 0.02 });
            Assert.Equal(OdeStatus.LimitCycle, end.Status);
            Assert.Equal(period, end.Period, 1e-3);
        }
    }

    [Fact]
    public void An_oscillation_that_the_tolerances_do_not_resolve_is_no_cycle()
    {
        var options = new OdeOptions { Step = 0.01, LimitCycleTolerance = 1e-4 };
        Assert.Equal(OdeStatus.LimitCycle, Integrate(1).Status);
        Assert.Equal(2 * Math.PI, Integrate(1).Period, 1e-6);
        Assert.Equal(OdeStatus.ReachedEnd, Integrate(1e-6).Status);

        OdeSolution Integrate(double radius) => Ode.Integrate(OdeProblems.Circle(radius), RungeKutta.RungeKutta4, [radius, 0], 0, 100, options);
    }
}
