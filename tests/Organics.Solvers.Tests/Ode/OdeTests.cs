namespace Organics.Tests;

public sealed class OdeTests
{
    static readonly OdeOptions Tight = new() { RelativeTolerance = 1e-10, AbsoluteTolerance = 1e-12 };

    [Fact]
    public void The_error_follows_the_tolerance()
    {
        foreach (var (method, least) in (ReadOnlySpan<(OdeMethod, double)>)[(RungeKutta.DormandPrince, 1e-11), (Rosenbrock.Rodas3, 1e-8)])
        {
            var (coarse, fine) = (Error(1e-4), Error(least));
            Assert.Equal(1, Math.Log(coarse / fine) / Math.Log(1e-4 / least), 0.2);

            double Error(double tolerance)
            {
                var options = new OdeOptions { RelativeTolerance = tolerance, AbsoluteTolerance = tolerance };
                var solution = Ode.Integrate(OdeProblems.Spin(), method, OdeProblems.SpinStart, 0, 10, options);
                Assert.Equal(OdeStatus.ReachedEnd, solution.Status);
                var error = OdeProblems.Distance(solution.EndState, OdeProblems.SpinAt(10));
                Assert.True(error < 100 * tolerance, $"{method.Name}: error {error} for tolerance {tolerance}");
                return error;
            }
        }
    }

    [Fact]
    public void The_dense_output_is_as_accurate_as_the_steps_and_continuous()
    {
        var solution = Ode.Integrate(OdeProblems.Spin(), RungeKutta.DormandPrince, OdeProblems.SpinStart, 0, 10, Tight);
        var x = new double[3];
        for (var k = 0; k <= 1000; k++)
        {
            solution.At(k * 0.01, x);
            Assert.True(OdeProblems.Distance(x, OdeProblems.SpinAt(k * 0.01)) < 1e-7);
        }
        for (var k = 1; k < solution.Times.Length; k++)
        {
            solution.At(Math.BitDecrement(solution.Times[k]), x);
            Assert.True(OdeProblems.Distance(x, solution.State(k)) < 1e-13);
        }
        Assert.Equal(solution.Steps + 1, solution.Times.Length);
    }

    [Fact]
    public void Counts_are_those_of_the_system()
    {
        var system = OdeProblems.Spin();
        var fixedStep = Ode.Integrate(system, RungeKutta.RungeKutta4, OdeProblems.SpinStart, 0, 1, new() { Step = 0.1 });
        Assert.Equal((10, 0, 41L, 41), (fixedStep.Steps, fixedStep.Rejections, fixedStep.RateEvaluations, system.Rates));
        Assert.Equal(1, fixedStep.EndTime);
        Assert.Equal(3 * 0.1, fixedStep.Times[3]);

        // Two for the start, six for each try: the first stage is the last one of the step before.
        system = OdeProblems.VanDerPol(20);
        var adaptive = Ode.Integrate(system, RungeKutta.DormandPrince, [2, 0], 0, 50);
        Assert.True(adaptive.Rejections > 0);
        Assert.Equal(2 + 6 * (adaptive.Steps + adaptive.Rejections), adaptive.RateEvaluations);
        Assert.Equal(system.Rates, adaptive.RateEvaluations);

        var stiff = Ode.Integrate(OdeProblems.VanDerPol(20), Rosenbrock.Rodas3, [2, 0], 0, 50);
        Assert.Equal((long)stiff.Steps, stiff.JacobianEvaluations);
    }

    [Fact]
    public void The_last_step_ends_at_the_end()
    {
        var solution = Ode.Integrate(OdeProblems.Spin(), RungeKutta.RungeKutta4, OdeProblems.SpinStart, 0, 0.35, new() { Step = 0.1 });
        Assert.Equal((4, 0.35), (solution.Steps, solution.EndTime));
        Assert.True(OdeProblems.Distance(solution.EndState, OdeProblems.SpinAt(0.35)) < 1e-5);
        var none = Ode.Integrate(OdeProblems.Spin(), RungeKutta.DormandPrince, OdeProblems.SpinStart, 3, 3);
        Assert.Equal((OdeStatus.ReachedEnd, 0, 3.0), (none.Status, none.Steps, none.EndTime));
        Assert.Equal(OdeProblems.SpinStart, none.EndState.ToArray());
    }

