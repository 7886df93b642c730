using FsCheck.Xunit;

namespace Organics.Laws;

/// <summary>What holds for every method of integration on random linear systems, against the matrix exponential.</summary>
public sealed class OdeLaws
{
    static IReadOnlyList<OdeMethod> Methods => [.. RungeKutta.All, .. Rosenbrock.All];

    [Property(MaxTest = 60)]
    public void Every_method_has_its_order(int seed)
    {
        var (system, start) = Draw(seed);
        const double end = 1;
        var exact = system.At(start, end);
        foreach (var method in Methods)
        {
            var h = method.Order switch { 1 => 1.0 / 2048, 2 => 1.0 / 256, _ => 1.0 / 32 };
            var (coarse, fine) = (Error(h), Error(h / 2));
            // A random system may, rarely, cancel the leading term; then both errors are small.
            Assert.True(Math.Abs(Math.Log2(coarse / fine) - method.Order) < 0.4 || coarse < Math.Pow(h, method.Order) / 100,
                $"{method.Name}, seed {seed}: {coarse} and {fine} at half the step");

            double Error(double step) => Distance(exact, Ode.Integrate(system, method, start, 0, end, new() { Step = step, Record = false }).EndState);
        }
    }

    [Property(MaxTest = 60)]
    public void Every_method_has_its_order_where_the_rate_depends_on_time(int seed)
    {
        var (system, _) = Draw(seed);
        var forced = new Forced(system, seed);
        foreach (var method in Methods)
        {
            var h = method.Order switch { 1 => 1.0 / 2048, 2 => 1.0 / 256, _ => 1.0 / 32 };
            var (coarse, fine) = (Error(h), Error(h / 2));
            Assert.True(Math.Abs(Math.Log2(coarse / fine) - method.Order) < 0.4 || coarse < Math.Pow(h, method.Order) / 100,
                $"{method.Name}, seed {seed}: {coarse} and {fine} at half the step");

            double Error(double step) => Distance(forced.At(1), Ode.Integrate(forced, method, forced.At(0), 0, 1, new() { Step = step, Record = false }).EndState);
        }
    }

    [Property(MaxTest = 60)]
    public void Steps_that_know_of_jumps_are_those_of_the_pieces_between_them(int seed)
    {
        var (system, start) = Draw(seed);
        var random = new Random(seed);
        double[] jumps = [.. Enumerable.Range(0, 1 + random.Next(4)).Select(_ => random.NextDouble()).Order()];
        double[] inputs = [.. Enumerable.Range(0, jumps.Length + 1).Select(_ => 10 * random.NextDouble() - 5)];
        var stepped = new Stepped(system, jumps, inputs);
        foreach (var method in Methods)
        {
            var options = new OdeOptions { Step = method.EmbeddedOrder > 0 ? null : 1.0 / 64 };
            var whole = Ode.Integrate(stepped, method, start, 0, 1, options with { Discontinuities = [.. jumps.Reverse(), -3, 7] }).OrThrow();
            var state = start;
            for (var piece = 0; piece <= jumps.Length; piece++)
            {
                var (from, to) = (piece == 0 ? 0 : jumps[piece - 1], piece == jumps.Length ? 1 : jumps[piece]);
                state = Ode.Integrate(new Stepped(system, [], [inputs[piece]]), method, state, from, to, options).EndState.ToArray();
            }
            Assert.True(Distance(state, whole.EndState) < 1e-12, $"{method.Name}, seed {seed}: {Distance(state, whole.EndState)}");
        }
    }

    [Property(MaxTest = 60)]
    public void No_step_is_longer_than_the_longest(int seed)
    {
        var (system, start) = Draw(seed);
        var longest = Math.Pow(10, -3 * new Random(seed).NextDouble());
        foreach (var method in Methods.Where(m => m.EmbeddedOrder > 0))
        {
            var times = Ode.Integrate(system, method, start, 0, 1, new() { MaxStep = longest, RelativeTolerance = 1e-3, AbsoluteTolerance = 1 }).OrThrow().Times;
            for (var k = 1; k < times.Length; k++) Assert.True(times[k] - times[k - 1] <= longest * (1 + 1e-12));
        }
    }

    [Property(MaxTest = 100)]
    public void A_spiral_is_no_cycle(int seed)
    {
        var random = new Random(seed);
        double Decades(double from, double to) => Math.Pow(10, from + (to - from) * random.NextDouble());
        var (damping, tolerance, cycle) = (Decades(-6, -2) * (random.Next(2) == 0 ? 1 : -1), Decades(-8, -5), Decades(-3, -1));
        var (angle, unit, size) = (2 * Math.PI * random.NextDouble(), Decades(-3, 3), Decades(-2, 2));
        var spiral = new Linear(2, [0, unit, -1 / unit, -2 * damping]);
        var options = new OdeOptions { RelativeTolerance = tolerance, AbsoluteTolerance = tolerance * 1e-3 * Math.Min(1, unit) * size, LimitCycleTolerance = cycle, Record = false };
        foreach (var method in Methods.Where(m => m.EmbeddedOrder > 0))
        {
            var end = Ode.Integrate(spiral, method, [size * unit * Math.Cos(angle), size * Math.Sin(angle)], 0, 400, options);
            Assert.True(end.Status == OdeStatus.ReachedEnd, $"{method.Name}, seed {seed}: damping {damping}, tolerance {tolerance}, cycle {cycle}: {end.Status} at {end.EndTime}");
        }
    }

