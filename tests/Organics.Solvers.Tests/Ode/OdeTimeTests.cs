namespace Organics.Tests;

/// <summary>Known times of change, the longest step, and times far from 0.</summary>
public sealed class OdeTimeTests
{
    static IEnumerable<OdeMethod> Methods => [.. RungeKutta.All, Rosenbrock.Rodas3];

    /// <summary>ẋ = −x + 1 from 500 to 501: x(501) = 1 − 1/e.</summary>
    static OdeProblem Pulse(bool closesAtTheEnd) => new(1,
        (t, x, f) => f[0] = -x[0] + ((closesAtTheEnd ? t > 500 && t <= 501 : t >= 500 && t < 501) ? 1 : 0), (_, _, j) => j[0] = -1);

    [Fact]
    public void No_step_jumps_over_a_pulse_that_is_known()
    {
        foreach (var method in Methods)
            foreach (var closes in (bool[])[false, true])
            {
                var options = new OdeOptions { Step = method.EmbeddedOrder > 0 ? null : 0.03, Discontinuities = [501, 500, 500, 1e9], SteadyStateTolerance = 1e-4 };
                var course = Ode.Integrate(Pulse(closes), method, [0], 0, 501.5, options);
                Assert.Equal((OdeStatus.ReachedEnd, 501.5), (course.Status, course.EndTime));
                var x = new double[1];
                // What Euler's method and Heun's err by in a step of 0.03.
                var tolerance = method.Order switch { 1 => 6e-3, 2 => 1e-4, _ => 1e-6 };
                foreach (var (t, expected) in (ReadOnlySpan<(double, double)>)[
                    (499.999, 0), (500, 0), (500.4, 1 - Math.Exp(-0.4)), (501, 1 - Math.Exp(-1)), (501.3, (1 - Math.Exp(-1)) * Math.Exp(-0.3)), (501.5, (1 - Math.Exp(-1)) * Math.Exp(-0.5))])
                {
                    course.At(t, x);
                    Assert.True(Math.Abs(x[0] - expected) < tolerance, $"{method.Name}: {x[0]} at {t}, {expected} expected");
                }
                for (var k = 1; k < course.Times.Length; k++) Assert.True(course.Times[k] > course.Times[k - 1]);
                Assert.Contains(500, course.Times.ToArray());
                Assert.Contains(501, course.Times.ToArray());
                Assert.Equal(course.Steps + 1, course.Times.Length);
            }
    }

    [Fact]
    public void A_change_at_either_end_and_one_just_beside_another_do_no_harm()
    {
        var step = new OdeProblem(1, (t, _, f) => f[0] = t is > 1 and < 2 ? 1 : 1e6, (_, _, j) => j[0] = 0);
        foreach (var method in Methods)
        {
            var options = new OdeOptions { Step = method.EmbeddedOrder > 0 ? null : 0.25, Discontinuities = [1, 2] };
            Assert.Equal(1, Ode.Integrate(step, method, [0], 1, 2, options).OrThrow().EndState[0], 1e-9);
            options = options with { Discontinuities = [1, Math.BitIncrement(1), 1.5, Math.BitDecrement(2), 2] };
            Assert.Equal(1, Ode.Integrate(step, method, [0], 1, 2, options).OrThrow().EndState[0], 1e-9);
        }
    }

    [Fact]
    public void Noise_does_not_jump_over_a_pulse_either()
    {
        var pulse = new OdeProblem(1, (t, _, f) => f[0] = t is >= 5.5 and < 5.75 ? 1 : 0);
        var path = EulerMaruyama.Integrate(pulse, [0], (_, _) => 0, [0], 0, 10, 1, discontinuities: [5.5, 5.75]);
        Assert.Equal(0.25, path.EndState[0]);
        Assert.Equal([5, 5.5, 5.75, 6.75], path.Times.ToArray()[5..9]);
    }

    [Fact]
    public void No_step_is_longer_than_the_longest()
    {
        foreach (var method in (OdeMethod[])[RungeKutta.DormandPrince, Rosenbrock.Rodas3])
        {
            var course = Ode.Integrate(Pulse(false), method, [0], 0, 501, new() { MaxStep = 0.3 });
            Assert.Equal(1 - Math.Exp(-1), course.EndState[0], 2e-5);
            for (var k = 1; k < course.Times.Length; k++) Assert.True(course.Times[k] - course.Times[k - 1] <= 0.3 * (1 + 1e-12));
            // Without it the pulse is not seen.
            Assert.Equal(0, Ode.Integrate(Pulse(false), method, [0], 0, 501).EndState[0]);
        }
    }

    [Fact]
    public void The_last_step_is_no_longer_either_wherever_the_end_is()
    {
        var still = new OdeProblem(1, (_, _, f) => f[0] = 0, (_, _, j) => j[0] = 0);
        foreach (var method in (OdeMethod[])[RungeKutta.DormandPrince, Rosenbrock.Rodas3])
            for (var end = 10.0; end < 11; end += 1.0 / 256)
            {
                var times = Ode.Integrate(still, method, [0], 0, end, new() { MaxStep = 1 }).OrThrow().Times;
                for (var k = 1; k < times.Length; k++) Assert.True(times[k] - times[k - 1] <= 1 + 1e-12, $"{method.Name} to {end}: {times[k] - times[k - 1]}");
            }
    }

