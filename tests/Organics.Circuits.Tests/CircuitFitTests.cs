using System.Globalization;
using System.Text;

namespace Organics.Tests;

public sealed class CircuitFitTests
{
    static readonly CircuitDescription Ring = CircuitFile.Describe("""
        { "n": 6, "z": { "gaussian": { "center": 3, "width": 1.5 } }, "b": 0.5, "b0": 0.5, "sigma": 0.1, "tauY": 2, "tauA": 5, "W": { "gaussian": { "width": 2 } }, "Wr": 1.05 }
        """);

    static string Row(IEnumerable<double> numbers) => string.Join(',', numbers.Select(x => x.ToString("R", CultureInfo.InvariantCulture))) + "\n";

    static FreeParameter[] Free(params string[] paths) => [.. paths.Select(p => new FreeParameter(p, double.NegativeInfinity, double.PositiveInfinity))];

    static ResponseData Responses(CircuitDescription truth, double gain)
    {
        var csv = new StringBuilder("z.scale,b0[2],r2,r3,y4\n");
        foreach (var scale in (double[])[0.05, 0.2, 0.5, 1, 3])
            foreach (var b0 in (double[])[0.4, 0.8])
            {
                var y = SteadyState.Of(truth.With("z.scale", scale).With("b0[2]", b0).Build()).Y;
                csv.Append(Row([scale, b0, gain * y[2] * y[2], gain * y[3] * y[3], y[4]]));
            }
        return ResponseData.Parse(csv.ToString(), "r.csv");
    }

    [Fact]
    public void Parameters_that_made_responses_without_noise_are_found_to_rounding()
    {
        var truth = Ring.With("sigma", 0.17).With("W.width", 1.4).With("Wr", 1.12);
        var result = new CircuitFit(Ring, Responses(truth, 25), Free("sigma", "W.width", "Wr", "gain"), gain: 10).Run(4, 2);
        double[] expected = [0.17, 1.4, 1.12, 25];
        for (var k = 0; k < 4; k++) Assert.Equal(expected[k], result.Parameters[k].Value, 1e-6 * expected[k]);
        Assert.InRange(result.Rmse, 0, 1e-6);
        Assert.Equal(25, result.Gain, 1e-4);
        Assert.Equal(1, result.R2, 1e-9);
        Assert.Equal(0, result.Unstable);
        Assert.Equal([.. new CircuitFit(Ring, Responses(truth, 25), Free("sigma", "W.width", "Wr", "gain"), gain: 10).Run(4, 1).Parameters.Select(p => p.Value)], result.Parameters.Select(p => p.Value));
    }

    [Fact]
    public void Time_constants_are_found_from_courses()
    {
        var truth = Ring.With("tauA", 8).With("tauY", 1.5).With("sigma", 0.13);
        var csv = new StringBuilder("trial,t,z.scale,y2,y3\n");
        foreach (var (trial, step) in (ReadOnlySpan<(int, double)>)[(0, 1.0), (1, 0.3)])
        {
            var (before, after) = (truth.With("z.scale", 0.05), truth.With("z.scale", step));
            var start = SteadyState.Of(before.Build());
            var course = Ode.Integrate(new CircuitSystem(after.Build()), RungeKutta.DormandPrince, [.. start.Y, .. start.A], 0, 30, new() { RelativeTolerance = 1e-10, AbsoluteTolerance = 1e-12 });
            csv.Append(Row([trial, -5, 0.05, start.Y[2], start.Y[3]]));
            for (var t = 0.0; t <= 30; t += 1.5)
            {
                var state = new double[12];
                course.At(t, state);
                csv.Append(Row([trial, t, step, state[2], state[3]]));
            }
        }
        var data = ResponseData.Parse(csv.ToString(), "c.csv");
        Assert.True(data.IsCourse);
        var result = new CircuitFit(Ring, data, Free("tauY", "tauA", "sigma")).Run(3, 2);
        Assert.Equal(1.5, result.Parameters[0].Value, 1e-3);
        Assert.Equal(8, result.Parameters[1].Value, 5e-3);
        Assert.Equal(0.13, result.Parameters[2].Value, 1e-4);
    }