    [Fact]
    public void Steps_allocate_nothing_when_they_are_not_recorded()
    {
        foreach (var method in (OdeMethod[])[.. RungeKutta.All, Rosenbrock.Rodas3])
        {
            var system = OdeProblems.Spin();
            Assert.Equal(Bytes(10), Bytes(1000));

            long Bytes(int steps)
            {
                var options = new OdeOptions { Step = 1e-3, Record = false, LimitCycleTolerance = 1e-6 };
                Ode.Integrate(system, method, OdeProblems.SpinStart, 0, steps * 1e-3, options);
                var before = GC.GetAllocatedBytesForCurrentThread();
                Ode.Integrate(system, method, OdeProblems.SpinStart, 0, steps * 1e-3, options);
                return GC.GetAllocatedBytesForCurrentThread() - before;
            }
        }
    }

    [Fact]
    public void Robertson_agrees_with_an_explicit_method_and_the_published_solution()
    {
        var system = new OdeProblem(3,
            (_, x, f) =>
            {
                var (slow, fast, middle) = (0.04 * x[0], 3e7 * x[1] * x[1], 1e4 * x[1] * x[2]);
                (f[0], f[1], f[2]) = (middle - slow, slow - middle - fast, fast);
            },
            (_, x, j) =>
            {
                (j[0], j[1], j[2]) = (-0.04, 1e4 * x[2], 1e4 * x[1]);
                (j[3], j[4], j[5]) = (0.04, -1e4 * x[2] - 6e7 * x[1], -1e4 * x[1]);
                (j[6], j[7], j[8]) = (0, 6e7 * x[1], 0);
            });
        // At 1e11: Test Set for Initial Value Problem Solvers, problem ROBER; at 40 an explicit method still arrives.
        var explicitly = Ode.Integrate(system, RungeKutta.DormandPrince, [1, 0, 0], 0, 40, Tight with { AbsoluteTolerance = 1e-14 }).OrThrow();
        Assert.True(explicitly.Steps > 10_000);
        foreach (var (end, expected) in (ReadOnlySpan<(double, double[])>)[
            (40, explicitly.EndState.ToArray()), (1e11, [0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050])])
        {
            var solution = Ode.Integrate(system, Rosenbrock.Rodas3, [1, 0, 0], 0, end, new() { RelativeTolerance = 1e-7, AbsoluteTolerance = 1e-18 }).OrThrow();
            for (var i = 0; i < 3; i++) Assert.Equal(1, solution.EndState[i] / expected[i], 2e-5);
            Assert.True(solution.Steps < 5000, $"{solution.Steps} steps to {end}");
        }
    }

    [Fact]
    public void A_stiff_van_der_Pol_oscillator_agrees_with_the_published_solution()
    {
        const double stiffness = 1e6;
        var system = new OdeProblem(2,
            (_, x, f) => (f[0], f[1]) = (x[1], stiffness * ((1 - x[0] * x[0]) * x[1] - x[0])),
            (_, x, j) => (j[0], j[1], j[2], j[3]) = (0, 1, stiffness * (-2 * x[0] * x[1] - 1), stiffness * (1 - x[0] * x[0])));
        // Test Set for Initial Value Problem Solvers, problem VDPOL.
        var solution = Ode.Integrate(system, Rosenbrock.Rodas3, [2, 0], 0, 2, new() { RelativeTolerance = 1e-7, AbsoluteTolerance = 1e-7 }).OrThrow();
        Assert.Equal(1.706167732170483, solution.EndState[0], 2e-6);
        Assert.Equal(-0.8928097010247975, solution.EndState[1], 2e-6);
        Assert.Equal(OdeStatus.StepLimit,
            Ode.Integrate(system, RungeKutta.DormandPrince, [2, 0], 0, 2, new() { MaxSteps = 10 * solution.Steps, Record = false }).Status);
    }