    [Property(MaxTest = 60)]
    public void Adaptive_steps_and_dense_output_stay_near_the_exponential(int seed)
    {
        var (system, start) = Draw(seed);
        var x = new double[system.Dimension];
        foreach (var method in Methods.Where(m => m.EmbeddedOrder > 0))
        {
            var solution = Ode.Integrate(system, method, start, 0, 2, new() { RelativeTolerance = 1e-7, AbsoluteTolerance = 1e-7 }).OrThrow();
            for (var t = 0.05; t < 2; t += 0.1)
            {
                solution.At(t, x);
                var error = Distance(system.At(start, t), x);
                Assert.True(error < 3e-5, $"{method.Name}, seed {seed}, t = {t}: {error}");
            }
        }
    }

    [Property(MaxTest = 60)]
    public void The_end_does_not_depend_on_recording(int seed)
    {
        var (system, start) = Draw(seed);
        foreach (var method in Methods)
        {
            var options = new OdeOptions { Step = method.EmbeddedOrder > 0 ? null : 0.013 };
            var recorded = Ode.Integrate(system, method, start, 0, 1, options);
            var ends = Ode.Integrate(system, method, start, 0, 1, options with { Record = false });
            Assert.Equal(recorded.EndState.ToArray(), ends.EndState.ToArray());
            Assert.Equal((recorded.Steps, recorded.Rejections, recorded.RateEvaluations), (ends.Steps, ends.Rejections, ends.RateEvaluations));
        }
    }

    [Property(MaxTest = 60)]
    public void A_shift_of_time_shifts_the_solution(int seed)
    {
        var (system, start) = Draw(seed);
        var shift = new Random(seed).Next(-64, 64);
        foreach (var method in Methods)
        {
            // A dyadic step and shift leave no rounding in the times, so that fixed steps agree to the bit.
            var options = new OdeOptions { Step = method.EmbeddedOrder > 0 ? null : 1.0 / 64 };
            var (here, there) = (Ode.Integrate(system, method, start, 0, 1, options), Ode.Integrate(system, method, start, shift, shift + 1, options));
            Assert.True(Distance(here.EndState, there.EndState) <= (options.Step is null ? 1e-10 : 0), $"{method.Name}, seed {seed}, shift {shift}");
        }
    }

    static (Linear System, double[] Start) Draw(int seed)
    {
        var random = new Random(seed);
        var n = 1 + random.Next(5);
        double[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => 2 * random.NextDouble() - 1)];
        return (new(n, Numbers(n * n)), Numbers(n));
    }

    static double Distance(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double most = 0;
        for (var i = 0; i < x.Length; i++) most = Math.Max(most, Math.Abs(x[i] - y[i]));
        return most;
    }

    /// <summary>ẋ = M(x − φ) + φ̇, which φ_i = sin(ω_i·t + i) solves.</summary>
    sealed class Forced(Linear system, int seed) : IStiffOdeSystem
    {
        readonly double[] _speeds = [.. Enumerable.Range(0, system.Dimension).Select(i => 1 + 3 * new Random(seed + i).NextDouble())];

        public int Dimension => system.Dimension;

        public double[] At(double t) => [.. _speeds.Select((w, i) => Math.Sin(w * t + i))];

        public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
        {
            var offset = At(t);
            for (var i = 0; i < offset.Length; i++) offset[i] = x[i] - offset[i];
            system.Rate(t, offset, dxdt);
            for (var i = 0; i < offset.Length; i++) dxdt[i] += _speeds[i] * Math.Cos(_speeds[i] * t + i);
        }

        public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian) => system.Jacobian(t, x, jacobian);
    }

    /// <summary>ẋ = Mx + u(t)·1, u constant between its jumps.</summary>
    sealed class Stepped(Linear system, double[] jumps, double[] inputs) : IStiffOdeSystem
    {
        public int Dimension => system.Dimension;

        public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
        {
            system.Rate(t, x, dxdt);
            foreach (ref var rate in dxdt) rate += inputs[jumps.Count(jump => jump < t)];
        }

        public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian) => system.Jacobian(t, x, jacobian);
    }

    sealed class Linear(int n, double[] m) : IStiffOdeSystem
    {
        public int Dimension => n;

        public bool IsAutonomous => true;

        public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt) => Gemv.Multiply<double>(m, x, dxdt);

        public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian) => m.CopyTo(jacobian);

        /// <summary>exp(tM)·x by twenty Taylor terms of exp(tM/64) and six squarings.</summary>
        public double[] At(double[] x, double t)
        {
            var (term, sum) = (Identity(), Identity());
            for (var k = 1; k <= 20; k++)
            {
                term = [.. Multiply(term, m).Select(v => v * t / 64 / k)];
                sum = [.. sum.Zip(term, (a, b) => a + b)];
            }
            for (var k = 0; k < 6; k++) sum = Multiply(sum, sum);
            return [.. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, n).Sum(j => sum[i * n + j] * x[j]))];
        }

        double[] Identity() => [.. Enumerable.Range(0, n * n).Select(k => k % (n + 1) == 0 ? 1.0 : 0)];

        double[] Multiply(double[] a, double[] b) => [.. Enumerable.Range(0, n * n).Select(k => Enumerable.Range(0, n).Sum(l => a[k / n * n + l] * b[l * n + k % n]))];
    }
}
