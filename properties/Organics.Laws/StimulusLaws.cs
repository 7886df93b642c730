using FsCheck.Xunit;

namespace Organics.Laws;

/// <summary>What holds for every stimulus of a circuit.</summary>
public sealed class StimulusLaws
{
    [Property(MaxTest = 200)]
    public void No_pulse_is_missed_however_short_it_is_and_whenever_it_comes(int seed)
    {
        var random = new Random(seed);
        var (end, tau) = (Math.Pow(10, 4 * random.NextDouble()), Math.Pow(10, 2 * random.NextDouble() - 1));
        var (at, duration) = (0.9 * end * random.NextDouble(), end * Math.Pow(10, -1 - 8 * random.NextDouble()));
        var by = tau / duration;
        // Without recurrence τẏ = −y + z.
        var circuit = new Circuit([0], [1], [1], [0.5], [tau], [1], [0], [0]);
        var stimulus = new Stimulus(1).Pulse(at, duration, by);
        var system = new StimulatedSystem(new CircuitSystem(circuit), circuit, stimulus);
        var y = new double[2];
        foreach (var method in (OdeMethod[])[RungeKutta.DormandPrince, Rosenbrock.Rodas3])
        {
            var options = stimulus.Options(new() { RelativeTolerance = 1e-7, AbsoluteTolerance = 1e-9 }, end);
            var course = Ode.Integrate(system, method, [0, 0.25], 0, end, options).OrThrow();
            course.At(at + duration, y);
            // The pulse's two ends are rounded, and so is what lies between.
            var length = at + duration - at;
            var expected = by * -double.ExpM1(-length / tau);
            Assert.True(Math.Abs(y[0] - expected) < 1e-5 * Math.Max(1, expected), $"{method.Name}, seed {seed}: {y[0]} where {expected} is expected");
        }
    }

    [Property(MaxTest = 200)]
    public void What_is_added_is_the_sum_of_the_parts(int seed)
    {
        var random = new Random(seed);
        var n = 1 + random.Next(5);
        Func<Stimulus, Stimulus>[] parts =
        [
            .. Enumerable.Range(0, 1 + random.Next(4)).Select(_ =>
            {
                var (from, length, by, kind) = (4 * random.NextDouble(), 0.1 + random.NextDouble(), random.NextDouble() - 0.5, random.Next(5));
                int[] units = [.. Enumerable.Range(0, n).Where(_ => random.Next(2) == 0).DefaultIfEmpty(0)];
                return (Func<Stimulus, Stimulus>)(s => kind switch
                {
                    0 => s.Step(from, by, units),
                    1 => s.Pulse(from, length, by, units),
                    2 => s.Ramp(from, from + length, by, units),
                    3 => s.Sine(length, by, by, from, from + 3 * length, units),
                    _ => s.Table([from, from + length], [.. Enumerable.Range(0, 2 * units.Length).Select(k => by * k)], units: units),
                });
            }),
        ];
        var (whole, none) = (parts.Aggregate(new Stimulus(n), (sum, part) => part(sum)), new Stimulus(n));
        double[] scale = [.. Enumerable.Range(0, n).Select(_ => random.NextDouble())];
        for (var t = -1.0; t < 8; t += 0.37)
        {
            var (together, apart, slope, slopes) = (new double[n], new double[n], new double[n], new double[n]);
            whole.Add(t, scale, together);
            whole.AddSlope(t, scale, slope);
            foreach (var part in parts)
            {
                part(none).Add(t, scale, apart);
                part(none).AddSlope(t, scale, slopes);
            }
            Assert.Equal(apart, together);
            Assert.Equal(slopes, slope);
        }
    }
}