    [Fact]
    public void A_stiff_linear_system_takes_the_steps_of_its_slow_part()
    {
        const double rate = 1e7;
        var system = OdeProblems.Linear([-rate, rate, 0, -1], 2);
        var solution = Ode.Integrate(system, Rosenbrock.Rodas3, [0, 1], 0, 3, new() { RelativeTolerance = 1e-6, AbsoluteTolerance = 1e-9 }).OrThrow();
        Assert.Equal(rate / (rate - 1) * Math.Exp(-3), solution.EndState[0], 1e-6);
        Assert.Equal(Math.Exp(-3), solution.EndState[1], 1e-6);
        Assert.True(solution.Steps < 600, $"{solution.Steps} steps");
    }

    [Fact]
    public void Values_that_are_not_finite_end_the_integration_at_the_last_finite_state()
    {
        var nan = new OdeProblem(2, (_, _, f) => f.Fill(double.NaN), (_, _, j) => j.Fill(double.NaN));
        foreach (var method in (OdeMethod[])[.. RungeKutta.All, Rosenbrock.Rodas3])
        {
            var solution = Ode.Integrate(nan, method, [1, 2], 0, 1, new() { Step = 0.1 });
            Assert.Equal((OdeStatus.NotFinite, 0, 0.0), (solution.Status, solution.Steps, solution.EndTime));
            Assert.Equal([1, 2], solution.EndState.ToArray());
        }
        var wall = new OdeProblem(1, (t, x, f) => f[0] = t < 0.55 ? 1 : double.NaN, (t, _, j) => j[0] = 0);
        var walled = Ode.Integrate(wall, RungeKutta.Euler, [0], 0, 1, new() { Step = 0.1 });
        Assert.Equal((OdeStatus.NotFinite, 5), (walled.Status, walled.Steps));
        Assert.Equal(0.5, walled.EndState[0], 1e-12);
        foreach (var method in (OdeMethod[])[RungeKutta.DormandPrince, Rosenbrock.Rodas3])
        {
            var close = Ode.Integrate(wall, method, [0], 0, 1);
            Assert.Equal(OdeStatus.NotFinite, close.Status);
            Assert.Equal(0.55, close.EndTime, 1e-9);
            Assert.Throws<ArithmeticException>(close.OrThrow);
        }
        var matrix = new OdeProblem(1, (_, x, f) => f[0] = -x[0], (_, _, j) => j[0] = double.NaN);
        Assert.Equal(OdeStatus.NotFinite, Ode.Integrate(matrix, Rosenbrock.Rodas3, [1], 0, 1).Status);
    }

    [Fact]
    public void A_pole_makes_the_step_too_small()
    {
        // x = (1 − 2t)^(−1/2). A Rosenbrock method steps over the simple pole of ẋ = x² and lands on 1/(1 − t) beyond, but not over this branch point.
        var pole = new OdeProblem(1, (_, x, f) => f[0] = x[0] * x[0] * x[0], (_, x, j) => j[0] = 3 * x[0] * x[0]);
        foreach (var method in (OdeMethod[])[RungeKutta.DormandPrince, Rosenbrock.Rodas3])
        {
            var solution = Ode.Integrate(pole, method, [1], 0, 2);
            Assert.Equal(OdeStatus.StepTooSmall, solution.Status);
            Assert.Equal(0.5, solution.EndTime, 1e-4);
            Assert.Throws<ArithmeticException>(solution.OrThrow);
        }
    }

