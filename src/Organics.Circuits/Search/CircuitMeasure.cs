namespace Organics;

/// <summary>What is measured of a circuit at its fixed point.</summary>
/// <param name="Name">What it is called: a column of a table.</param>
/// <param name="Meaning">One sentence, with the unit.</param>
/// <param name="IsPerUnit">Whether there is one number for each neuron pair.</param>
public sealed record CircuitMeasure(string Name, string Meaning, bool IsPerUnit)
{
    /// <summary>All there are.</summary>
    public static IReadOnlyList<CircuitMeasure> All { get; } =
    [
        Each("y", "responses y of the principal neurons", x => x.Point.Y),
        Each("a", "responses a of the modulator neurons", x => x.Point.A),
        Each("rate", "firing rates ⌊y⌋²", x => [.. x.Point.Y.Select(y => Math.Max(y, 0) * Math.Max(y, 0))]),
        One("max_re", "largest real part of the Jacobian's eigenvalues, per unit of time", x => x.Report.MaxRealPart),
        One("stable", "1 where the fixed point is stable, 0 where it is not and no stable one is known; none where that is not decided", x
            => x.Report.Verdict switch
            {
                StabilityVerdict.Stable => 1,
                StabilityVerdict.Unstable => 0,
                _ => double.NaN,
            }),
        One("frequency", "frequency of the mode of the least damping ratio, per unit of time; none where no mode oscillates", x
            => Oscillation(x.Report)?.Frequency ?? double.NaN),
        One("damping", "the least damping ratio of a mode: 1 does not oscillate, 0 does for ever", x => Oscillation(x.Report)?.DampingRatio ?? double.NaN),
        One("peak_frequency", "frequency of the highest peak above 0 of the mean power of all y under noise, per unit of time; none where power has no peak",
            x => Peak(x.Circuit, x.Point, x.Report).Frequency),
        One("peak_power", "mean power of all y at its highest peak above frequency 0, for white noise of unit intensity on every equation; none where power has "
            + "no peak", x => Peak(x.Circuit, x.Point, x.Report).Power),
        One("global", "1 where every start is proven to come to rest (Wr = I); none where that is not known", x =>
            x.Circuit.IsIdentityRecurrence && GlobalStability.Of(x.Circuit).Holds ? 1 : double.NaN),
        One("basin", "factor in every y and a from which the circuit is proven to return (Wr = I)", x => x.Circuit.IsIdentityRecurrence
            ? CertifiedBasin.Of(x.Circuit)?.Factor ?? double.NaN : double.NaN),
        new(Others, "other stable fixed points that are known at a point of a sweep: those that Newton's method reaches from the stable ones of its neighbours",
            false) { IsOfPoint = true },
    ];

    /// <summary>The name of the measure that only a sweep knows, for it takes neighbours: of one circuit it has no number.</summary>
    public const string Others = "others";

    Func<(Circuit Circuit, SteadyStateSolution Point, StabilityReport Report), double[]> Compute { get; init; } = _ => [double.NaN];

    /// <summary>Whether it is a matter of the point alone, or of its neighbours: where the fixed point is unique and known in closed form, no eigenvalue is
    /// then asked for.</summary>
    internal bool IsOfPoint { get; private init; }

    /// <summary>One by its name.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static CircuitMeasure Named(string name)
        => All.FirstOrDefault(m => m.Name == name)
            ?? throw new FormatException($"'{name}' is measured nowhere; "
                + $"{(Suggestion.Nearest(name, All.Select(m => m.Name)) is { } meant ? $"did you mean {meant}? All are " : "")}"
                + $"{string.Join(", ", All.Select(m => m.Name))}.");

    /// <summary>The names of its numbers, of a circuit of so many pairs: its own, or its own with the number of each pair.</summary>
    public IReadOnlyList<string> Columns(int n) => IsPerUnit ? [.. Enumerable.Range(0, n).Select(i => $"{Name}{i}")] : [Name];

    /// <summary>The numbers of a circuit: one, or one for each pair; NaN where there is none, as where no fixed point was proven.</summary>
    /// <param name="circuit">The circuit.</param>
    /// <param name="point">Its fixed point.</param>
    /// <param name="report">The examination of the point.</param>
    public double[] Of(Circuit circuit, SteadyStateSolution point, StabilityReport report)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        ArgumentNullException.ThrowIfNull(report);
        // Of a state that is no fixed point nothing is measured.
        return report.Verdict != StabilityVerdict.Unknown ? Compute((circuit, point, report)) : [.. Columns(circuit.N).Select(_ => double.NaN)];
    }

    static CircuitMeasure Each(string name, string meaning, Func<(Circuit Circuit, SteadyStateSolution Point, StabilityReport Report), double[]> of)
        => new(name, meaning, true) { Compute = of, IsOfPoint = true };

    static CircuitMeasure One(string name, string meaning, Func<(Circuit Circuit, SteadyStateSolution Point, StabilityReport Report), double> of)
        => new(name, meaning, false) { Compute = x => [of(x)] };

    static CircuitMode? Oscillation(StabilityReport report)
        => CircuitMode.Of(report.Eigenvalues).Where(m => m.Eigenvalue.Imaginary > 0).MinBy(m => m.DampingRatio);

    static (double Frequency, double Power) Peak(Circuit circuit, SteadyStateSolution point, StabilityReport report)
    {
        if (!report.IsStable || !(report.MaxRealPart < 0)) return (double.NaN, double.NaN);
        var n = circuit.N;
        var jacobian = new double[4 * n * n];
        CircuitJacobian.Write(circuit, point.Y, point.A, jacobian);
        var spectrum = new NoiseSpectrum(jacobian, [.. Enumerable.Repeat(1.0, 2 * n)]);
        double Power(double omega) => spectrum.Powers(omega).AsSpan(..n).ToArray().Average();
        return NoiseSpectrum.HighestPeak(Power, report.Eigenvalues) is { } peak ? (peak.Omega / (2 * Math.PI), peak.Power) : (double.NaN, double.NaN);
    }
}