    /// <summary>r = g·z²/(σ² + z²), b = b0 = 1: the errors are those of the linear problem, s²(JᵀJ)⁻¹ with s² = Σe²/(N − p), and with s² by N they
    /// would be less by 1/√2.</summary>
    [Fact]
    public void Few_numbers_have_the_standard_errors_of_the_linear_problem()
    {
        var one = CircuitFile.Describe("""{ "z": [1], "b": 1, "b0": 1, "sigma": 0.4, "tauY": 2, "tauA": 5, "W": [[1]] }""");
        double[] z = [0.2, 0.5, 1, 3], errors = [0.02, -0.03, 0.04, -0.01];
        static double Rate(double gain, double sigma, double z) => gain * z * z / (sigma * sigma + z * z);
        double[] measured = [.. z.Select((each, k) => Rate(5, 0.5, each) + errors[k])];
        var data = ResponseData.Parse("z0,r0\n" + string.Concat(z.Zip(measured, (a, b) => Row([a, b]))), "s.csv");
        var fit = new CircuitFit(one, data, Free("gain", "sigma"), gain: 4).Run(2, 1).Parameters;
        var (g, s) = (fit[0].Value, fit[1].Value);
        // By g and by σ.
        (double G, double S)[] j = [.. z.Select(x => (x * x / (s * s + x * x), -2 * g * s * x * x / Math.Pow(s * s + x * x, 2)))];
        double gg = j.Sum(r => r.G * r.G), gs = j.Sum(r => r.G * r.S), ss = j.Sum(r => r.S * r.S), determinant = gg * ss - gs * gs;
        var variance = z.Select((x, k) => Math.Pow(Rate(g, s, x) - measured[k], 2)).Sum() / (4 - 2);
        Assert.Equal(Math.Sqrt(variance * ss / determinant), fit[0].StandardError, 1e-5 * fit[0].StandardError);
        Assert.Equal(Math.Sqrt(variance * gg / determinant), fit[1].StandardError, 1e-5 * fit[1].StandardError);
    }

    [Fact]
    public void What_the_data_do_not_tell_has_no_error_and_what_a_bound_holds_is_said()
    {
        // b0 and sigma enter as their product alone.
        var product = CircuitFile.Describe("""{ "z": [1], "b": 0.5, "b0": 0.5, "sigma": 0.1, "tauY": 2, "tauA": 5, "W": [[1]] }""");
        var csv = new StringBuilder("z0,y0\n");
        foreach (var z in (double[])[0.05, 0.1, 0.3, 1]) csv.Append(Row([z, SteadyState.Of(product.With("z", z).With("sigma", 0.2).Build()).Y[0]]));
        var told = new CircuitFit(product, ResponseData.Parse(csv.ToString(), "p.csv"), Free("sigma", "b0", "W.scale")).Run(1, 1);
        Assert.Equal(0.1, told.Parameters[0].Value * told.Parameters[1].Value, 1e-7);
        Assert.True(double.IsNaN(told.Parameters[0].StandardError) && double.IsNaN(told.Parameters[1].StandardError));
        Assert.True(double.IsFinite(told.Parameters[2].StandardError));
        var bound = new CircuitFit(product, ResponseData.Parse(csv.ToString(), "p.csv"), [new("sigma", 0.01, 0.15)]).Run(1, 1);
        Assert.True(bound.Parameters[0].IsAtBound);
        Assert.Equal(0.15, bound.Parameters[0].Value, 1e-12);
    }

    /// <summary>At high contrast a response says nothing of σ, and at low contrast all but nothing of W: what is fitted is a limit, and no number.</summary>
    [Theory]
    [InlineData("sigma", 1e4, 0.0)]
    [InlineData("W.scale", 1e-7, 0.0)]
    public void A_parameter_that_runs_to_its_limit_is_no_number(string path, double contrast, double limit)
    {
        var one = CircuitFile.Describe("""{ "z": [1], "b": 0.5, "b0": 0.5, "sigma": 0.1, "tauY": 2, "tauA": 5, "W": [[1]] }""");
        var (csv, random) = (new StringBuilder("z0,y0\n"), new CounterRandom(3, 0));
        foreach (var k in Enumerable.Range(0, 12))
        {
            var z = contrast * (1 + k);
            csv.Append(Row([z, SteadyState.Of(one.With("z", z).Build()).Y[0] * (1 + 0.01 * random.Normal((ulong)k))]));
        }
        var result = new CircuitFit(one, ResponseData.Parse(csv.ToString(), "p.csv"), Free(path)).Run(3, 1);
        var parameter = Assert.Single(result.Parameters);
        Assert.Equal(limit, parameter.Limit);
        Assert.True(double.IsNaN(parameter.StandardError));
        Assert.False(parameter.IsAtBound);
        // The other one is told.
        var told = Assert.Single(new CircuitFit(one, ResponseData.Parse(csv.ToString(), "p.csv"), Free(path == "sigma" ? "W.scale" : "sigma")).Run(3, 1).Parameters);
        Assert.True(double.IsNaN(told.Limit));
        Assert.True(double.IsFinite(told.StandardError));
    }

