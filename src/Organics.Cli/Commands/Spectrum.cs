using System.CommandLine;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Organics;

/// <summary>The highest point of a unit's power above frequency 0, with the width at half its power; null where power only falls.</summary>
/// <param name="Unit">Of which y.</param>
/// <param name="Frequency">Where, per unit of time.</param>
/// <param name="Power">How high.</param>
/// <param name="HalfWidth">The width at half of it; not there where one side never falls so far.</param>
sealed record PeakReport(int Unit, double? Frequency, double? Power, double? HalfWidth);

/// <summary>What noise makes of a circuit; stdout has it with --json. Frequencies in cycles per unit of time; powers two-sided, per unit of
/// frequency.</summary>
/// <param name="Verdict">On the fixed point.</param>
/// <param name="MaxReal">The largest real part of an eigenvalue there, per unit of time.</param>
/// <param name="Noise">On every equation, per √time.</param>
/// <param name="LowPass">Time constant of the noise; 0 for white.</param>
/// <param name="Units">Whose power was computed.</param>
/// <param name="Pairs">Whose coherence was computed.</param>
/// <param name="Peaks">One for each unit.</param>
/// <param name="WelchRatio">Simulated over computed power, in the mean over frequencies.</param>
/// <param name="WelchSpread">The standard deviation of that ratio over frequencies.</param>
/// <param name="Folder">Where the table and the pictures are.</param>
sealed record SpectrumReport(
    string Verdict, double MaxReal, double Noise, double LowPass, int[] Units, string[] Pairs, PeakReport[] Peaks, double? WelchRatio, double? WelchSpread,
        string Folder);

/// <summary><c>organics spectrum FILE.json</c>.</summary>
static class Spectrum
{
    const string Units = "--units", Pairs = "--pairs", Noise = "--noise", LowPass = "--lowpass", From = "--from", To = "--to", Points = "--points",
        Welch = "--welch",
        Seed = "--seed", Out = "--out", Json = "--json";

    // Curves without a choice, samples of a segment of Welch's, and its segments.
    const int MostCurves = 6, Segment = 2048, Often = 64;

    // Widths from the frequency of a mode.
    static readonly double[] Beside = [-2, -1, -0.5, 0, 0.5, 1, 2];

