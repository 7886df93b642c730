namespace Organics.Tests;

public sealed class CircuitSweepTests
{
    static readonly CircuitDescription Ring = CircuitFile.Describe("""
        { "n": 8, "z": { "gaussian": { "center": 4, "width": 2, "circular": true } }, "b": 0.5, "b0": 0.5, "sigma": 0.1, "tauY": 2, "tauA": 5,
          "W": { "gaussian": { "width": 2, "circular": true } }, "Wr": 1 }
        """);

    static CircuitMeasure[] Measures(params string[] names) => [.. names.Select(CircuitMeasure.Named)];

    [Theory]
    [InlineData("z=0.01:1:log3", new[] { 0.01, 0.1, 1 }, true)]
    [InlineData("z[2]=-1:1:5", new[] { -1, -0.5, 0, 0.5, 1 }, false)]
    [InlineData("W.width=3,1,2", new[] { 3.0, 1, 2 }, false)]
    [InlineData("sigma=-4:-1:log3", new[] { -4.0, -2, -1 }, true)]
    [InlineData("sigma=0.3:9:1", new[] { 0.3 }, false)]
    public void An_axis_has_values_by_equal_differences_or_ratios_or_as_they_are_given(string text, double[] expected, bool isLogarithmic)
    {
        var axis = SweepAxis.Parse(text);
        Assert.Equal(text.Split('=')[0], axis.Path);
        Assert.Equal(isLogarithmic, axis.IsLogarithmic);
        Assert.All(expected.Zip(axis.Values), p => Assert.Equal(p.First, p.Second, 1e-15));
        Assert.Equal((expected[0], expected[^1]), (axis.Values[0], axis.Values[^1]));
    }