    [Fact]
    public void Quotation_marks_say_nothing_and_a_row_that_makes_no_circuit_is_named_by_its_line()
    {
        var plain = ResponseData.Parse("z0,sigma,r0\n1,0.1,2\n2,0.2,\n", "a");
        var quoted = ResponseData.Parse("\"z0\", \"sigma\",\"r0\"\n\"1\",0.1,\"2\"\n2, \"0.2\",\"\"\n", "a");
        Assert.Equal(plain.Settings, quoted.Settings);
        Assert.Equal([.. plain.Rows.SelectMany(r => r.Settings.Concat(r.Measured))], quoted.Rows.SelectMany(r => r.Settings.Concat(r.Measured)));
        var bad = ResponseData.Parse("z0,sigma,r0\n1,0.1,2\n\n2,-0.2,3\n4,0.2,1", "d.csv");
        var message = Assert.Throws<InvalidDataException>(() => new CircuitFit(Ring, bad, Free("W.width"))).Message;
        Assert.Contains("d.csv makes no circuit in line 4, z[0] = 2, sigma = -0.2", message, StringComparison.Ordinal);
        Assert.Contains("sigma[0] is -0.2", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.995, "d.csv all 10 rows would be held out")]
    [InlineData(0.9, "1 number is left to fit 1 parameter")]
    public void Where_too_much_is_held_out_it_is_said(double part, string word)
    {
        var data = ResponseData.Parse("z.scale,r2\n" + string.Concat(Enumerable.Range(1, 10).Select(k => $"{k},{k}\n")), "d.csv");
        Assert.Contains(word, Assert.Throws<ArgumentException>(() => new CircuitFit(Ring, data, Free("sigma"), heldOut: part)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_a_course_may_stand_anywhere_and_what_does_not_vary_has_no_R2()
    {
        const string Names = "trial,t,z.scale,y2\n", First = "0,0,0.1,0.2\n0,1,1,0.3\n", Second = "1,0,0.2,0.25\n1,2,1,0.4\n";
        var sorted = ResponseData.Parse(Names + First + Second, "a");
        var mixed = ResponseData.Parse(Names + "0,0,0.1,0.2\n1,0,0.2,0.25\n0,1,1,0.3\n1,2,1,0.4\n", "b");
        Assert.Equal(sorted.Rows.Select(r => (r.Trial, r.Time, r.Measured[0])), mixed.Rows.Select(r => (r.Trial, r.Time, r.Measured[0])));
        var still = ResponseData.Parse("z.scale,y2\n1,0.5\n1,0.5\n1,0.5\n", "c");
        Assert.True(double.IsNaN(new CircuitFit(Ring, still, Free("sigma")).Run(1).R2));
        Assert.Contains("units 0 to 5", Assert.Throws<ArgumentException>(
            () => new CircuitFit(Ring, ResponseData.Parse("r99999999999\n1\n2\n", "d"), Free("sigma"))).Message, StringComparison.Ordinal);
        Assert.Contains("set the same numbers", Assert.Throws<ArgumentException>(() => new CircuitFit(Ring, still, Free("sigma", "sigma"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_that_are_held_out_change_nothing()
    {
        var data = Responses(Ring.With("sigma", 0.2), 1);
        var fit = new CircuitFit(Ring, data, Free("sigma"), heldOut: 0.3, seed: 5).Run(1, 1);
        Assert.Equal(3, fit.IsHeldOut.Count(h => h));
        Assert.InRange(fit.HeldOutRmse, 0, 1e-6);
    }

    [Theory]
    [InlineData("r9", "units 0 to 5")]
    [InlineData("sigme,r1", "did you mean sigma")]
    public void Data_of_another_circuit_are_an_error(string columns, string word)
    {
        var data = ResponseData.Parse($"{columns}\n{(columns.Contains(',') ? "1,2\n2,3" : "1\n2")}", "d.csv");
        Assert.Contains(word, Assert.Throws<ArgumentException>(() => new CircuitFit(Ring, data, Free("sigma"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("z0\n1", "no column r0")]
    [InlineData("z0,r0\n1", "1 fields in line 2")]
    [InlineData("z0,r0\none,1", "'one' for z0 in line 2")]
    [InlineData("z0,r0", "no row")]
    [InlineData("", "d.csv is empty")]
    [InlineData("\n \n", "d.csv is empty")]
    [InlineData("z0;r0\n1;2", "';' between its columns in line 1, where commas are expected")]
    [InlineData("z0\tr0\n1\t2", "tabs between its columns in line 1")]
    [InlineData("z0,,r0\n1,2,3", "no name for column 2 in line 1")]
    [InlineData("z0,r0\n\"1,5\",2", "3 fields in line 2")]
    [InlineData("r0,r0\n1,1", "'r0' twice")]
    [InlineData("trial,r0\n1,1", "none for the time")]
    [InlineData("t,r0\n1,1\n1,2", "do not ascend")]
    public void A_table_that_cannot_be_read_says_where(string text, string word)
        => Assert.Contains(word, Assert.Throws<InvalidDataException>(() => ResponseData.Parse(text, "d.csv")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("tauA", "changes no fixed point")]
    [InlineData("z.scale", "set by the data")]
    public void What_cannot_be_fitted_is_refused(string path, string word)
        => Assert.Contains(word, Assert.Throws<ArgumentException>(() => new CircuitFit(Ring, Responses(Ring, 1), Free(path))).Message, StringComparison.Ordinal);
}