    [Fact]
    public void The_limit_of_steps_holds()
    {
        var solution = Ode.Integrate(OdeProblems.Spin(), RungeKutta.Euler, OdeProblems.SpinStart, 0, 1, new() { Step = 0.01, MaxSteps = 7 });
        Assert.Equal((OdeStatus.StepLimit, 7, 7 * 0.01), (solution.Status, solution.Steps, solution.EndTime));
        Assert.Contains("MaxSteps", Assert.Throws<ArithmeticException>(solution.OrThrow).Message);
    }

    [Fact]
    public void Bad_input_is_refused_with_the_remedy()
    {
        var (system, start) = (OdeProblems.Spin(), OdeProblems.SpinStart);
        Refuse("Step", () => Ode.Integrate(system, RungeKutta.RungeKutta4, start, 0, 1));
        Refuse("x0 has 2", () => Ode.Integrate(system, RungeKutta.DormandPrince, [1, 2], 0, 1));
        Refuse("x0[1]", () => Ode.Integrate(system, RungeKutta.DormandPrince, [1, double.NaN, 2], 0, 1));
        Refuse("interval", () => Ode.Integrate(system, RungeKutta.DormandPrince, start, 1, 0));
        Refuse("interval", () => Ode.Integrate(system, RungeKutta.DormandPrince, start, 0, double.PositiveInfinity));
        foreach (var bad in (double[])[0, -1, double.NaN, double.PositiveInfinity])
        {
            Refuse("step", () => Ode.Integrate(system, RungeKutta.RungeKutta4, start, 0, 1, new() { Step = bad }));
            Refuse("RelativeTolerance", () => Ode.Integrate(system, RungeKutta.DormandPrince, start, 0, 1, new() { RelativeTolerance = bad }));
            Refuse("AbsoluteTolerance", () => Ode.Integrate(system, RungeKutta.DormandPrince, start, 0, 1, new() { AbsoluteTolerance = bad }));
            Refuse("SteadyStateTimescale", () => Ode.Integrate(system, RungeKutta.DormandPrince, start, 0, 1, new() { SteadyStateTimescale = bad }));
        }
        Refuse("SteadyStateTolerance", () => Ode.Integrate(system, RungeKutta.DormandPrince, start, 0, 1, new() { SteadyStateTolerance = -1 }));
        Refuse("LimitCycleTolerance", () => Ode.Integrate(system, RungeKutta.DormandPrince, start, 0, 1, new() { LimitCycleTolerance = 1 }));
        Refuse("MaxSteps", () => Ode.Integrate(system, RungeKutta.DormandPrince, start, 0, 1, new() { MaxSteps = 0 }));
        Refuse("Jacobian", () => Ode.Integrate(new Plain(), Rosenbrock.Rodas3, [1], 0, 1));
        Refuse("dimension", () => Ode.Integrate(new OdeProblem(0, (_, _, _) => { }), RungeKutta.DormandPrince, [], 0, 1));
        Assert.Throws<ArgumentNullException>(() => Ode.Integrate(null!, RungeKutta.DormandPrince, start, 0, 1));
        Assert.Throws<ArgumentNullException>(() => Ode.Integrate(system, null!, start, 0, 1));

        var solution = Ode.Integrate(system, RungeKutta.DormandPrince, start, 0, 1);
        Refuse("covers 0 to 1", () => solution.At(1.1, new double[3]));
        Refuse("covers 0 to 1", () => solution.At(double.NaN, new double[3]));
        Refuse("x has 2", () => solution.At(0.5, new double[2]));
        var ends = Ode.Integrate(system, RungeKutta.DormandPrince, start, 0, 1, new() { Record = false });
        Assert.Equal([0, 1], ends.Times.ToArray());
        Assert.Equal(solution.EndState.ToArray(), ends.EndState.ToArray());
        Assert.Contains("Record", Assert.Throws<InvalidOperationException>(() => ends.At(0.5, new double[3])).Message);

        static void Refuse(string part, Action action) => Assert.Contains(part, Assert.Throws<ArgumentException>(action).Message);
    }

    sealed class Plain : IOdeSystem
    {
        public int Dimension => 1;

        public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt) => dxdt[0] = -x[0];
    }
}