    public static Command Command()
    {
        var command = new Command("spectrum", "The power spectra and coherences of a circuit's responses to noise, around its stable fixed point.");
        command.Arguments.Add(new Argument<string>(CircuitInput.Argument) { Description = CircuitInput.Help });
        command.Options.Add(new Option<string>(Units) { Description = $"Units whose power is drawn [the {MostCurves} of most power].", HelpName = "I,J,…" });
        command.Options.Add(new Option<string>(Pairs)
        {
            Description = "Pairs of units whose coherence is drawn [the first unit with each other].",
            HelpName = "I-J,…"
        });
        command.Options.Add(Setting.Option(Noise, "X", "Noise on every equation, per √time.", 1.0, text => Setting.Number(text, positive: true)));
        command.Options.Add(Setting.Option(LowPass, "X", "Time constant of the noise; 0 is white.", 0.0, text => Setting.Number(text, positive: false)));
        command.Options.Add(Setting.Option<double?>(From, "X", "The lowest frequency [a tenth of the slowest mode's].", text
            => Setting.Number(text, positive: true)));
        command.Options.Add(Setting.Option<double?>(To, "X", "The highest [ten times the fastest mode's].", text => Setting.Number(text, positive: true)));
        command.Options.Add(Setting.Option(Points, "N", "Frequencies, by equal ratios.", 300, text => Setting.Whole(text, 2)));
        command.Options.Add(Setting.Option(Welch, "N", $"Compare with N segments of a simulation by Euler and Maruyama (Welch's method); 0 does not.", 0,
            text => Setting.Whole(text, 0)));
        command.Options.Add(Setting.Option(Seed, "N", "Of that simulation's noise.", 0, text => Setting.Whole(text, 0)));
        command.Options.Add(new Option<string>(Out) { Description = "Where the table and the pictures go [runs/spectrum-FILE].", HelpName = "FOLDER" });
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.SetAction(given =>
        {
            var (report, files) = Run(given);
            if (given.GetValue<bool>(Json)) Console.Out.WriteLine(JsonSerializer.Serialize(report, RunJson.Line.SpectrumReport));
            else
            {
                foreach (var peak in report.Peaks)
                    Console.Out.WriteLine(peak.Frequency is null ? $"y{peak.Unit}: power falls from frequency 0 on."
                        : string.Create(CultureInfo.InvariantCulture, $"y{peak.Unit}: highest at {peak.Frequency:G5} per unit of time, power {peak.Power:G4}, ")
                            + (peak.HalfWidth is { } width ? string.Create(CultureInfo.InvariantCulture, $"{width:G3} wide at half of it.")
                                : "on a flank that never falls to half of it."));
                if (report.WelchRatio is { } ratio)
                    Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                        $"Simulated power over computed power: {ratio:F3} in the mean over frequencies, spread {report.WelchSpread:F3}."));
                Console.Out.WriteLine(Printable.Of($"Written to '{report.Folder}': {string.Join(", ", files)}."));
            }
            return (int)ExitCode.Done;
        });
        return command;
    }

    static (SpectrumReport Report, string[] Files) Run(ParseResult given)
    {
        var path = given.GetRequiredValue<string>(CircuitInput.Argument);
        var circuit = CircuitInput.Read(path);
        var n = circuit.N;
        var point = SteadyState.StableOf(circuit);
        var report = StabilityReport.Of(circuit, point);
        if (!report.IsStable || !(report.MaxRealPart < 0))
            throw Failure.Check($"The circuit has no stable fixed point that was found ({report.Verdict}, largest real part {report.MaxRealPart:G4}), and "
                + "without one no stationary spectrum; see `organics circuit`.");
        var jacobian = new double[4 * n * n];
        CircuitJacobian.Write(circuit, point.Y, point.A, jacobian);
        var (noise, lowPass) = (given.GetValue<double>(Noise), given.GetValue<double>(LowPass));
        var spectrum = new NoiseSpectrum(jacobian, [.. Enumerable.Repeat(noise, 2 * n)]);
        var sizes = report.Eigenvalues.Select(v => v.Magnitude / (2 * Math.PI)).ToArray();
        var (low, high, count) = (given.GetValue<double?>(From) ?? sizes.Min() / 10, given.GetValue<double?>(To)
            ?? sizes.Max() * 10, given.GetValue<int>(Points));
        if (!(low < high)) throw Failure.Usage($"The frequencies go from {low:G4} to {high:G4}; give {From} below {To}.");
        // Between them, and where oscillations have their peaks, which may be narrow.
        double[] frequencies =
        [
            .. Enumerable.Range(0, count).Select(k => low * Math.Pow(high / low, k / (count - 1.0)))
                .Concat(report.Eigenvalues.Where(v => v.Imaginary > 0).SelectMany(v => Beside.Select(part => (v.Imaginary + part * v.Real) / (2 * Math.PI)))
                    .Where(f => f > low && f < high)).Distinct().Order(),
        ];
        count = frequencies.Length;
        double Filter(double omega) => 1 / (1 + omega * omega * lowPass * lowPass);
        var cross = Log.Progress(show =>
        {
            var (all, done) = (new Complex[count][], 0);
            Parallel.For(0, count, k =>
            {
                all[k] = spectrum.CrossSpectrum(2 * Math.PI * frequencies[k]);
                show((double)Interlocked.Increment(ref done) / count, $"{done} of {count} frequencies");
            });
            return all;
        });
        double Power(int i, int k) => cross[k][i * (2 * n + 1)].Real * Filter(2 * Math.PI * frequencies[k]);
        double Coherence(int i, int j, int k) => NoiseSpectrum.Coherence(cross[k], i, j);
        // One resolvent has the powers of all units.
        Dictionary<double, double[]> known = [];
        double PowerAt(int i, double omega)
        {
            if (!known.TryGetValue(omega, out var all)) known[omega] = all = spectrum.Powers(omega);
            return all[i] * Filter(omega);
        }

        var units = given.GetValue<string>(Units) is { } chosen ? [.. chosen.Split(',').Select(text => Unit(text, n, Units))]
            : Enumerable.Range(0, n).OrderByDescending(i => Enumerable.Range(0, count).Max(k => Power(i, k))).Take(MostCurves).Order().ToArray();
        (int I, int J)[] pairs = given.GetValue<string>(Pairs) is { } said
            ? [.. said.Split(',').Select(text => text.Split('-') is [var i, var j] ? (Unit(i, n, Pairs), Unit(j, n, Pairs))
                : throw Failure.Usage($"{Pairs} is '{text}', but I-J is expected, as in 0-5."))]
            : [.. units.Skip(1).Select(j => (units[0], j))];
        var folder = given.GetValue<string>(Out) ?? Path.Combine("runs", $"spectrum-{CircuitInput.Name(path)}");
        OutFolder.Make(folder);
        var peaks = units.Select(i => PeakOf(i, omega => PowerAt(i, omega), report.Eigenvalues)).ToArray();
        PlotSeries[] simulated = [];
        (double Ratio, double Spread)? agreement = null;
        if (given.GetValue<int>(Welch) is > 0 and var segments)
        {
            // Sampled sixteen times faster than the fastest mode turns.
            var step = 1 / (16 * sizes.Max());
            var estimates = Log.Progress(show => Simulated(circuit, point, units, noise, lowPass, step, segments, given.GetValue<int>(Seed), show));
            var ratios = estimates.SelectMany((e, u)
                => e.Frequencies.Select((f, k) => (F: f, Ratio: e.Powers[k] / PowerAt(units[u], 2 * Math.PI * f)))
                .Where(r => r.F > 2 / (Segment * step) && r.F < sizes.Max()).Select(r => r.Ratio)).ToArray();
            var mean = ratios.Average();
            agreement = (mean, Math.Sqrt(ratios.Average(r => (r - mean) * (r - mean))));
            // Curves of the same units have the same colours.
            simulated =
            [
                .. Enumerable.Repeat(new PlotSeries("", ReadOnlyMemory<double>.Empty, ReadOnlyMemory<double>.Empty), Math.Max(0, MostCurves - units.Length)),
                .. estimates.Select((e, u) => Binned($"y{units[u]}, simulated", e.Frequencies, e.Powers, sizes.Max() * 2)),
            ];
        }
        var files = Write(folder, CircuitInput.Name(path), frequencies, units, pairs, Power, Coherence, simulated);
        SpectrumReport found = new(
            report.Verdict.ToString(), report.MaxRealPart, noise, lowPass, units, [.. pairs.Select(p => $"{p.I}-{p.J}")], peaks, agreement?.Ratio,
            agreement?.Spread, folder);
        return (found, files);
    }

    // Means over frequencies within a tenth of one another; near the highest that was sampled, what is faster would be counted as well.
    static PlotSeries Binned(string name, double[] frequencies, double[] powers, double highest)
    {
        var bins = frequencies.Zip(powers).Skip(1).Where(p => p.First < highest).GroupBy(p => Math.Floor(Math.Log(p.First) / 0.1)).OrderBy(g
            => g.Key).ToArray();
        return new(name, bins.Select(b => b.Average(p => p.First)).ToArray(), bins.Select(b => b.Average(p => p.Second)).ToArray()) { IsDashed = true };
    }

    static int Unit(string text, int n, string option)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var i) && i < n ? i
            : throw Failure.Usage($"{option} names the unit '{text}', but the circuit has 0 to {n - 1}.");

    static PeakReport PeakOf(int unit, Func<double, double> power, Complex[] eigenvalues)
    {
        if (NoiseSpectrum.HighestPeak(power, eigenvalues) is not { } peak) return new(unit, null, null, null);
        var (lower, upper) = (Half(-1), Half(1));
        return new(unit, peak.Omega / (2 * Math.PI), peak.Power, double.IsNaN(lower + upper) ? null : (upper - lower) / (2 * Math.PI));

        // Where power falls to half, away from the peak: by growing steps, then halvings.
        double Half(int way)
        {
            var (near, step) = (peak.Omega, 1e-6 * peak.Omega);
            for (; ; step *= 1.5)
            {
                var far = near + way * step;
                if (!(far > 0 && step < 1e6 * peak.Omega)) return double.NaN;
                if (power(far) > peak.Power / 2)
                {
                    near = far;
                    continue;
                }
                for (var k = 0; k < 40; k++)
                    if (power((near + far) / 2) > peak.Power / 2) near = (near + far) / 2;
                    else far = (near + far) / 2;
                return (near + far) / 2;
            }
        }
    }

    // Noise so small that the circuit stays where it is linear; the powers are those of the noise that was asked for.
    static (double[] Frequencies, double[] Powers)[] Simulated(
        Circuit circuit, SteadyStateSolution point, int[] units, double noise, double lowPass, double step, int segments, int seed, Action<double, string> show)
    {
        var n = circuit.N;
        var shortest = Math.Min(circuit.TauY.ToArray().Min(), circuit.TauA.ToArray().Min());
        // Neither time constants nor modes, which gates may make faster, are coarse to a step.
        var inner = (int)Math.Ceiling(Math.Max(step * Often / shortest, 12));
        var small = 1e-4 * Math.Max(point.Y.Max(Math.Abs), 1e-6) * Math.Min(1, Math.Sqrt(1 / shortest));
        var system = new NoisySystem(new CircuitSystem(circuit), lowPass);
        var amplitude = new double[system.Dimension];
        amplitude.AsSpan(system.Dimension - 2 * n).Fill(lowPass > 0 ? small / lowPass : small);
        var random = new CounterRandom((ulong)seed, 0);
        var samples = units.Select(_ => new double[(segments + 1) * Segment / 2]).ToArray();
        var (state, dt) = (new double[system.Dimension], step / inner);
        point.Y.CopyTo(state, 0);
        point.A.CopyTo(state, n);
        // The first quarter is forgotten.
        var (total, before) = (samples[0].Length, samples[0].Length / 4);
        for (var k = -before; k < total; k++)
        {
            var first = (ulong)(k + before) * (ulong)inner;
            var course = EulerMaruyama.Integrate(
                system, amplitude, (at, i) => random.Normal((first + (ulong)at) * (ulong)system.Dimension + (ulong)i), state, 0, step, dt, record: false);
            course.EndState.CopyTo(state);
            if (k >= 0)
                for (var u = 0; u < units.Length; u++) samples[u][k] = state[units[u]];
            if (k % Segment == 0) show((double)(k + before) / (total + before), "simulating");
        }
        var factor = noise / small * (noise / small);
        return [.. samples.Select(s => WelchSpectrum.Of(s, step, Segment)).Select(e => (e.Frequencies, e.Powers.Select(p => p * factor).ToArray()))];
    }

    static string[] Write(
        string folder, string title, double[] frequencies, int[] units, (int I, int J)[] pairs, Func<int, int, double> power, Func<int, int, int,
            double> coherence, PlotSeries[] simulated)
    {
        var csv = new StringBuilder("frequency");
        csv.AppendJoin("", units.Select(i => $",power{i}")).AppendJoin("", pairs.Select(p => $",coherence{p.I}-{p.J}")).Append('\n');
        for (var k = 0; k < frequencies.Length; k++)
            csv.Append(frequencies[k].ToString("R", CultureInfo.InvariantCulture))
                .AppendJoin("", units.Select(i => "," + power(i, k).ToString("R", CultureInfo.InvariantCulture)))
                .AppendJoin("", pairs.Select(p => "," + coherence(p.I, p.J, k).ToString("R", CultureInfo.InvariantCulture))).Append('\n');
        OutFolder.Save(folder, "spectrum.csv", csv.ToString());
        double[] Course(Func<int, double> of) => [.. Enumerable.Range(0, frequencies.Length).Select(of)];
        OutFolder.Save(folder, "power.svg", SvgPlot.Lines(
            $"{title}: power of noise", "frequency (1/time)", "power spectral density",
                [.. units.Select(i => new PlotSeries($"y{i}", frequencies, Course(k => power(i, k)))), .. simulated],
            logarithmic: true, logarithmicX: true));
        StabilityCommand.RemoveOld(folder, "coherence.svg");
        if (pairs.Length > 0)
            OutFolder.Save(folder, "coherence.svg", SvgPlot.Lines(
                $"{title}: coherence", "frequency (1/time)", "coherence",
                    [.. pairs.Select(p => new PlotSeries($"y{p.I}, y{p.J}", frequencies, Course(k => coherence(p.I, p.J, k))))],
                logarithmicX: true));
        return pairs.Length > 0 ? ["spectrum.csv", "power.svg", "coherence.svg"] : ["spectrum.csv", "power.svg"];
    }

    /// <summary>ẋ = f(x) + η with η = 0, where noise is white, or τη̇ = −η, to which it is added.</summary>
    sealed class NoisySystem(IOdeSystem system, double lowPass) : IOdeSystem
    {
        readonly int _n = system.Dimension;

        public int Dimension => lowPass > 0 ? 2 * _n : _n;

        public void Rate(double t, ReadOnlySpan<double> x, Span<double> rate)
        {
            system.Rate(t, x[.._n], rate[.._n]);
            if (lowPass == 0) return;
            for (var i = 0; i < _n; i++)
            {
                rate[i] += x[_n + i];
                rate[_n + i] = -x[_n + i] / lowPass;
            }
        }
    }
}