    [Fact]
    public void Between_a_jump_and_the_next_time_the_state_begins_with_the_rate_behind_the_jump()
    {
        var jump = new OdeProblem(1, (t, _, f) => f[0] = t < 1 ? -5 : 1, (_, _, j) => j[0] = 0);
        foreach (var method in Methods)
        {
            var course = Ode.Integrate(jump, method, [5], 0, 2, new() { Step = 0.1, Discontinuities = [1] });
            var x = new double[1];
            foreach (var t in (double[])[0.93, 0.99, 1.01, 1.05, 1.09, 1.55])
            {
                course.At(t, x);
                Assert.Equal(t < 1 ? 5 - 5 * t : t - 1, x[0], 1e-12);
            }
        }
    }

    [Fact]
    public void The_rate_by_time_is_known_to_second_order()
    {
        // A method of order 3 integrates t² without an error, if ∂f/∂t is 2t.
        var square = new OdeProblem(1, (t, _, f) => f[0] = t * t, (_, _, j) => j[0] = 0);
        foreach (var step in (double[])[0.5, 0.1])
            Assert.Equal(8.0 / 3, Ode.Integrate(square, Rosenbrock.Rodas3, [0], 0, 2, new() { Step = step }).EndState[0], 1e-11);
    }

    [Fact]
    public void Far_from_0_a_short_interval_is_crossed()
    {
        foreach (var (t0, length) in (ReadOnlySpan<(double, double)>)[(1e9, 1e-6), (-1e9, 1e-6), (1e9, 1e-3), (1e15, 0.125), (1e15, 2), (1e9, 1e-7), (-1e-6, 2e-6), (0, 1e-100)])
            foreach (var method in (OdeMethod[])[RungeKutta.DormandPrince, Rosenbrock.Rodas3])
            {
                // The times are as fine as double has them there: the length is that of the interval that it makes of them.
                var (end, rate) = (t0 + length, 0.005 / length);
                var course = Ode.Integrate(new OdeProblem(1, (_, x, f) => f[0] = -rate * x[0], (_, _, j) => j[0] = -rate), method, [1], t0, end);
                Assert.Equal(OdeStatus.ReachedEnd, course.Status);
                Assert.Equal(Math.Exp(-rate * (end - t0)), course.EndState[0], 1e-6);
            }
    }

    [Fact]
    public void Far_from_0_time_and_state_do_not_part()
    {
        // A hundred and more steps of a few hundred roundings of t each.
        var (t0, end) = (1e9, 1e9 + 0.01);
        var (length, system) = (end - t0, OdeProblems.Linear([0, 1, -1, 0], 2));
        var fast = new OdeProblem(2, (t, x, f) => (f[0], f[1]) = (20 * x[1] / length, -20 * x[0] / length));
        var course = Ode.Integrate(fast, RungeKutta.DormandPrince, [1, 0], t0, end, new() { RelativeTolerance = 1e-10, AbsoluteTolerance = 1e-10 });
        Assert.True(course.Steps > 100);
        Assert.Equal(Math.Cos(20), course.EndState[0], 1e-8);
        var grid = Ode.Integrate(system, RungeKutta.RungeKutta4, [1, 0], 1e12, 1e12 + 1, new() { Step = 0.01 });
        Assert.Equal(100, grid.Steps);
        Assert.Equal(Math.Cos(1), grid.EndState[0], 1e-9);
    }

    [Fact]
    public void A_step_that_is_too_small_has_been_tried()
    {
        // Within eight roundings of t a hundred turns cannot be followed.
        var fast = new OdeProblem(2, (_, x, f) => (f[0], f[1]) = (6e8 * x[1], -6e8 * x[0]));
        var course = Ode.Integrate(fast, RungeKutta.DormandPrince, [1, 0], 1e9, 1e9 + 1e-6);
        Assert.Equal(OdeStatus.StepTooSmall, course.Status);
        Assert.True(course.Rejections > 0);
        Assert.Contains("tolerances", Assert.Throws<ArithmeticException>(course.OrThrow).Message);
    }

    [Fact]
    public void Bad_input_is_refused_with_the_remedy()
    {
        var decay = OdeProblems.Linear([-1], 1);
        void Refuse(string part, OdeOptions options, double t0 = 0) => Assert.Contains(part,
            Assert.Throws<ArgumentException>(() => Ode.Integrate(decay, RungeKutta.DormandPrince, [1], t0, t0 + 1, options)).Message);
        foreach (var bad in (double[])[0, -1, double.NaN, double.NegativeInfinity])
        {
            Refuse("MaxStep", new() { MaxStep = bad });
            Refuse("RelativeTolerance", new() { RelativeTolerance = bad });
            Refuse("AbsoluteTolerance", new() { AbsoluteTolerance = bad });
        }
        foreach (var bad in (double[])[1e-300, 1e-16, 2e-15, 1, 1e300]) Refuse("RelativeTolerance", new() { RelativeTolerance = bad });
        Refuse("longer than MaxStep", new() { Step = 0.2, MaxStep = 0.1 });
        Refuse("rounding", new() { MaxStep = 1e-8 }, 1e9);
        Refuse("Discontinuities", new() { Discontinuities = [0.5, double.NaN] });
        Refuse("Discontinuities", new() { Discontinuities = null! });
        // The least tolerance is met, and a small absolute one is no fault: nothing here crosses 0.
        var least = new OdeOptions { RelativeTolerance = OdeOptions.LeastRelativeTolerance, AbsoluteTolerance = 1e-300 };
        Assert.Equal(Math.Exp(-1), Ode.Integrate(decay, RungeKutta.DormandPrince, [1], 0, 1, least).OrThrow().EndState[0], 1e-14);
    }
}
