using FsCheck.Xunit;

namespace Organics.Properties;

/// <summary>What holds for every method of integration on random linear systems, against the matrix exponential.</summary>
public sealed class OdeLaws
{
    static IReadOnlyList<OdeMethod> Methods => [.. RungeKutta.All, Rosenbrock.Rodas3];

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

    sealed class Linear(int n, double[] m) : IStiffOdeSystem
    {
        public int Dimension => n;

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
