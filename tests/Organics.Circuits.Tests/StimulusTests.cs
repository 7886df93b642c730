namespace Organics.Tests;

/// <summary>Stimuli against closed forms: without recurrence y is z through a low-pass filter of first order.</summary>
public sealed class StimulusTests
{
    const double Tau = 3, Gain = 0.7;

    static readonly Stimulus None = new(2);

    // Wr = 0, so that τẏ = −y + b·z(t) whatever a does.
    static readonly Circuit Filter = new(
        [0, 0], [Gain, Gain], [1, 1], [0.5, 0.5], [Tau, Tau], [2, 2], [1, 0.5, 0.5, 1], [0, 0, 0, 0]);

    static readonly Circuit Recurrent = new(
        [0.3, 0.1], [1, 0.8], [0.5, 0.6], [0.1, 0.2], [1, 1.5], [2, 1], [1, 0.4, 0.7, 1], [1, 0.3, -0.2, 1]);

    public static TheoryData<string> Parts => ["step", "pulse", "ramp", "sine", "sine for a while", "table", "held table", "jump in a table"];

    static Stimulus Of(string part) => part switch
    {
        "step" => None.Step(1, 0.5),
        "pulse" => None.Pulse(1, 0.25, 2),
        "ramp" => None.Ramp(1, 4, 3),
        "sine" => None.Sine(5, 0.4, phase: 0.1),
        "sine for a while" => None.Sine(2, 0.4, from: 1, until: 4.5),
        "table" => None.Table([1, 3, 4], [1, 2, 0], units: [0]),
        "held table" => None.Table([1, 3, 4], [1, 2, 0], isHeld: true, units: [0]),
        _ => None.Table([0, 2, 2, 5], [0, 1, 3, 3], units: [0]),
    };

    // What an interval of a straight line z = p + q(t − from) makes of y.
    static double Line(double y, double span, double p, double q)
        => p - q * Tau + q * span + (y - p + q * Tau) * Math.Exp(-span / Tau);

    static double Waved(double t, double from, double period, double phase, double amplitude)
    {
        var (w, start) = (2 * Math.PI / period, 2 * Math.PI * phase);
        double Settled(double s) => amplitude / (1 + w * Tau * w * Tau) * (Math.Sin(w * s + start) - w * Tau * Math.Cos(w * s + start));
        return Settled(t - from) - Settled(0) * Math.Exp(-(t - from) / Tau);
    }

    // y_0/b at t = 6.
    static double Expected(string part) => part switch
    {
        "step" => 0.5 * (1 - Math.Exp(-5 / Tau)),
        "pulse" => 2 * (1 - Math.Exp(-0.25 / Tau)) * Math.Exp(-4.75 / Tau),
        "ramp" => Line(Line(0, 3, 0, 1), 2, 3, 0),
        "sine" => Waved(6, 0, 5, 0.1, 0.4),
        "sine for a while" => Waved(4.5, 1, 2, 0, 0.4) * Math.Exp(-1.5 / Tau),
        "table" => Line(Line(Line(Line(0, 1, 1, 0), 2, 1, 0.5), 1, 2, -2), 2, 0, 0),
        "held table" => Line(Line(Line(Line(0, 1, 1, 0), 2, 1, 0), 1, 2, 0), 2, 0, 0),
        _ => Line(Line(0, 2, 0, 0.5), 4, 3, 0),
    };