    [Theory]
    [InlineData("z", "PATH=FROM:TO:N")]
    [InlineData("=1:2:3", "PATH=FROM:TO:N")]
    [InlineData("z=0:1:log5", "same side of 0")]
    [InlineData("z=-1:1:log5", "same side of 0")]
    [InlineData("z=1:2", "PATH=FROM:TO:N")]
    [InlineData("z=1:2:0", "number of values")]
    [InlineData("z=1:2:logs", "number of values")]
    [InlineData("z=1,two", "'two' is no number")]
    [InlineData("z=NaN:1:3", "'NaN' is no number")]
    public void An_axis_that_cannot_be_read_says_what_is_expected(string text, string word)
        => Assert.Contains(word, Assert.Throws<FormatException>(() => SweepAxis.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_point_is_the_circuit_by_itself_on_any_number_of_threads_and_in_any_parts()
    {
        var sweep = new CircuitSweep(Ring, [SweepAxis.Parse("z.scale=0.01:10:log7"), SweepAxis.Parse("tauA=1:9:5")], Measures("y", "rate", "max_re", "stable", "frequency", "damping", "basin", "global"));
        var all = sweep.Run(0, sweep.Count, 1);
        Assert.Equal(35, all.Length);
        Assert.Equal([.. all.SelectMany(r => r)], sweep.Run(0, sweep.Count, 4).SelectMany(r => r));
        Assert.Equal([.. all[11..23].SelectMany(r => r)], sweep.Run(11, 12, 2).SelectMany(r => r));
        for (var k = 0; k < all.Length; k += 4)
        {
            Assert.Equal(sweep.Parameters(k), all[k][..2]);
            var circuit = Ring.With("z.scale", all[k][0]).With("tauA", all[k][1]).Build();
            var report = StabilityReport.Of(circuit);
            var (y, a) = (new double[8], new double[8]);
            SteadyState.Identity(circuit.Drive, circuit.C, circuit.W, y, a);
            for (var i = 0; i < 8; i++)
            {
                Assert.Equal(y[i], all[k][2 + i], 1e-12);
                Assert.Equal(y[i] * y[i], all[k][10 + i], 1e-12);
            }
            Assert.Equal(report.MaxRealPart, all[k][18], 1e-12);
            Assert.Equal(1, all[k][19]);
            var oscillation = report.Eigenvalues.Where(v => v.Imaginary > 0).OrderBy(v => -v.Real / v.Magnitude).FirstOrDefault();
            Assert.Equal(oscillation == default ? double.NaN : oscillation.Imaginary / (2 * Math.PI), all[k][20], 1e-9);
            Assert.Equal(oscillation == default ? double.NaN : -oscillation.Real / oscillation.Magnitude, all[k][21], 1e-9);
            Assert.Equal(CertifiedBasin.Of(circuit)!.Factor, all[k][22]);
            Assert.Equal(GlobalStability.Of(circuit).Holds ? 1 : double.NaN, all[k][23]);
        }
    }

    /// <summary>Of one pair all fixed points are known: where neighbours show different ones, and both have several, it is said at both.</summary>
    [Theory]
    [InlineData("z=-0.6:0.6:40", 3)]
    [InlineData("z=0.5:-0.5:31", 2.4)]
    public void Where_neighbours_show_different_fixed_points_others_are_known(string axis, double wr)
    {
        var pair = CircuitFile.Describe(FormattableString.Invariant(
            $$"""{ "z": [0], "b": 1, "b0": 1, "sigma": 0.1, "tauY": 1, "tauA": 0.2, "W": [[1]], "Wr": [[{{wr}}]] }"""));
        var sweep = new CircuitSweep(pair, [SweepAxis.Parse(axis)], Measures("y", "others"));
        var rows = sweep.Run(0, sweep.Count, 2);
        int[] stable = [.. rows.Select(r => new PlanarCircuit(wr, 1, 1, 1, 0.1, r[0], 1, 0.2).FixedPoints().Count(p => p.Eigenvalues.First.Real < 0 && p.Eigenvalues.Second.Real < 0))];
        var switches = 0;
        for (var k = 0; k < rows.Length; k++)
        {
            Assert.InRange(rows[k][2], 0, stable[k] - 1);
            if (k == 0 || Math.Abs(rows[k][1] - rows[k - 1][1]) < 0.5 || stable[k] < 2 || stable[k - 1] < 2) continue;
            switches++;
            Assert.Equal((1, 1), (rows[k][2], rows[k - 1][2]));
            // Alone these two are the first and the last point of an axis, and each other's only neighbour.
            CircuitSweep two = new(pair, [SweepAxis.Parse(FormattableString.Invariant($"z={rows[k - 1][0]:R},{rows[k][0]:R}"))], Measures("y", "others"));
            Assert.Equal([1, 1], two.Run(0, 2, 1).Select(r => r[2]));
        }
        Assert.Equal(1, switches);
        Assert.Contains(rows, r => r[2] == 0);
    }

    /// <summary>One pair has a fixed point of the drive's sign (Theorem 5.2): where it is stable, it is the one that is measured.</summary>
    [Theory]
    [InlineData("z=0.01:1:log20")]
    [InlineData("z=-0.01:-1:log20")]
    public void Of_one_pair_the_stable_fixed_point_of_the_drives_sign_is_measured(string axis)
    {
        var pair = CircuitFile.Describe("""{ "n": 1, "z": 1, "b": 0.5, "b0": 0.5, "sigma": 0.1, "tauY": 2, "tauA": 4, "W": [[1]], "Wr": [[1.2]] }""");
        var sweep = new CircuitSweep(pair, [SweepAxis.Parse(axis), SweepAxis.Parse("Wr=1.02:1.4:20")], Measures("y", "stable"));
        var several = 0;
        foreach (var row in sweep.Run(0, sweep.Count, 2))
        {
            double[] stable = [.. new PlanarCircuit(row[1], 1, 0.5, 0.5, 0.1, row[0], 2, 4).FixedPoints()
                .Where(p => p.Eigenvalues.First.Real < 0 && p.Eigenvalues.Second.Real < 0).Select(p => p.Y)];
            if (!stable.Any(y => y * row[0] > 0)) continue;
            Assert.Equal((Math.Sign(row[0]), 1), (Math.Sign(row[2]), row[3]));
            if (stable.Any(y => y * row[0] < 0)) several++;
        }
        Assert.NotEqual(0, several);
    }

    /// <summary>The search at a point may find no stable fixed point where a neighbour knows one: then nothing says that the circuit is not stable.</summary>
    [Fact]
    public void A_stable_fixed_point_that_only_a_neighbour_knows_is_measured()
    {
        var ring = CircuitFile.Describe("""
            { "n": 36, "z": { "gaussian": { "center": 18, "width": 4, "height": 1, "circular": true } }, "b": 0.5, "b0": 0.5, "sigma": 0.1, "tauY": 2,
              "tauA": 4, "W": { "gaussian": { "width": 6, "sum": 1, "circular": true } }, "Wr": {"sum": ["identity", {"goe": {"delta": 0.5, "seed": 0}}]} }
            """).With("z.norm", 0.1);
        var sweep = new CircuitSweep(ring, [SweepAxis.Parse("Wr.sum[1].goe.delta=0.5,1")], Measures("stable", "max_re", "others", "y", "a"));
        var row = sweep.Run(0, 2, 2)[1];
        Assert.False(StabilityReport.Of(sweep.CircuitAt(1)).IsStable);
        Assert.Equal((1, 0), (row[1], row[3]));
        Assert.True(row[2] < 0);
        Assert.InRange(SteadyState.Residual(sweep.CircuitAt(1), row.AsSpan(4, 36), row.AsSpan(40)), 0, 1e-10);
        Assert.Equal(row, sweep.Run(1, 1, 1)[0]);
    }

    [Fact]
    public void Any_recurrence_gives_the_same_numbers_on_any_number_of_threads_and_in_any_parts()
    {
        var several = CircuitFile.Describe("""
            { "n": 3, "z": [0.3, 0.02, 0.01], "b": 1, "b0": 1, "sigma": 0.1, "tauY": 1, "tauA": 1, "W": { "uniform": 0.4 }, "Wr": [[2.5, -2, 0], [-2, 2.5, 0.1], [0.3, 0, 1]] }
            """);
        var sweep = new CircuitSweep(several, [SweepAxis.Parse("sigma=0.05:0.3:5"), SweepAxis.Parse("z[0]=-0.5:0.5:8")], Measures("y", "max_re", "others"));
        var all = sweep.Run(0, sweep.Count, 2);
        Assert.Contains(all, r => r[^1] > 0);
        foreach (var size in (int[])[1, 7, 13])
            for (var from = 0; from < sweep.Count; from += size)
            {
                var count = Math.Min(size, sweep.Count - from);
                Assert.Equal([.. all[from..(from + count)].SelectMany(r => r)], sweep.Run(from, count, 1 + from % 2).SelectMany(r => r));
            }
    }

    [Fact]
    public void Draws_are_averaged_and_those_without_a_number_left_out()
    {
        var random = Ring.With("Wr", """{"sum": ["identity", {"goe": {"delta": 2.5, "seed": 4}}]}""");
        var sweep = new CircuitSweep(random, [SweepAxis.Parse("z.norm=0.1,10")], Measures("stable", "max_re"), draws: 5, seed: "Wr.seed");
        foreach (var row in sweep.Run(0, 2, 2))
        {
            var reports = Enumerable.Range(0, 5).Select(d => StabilitySweep.Examine(
                random.With("Wr.goe.seed".Replace("goe.", "sum[1].goe.", StringComparison.Ordinal), 4 + d).With("z.norm", row[0]).Build(), out _)).ToArray();
            var decided = reports.Where(v => v is StabilityVerdict.Stable or StabilityVerdict.Unstable).ToArray();
            Assert.Equal(decided.Length == 0 ? double.NaN : decided.Average(v => v == StabilityVerdict.Stable ? 1.0 : 0), row[1], 1e-12);
        }
        Assert.Throws<ArgumentException>(() => new CircuitSweep(random, [SweepAxis.Parse("z.norm=0.1,10")], Measures("stable"), draws: 5));
    }

    [Fact]
    public void A_peak_is_the_highest_point_of_the_mean_power()
    {
        var oscillating = CircuitFile.Describe("""{ "n": 2, "z": 1, "b": 1, "b0": 1, "sigma": 0.1, "tauY": 1, "tauA": 3, "W": [[1, 0.5], [0.5, 1]], "Wr": [[1.5, -1], [1, 1.5]] }""");
        var row = new CircuitSweep(oscillating, [SweepAxis.Parse("z=0.9:1.1:2")], Measures("peak_frequency", "peak_power")).Run(0, 2, 1)[1];
        var circuit = oscillating.With("z", 1.1).Build();
        var point = SteadyState.StableOf(circuit);
        var jacobian = new double[16];
        CircuitJacobian.Write(circuit, point.Y, point.A, jacobian);
        var spectrum = new NoiseSpectrum(jacobian, [1, 1, 1, 1]);
        double Power(double f) => (spectrum.Power(0, 2 * Math.PI * f) + spectrum.Power(1, 2 * Math.PI * f)) / 2;
        var best = Enumerable.Range(1, 4000).Select(k => k * 1e-4).MaxBy(Power);
        Assert.Equal(best, row[1], 2e-4);
        Assert.Equal(Power(best), row[2], 1e-5 * row[2]);
    }

    /// <summary>Beside a Hopf point a peak is as narrow as its mode is slow to decay, and as high.</summary>
    [Theory]
    [InlineData(1.0)]
    [InlineData(1.05)]
    [InlineData(1.0525)]
    public void A_narrow_peak_is_found_at_its_height(double scale)
    {
        var circuit = CircuitFile.Parse(FormattableString.Invariant(
            $$"""{ "z": [0.3, 0.1], "b": 0.5, "b0": 0.5, "sigma": 0.1, "tauY": 2, "tauA": 20, "W": [[1, 0.5], [0.5, 1]], "Wr": [[{{scale}}, {{-scale}}], [{{scale}}, {{scale}}]] }"""));
        var point = SteadyState.StableOf(circuit);
        var report = StabilityReport.Of(circuit, point);
        Assert.True(report.IsStable);
        var jacobian = new double[16];
        CircuitJacobian.Write(circuit, point.Y, point.A, jacobian);
        var spectrum = new NoiseSpectrum(jacobian, [1, 1, 1, 1]);
        var peak = NoiseSpectrum.HighestPeak(omega => spectrum.Power(0, omega), report.Eigenvalues)!.Value;
        var mode = report.Eigenvalues.Where(v => v.Imaginary > 0).MinBy(v => -v.Real / v.Magnitude);
        var best = Enumerable.Range(-3000, 6001).Select(k => mode.Imaginary + k / 1000.0 * -mode.Real).Where(w => w > 0).Max(w => spectrum.Power(0, w));
        Assert.Equal(best, peak.Power, 1e-4 * best);
    }

    [Theory]
    [InlineData("z=1,2", "z=3,4")]
    [InlineData("z[0]=1,2", "z=3,4")]
    [InlineData("z.scale=1,2", "z.norm=3,4")]
    [InlineData("z.norm=1,2", "z[0]=3,4")]
    public void Axes_that_set_the_same_numbers_are_refused(string first, string second)
        => Assert.Contains("set the same numbers", Assert.Throws<ArgumentException>(
            () => new CircuitSweep(Ring, [SweepAxis.Parse(first), SweepAxis.Parse(second)], Measures("y"))).Message, StringComparison.Ordinal);

    [Fact]
    public void What_is_no_circuit_is_an_error_that_names_the_value()
    {
        var sweep = new CircuitSweep(Ring, [SweepAxis.Parse("sigma=0.1,-1")], Measures("y"));
        Assert.Contains("sigma[0] is -1", Assert.Throws<InvalidDataException>(() => sweep.Run(0, 2, 2)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new CircuitSweep(Ring, [SweepAxis.Parse("sigme=0.1,1")], Measures("y")));
        Assert.Contains("did you mean rate", Assert.Throws<FormatException>(() => CircuitMeasure.Named("rat")).Message, StringComparison.Ordinal);
    }
}