    [Theory]
    [MemberData(nameof(Parts))]
    public void Without_recurrence_y_is_the_input_through_a_filter(string part)
    {
        var system = new StimulatedSystem(new CircuitSystem(Filter), Filter, Of(part));
        foreach (var (method, step, tolerance) in ((OdeMethod, double?, double)[])[
            (RungeKutta.DormandPrince, null, 1e-8), (Rosenbrock.Rodas3, null, 1e-7), (RungeKutta.RungeKutta4, 0.01, 1e-9), (RungeKutta.Heun, 0.002, 1e-6)])
        {
            var options = Of(part).Options(new() { Step = step, RelativeTolerance = 1e-9, AbsoluteTolerance = 1e-12 }, 6);
            var end = Ode.Integrate(system, method, [0, 0, 0.1, 0.1], 0, 6, options).OrThrow();
            Assert.True(Math.Abs(end.EndState[0] - Gain * Expected(part)) < tolerance, $"{method.Name}: {end.EndState[0]}, {Gain * Expected(part)} expected");
        }
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public void The_slope_is_that_of_the_values_and_both_are_smooth_but_at_the_times_that_are_named(string part)
    {
        var stimulus = Of(part);
        double[] ends = [-1, .. stimulus.Discontinuities, 7];
        double At(double t, bool slope)
        {
            var sum = new double[2];
            if (slope) stimulus.AddSlope(t, [1, 1], sum);
            else stimulus.Add(t, [1, 1], sum);
            return sum[0];
        }
        foreach (var (from, to) in ends.Zip(ends.Skip(1)).Where(pair => pair.First < pair.Second))
            for (var k = 1; k < 20; k++)
            {
                var (t, h) = (from + (to - from) * k / 20, 1e-5);
                Assert.Equal((At(t + h, false) - At(t - h, false)) / (2 * h), At(t, true), 1e-8);
            }
        var last = double.IsFinite(stimulus.ConstantFrom) ? stimulus.ConstantFrom : double.NaN;
        if (!double.IsNaN(last)) Assert.Equal(At(last, false), At(last + 1e6, false));
        else Assert.NotEqual(At(100, false), At(100.3, false));
    }

    [Fact]
    public void Parts_add_up_each_at_its_neurons()
    {
        var both = None.Step(1, 0.5, [0]).Ramp(0, 4, 2, [1]).Table([0, 2], [1, 10, 3, 30]);
        double[] sum = [100, 200];
        both.Add(1, [1, 2], sum);
        Assert.Equal([100 + 0.5 + 2, 200 + 2 * (0.5 + 20)], sum);
        Assert.Equal([0, 1, 2, 4], both.Discontinuities);
        Assert.Equal((4, double.PositiveInfinity), (both.ConstantFrom, both.LongestStep));
        var circuit = both.At(Recurrent, 1);
        Assert.Equal([0.3 + 0.5 + 2, 0.1 + 0.5 + 20], circuit.Z.ToArray());
        Assert.Equal(Recurrent.Wr.ToArray(), circuit.Wr.ToArray());
        Assert.Equal(double.NegativeInfinity, None.ConstantFrom);
        Assert.True(new StimulatedSystem(new CircuitSystem(Recurrent), Recurrent, None).IsAutonomous);
    }

    [Fact]
    public void Adaptive_and_fixed_steps_agree_and_every_form_of_the_circuit_takes_a_stimulus()
    {
        var stimulus = None.Sine(4, 0.2).Pulse(2, 0.1, 3, [1]).Ramp(5, 6, -0.2);
        foreach (var inner in (IStiffOdeSystem[])[
            new CircuitSystem(Recurrent), new RectifiedSystem(Recurrent), new PowerLawSystem(Recurrent, 2.5), new DeviceCircuitSystem(Recurrent, Device.Cpu)])
        {
            var system = new StimulatedSystem(inner, Recurrent, stimulus);
            double[] End(OdeMethod method, double? step) => Ode.Integrate(system, method, [0.1, 0.1, 0.1, 0.1], 0, 10,
                stimulus.Options(new() { Step = step, RelativeTolerance = 1e-10, AbsoluteTolerance = 1e-12 }, 10)).OrThrow().EndState.ToArray();
            var expected = End(RungeKutta.RungeKutta4, 1.0 / 512);
            foreach (var found in (double[][])[End(RungeKutta.DormandPrince, null), End(Rosenbrock.Rodas3, null)])
                for (var i = 0; i < 4; i++) Assert.Equal(expected[i], found[i], 1e-7);
            (inner as IDisposable)?.Dispose();
        }
    }

    [Fact]
    public void Noise_of_no_strength_sees_the_pulse_that_lies_within_a_step()
    {
        var stimulus = None.Pulse(1.05, 0.01, 5);
        var system = new StimulatedSystem(new CircuitSystem(Filter), Filter, stimulus);
        var path = EulerMaruyama.Integrate(system, [0, 0, 0, 0], (_, _) => 0, [0, 0, 0.1, 0.1], 0, 1.06, 0.5, discontinuities: stimulus.Discontinuities);
        Assert.Equal(0.01 * Gain * 5 / Tau, path.EndState[0], 1e-15);
    }

    [Fact]
    public void A_rate_needs_no_memory()
    {
        var stimulus = None.Sine(4, 0.2).Pulse(2, 0.1, 3, [1]).Table([0, 1, 2], [0, 1, 2, 3, 4, 5]);
        var system = new StimulatedSystem(new CircuitSystem(Recurrent), Recurrent, stimulus);
        double[] x = [0.1, 0.1, 0.1, 0.1], rate = new double[4];
        void Run()
        {
            for (var k = 0; k < 1000; k++)
            {
                system.Rate(k * 0.01, x, rate);
                system.TimeDerivative(k * 0.01, x, rate);
            }
        }
        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void While_it_changes_nothing_has_settled()
    {
        var asked = new OdeOptions { SteadyStateTolerance = 1e-4, LimitCycleTolerance = 1e-3, MaxStep = 2, Discontinuities = [7] };
        var endless = None.Sine(8, 1).Options(asked, 100);
        Assert.Equal((0, 0, 1), (endless.SteadyStateTolerance, endless.LimitCycleTolerance, endless.MaxStep));
        Assert.Equal([7, 0], endless.Discontinuities);
        Assert.Equal(0, None.Ramp(1, 100, 1).Options(asked, 100).LimitCycleTolerance);
        var settling = None.Ramp(1, 99, 1).Options(asked, 100);
        Assert.Equal((1e-4, 1e-3, 2), (settling.SteadyStateTolerance, settling.LimitCycleTolerance, settling.MaxStep));
        var step = None.Step(50, 1);
        var system = new StimulatedSystem(new CircuitSystem(Filter), Filter, step);
        var options = step.Options(new() { SteadyStateTolerance = 1e-4 }, 500);
        var course = Ode.Integrate(system, RungeKutta.DormandPrince, [0, 0, 0.1, 0.1], 0, 500, options);
        Assert.Equal(OdeStatus.SteadyState, course.Status);
        Assert.InRange(course.EndTime, 60, 200);
    }

    [Fact]
    public void What_cannot_be_is_refused_in_a_sentence()
    {
        static void Refused(string part, Action act) => Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(act).Message);
        Refused("no neuron 2", () => None.Step(0, 1, [2]));
        Refused("named twice", () => None.Step(0, 1, [1, 1]));
        Refused("No neuron is named", () => None.Step(0, 1, []));
        Refused("at is NaN", () => None.Step(double.NaN, 1));
        Refused("by is Infinity; give a number between", () => None.Step(0, double.PositiveInfinity));
        Refused("positive duration", () => None.Pulse(1, 0, 1));
        Refused("too short", () => None.Pulse(1, 1e-17, 1));
        Refused("later than the start", () => None.Ramp(2, 2, 1));
        Refused("The period is 0", () => None.Sine(0, 1));
        Refused("later than the start", () => None.Sine(1, 1, until: -1));
        Refused("no rows", () => None.Table([], []));
        Refused("rising times", () => None.Table([1, 0], [1, 1, 1, 1]));
        Refused("Three rows", () => None.Table([1, 1, 1], [1, 1, 1, 1, 1, 1]));
        Refused("are 4 values, not 3", () => None.Table([0, 1], [1, 1, 1]));
        Refused("this circuit asks for 2", () => None.Add(0, [1], [1]));
        Refused("the circuit has 2", () => _ = new StimulatedSystem(new CircuitSystem(Filter), Filter, new(3)));
        Refused("4, y and a", () => _ = new StimulatedSystem(new CircuitSystem(Filter.Without(0)), Filter, None));
    }
}
