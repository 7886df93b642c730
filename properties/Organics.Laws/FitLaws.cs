using System.Globalization;
using System.Text;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Organics.Laws;

/// <summary>A fit to noisy responses finds the parameters that made them, as far off as it says.</summary>
public sealed class FitLaws
{
    const int Fits = 60;

    static readonly string[] Paths = ["sigma", "W.width", "Wr", "gain"];

    // How far each parameter of a random circuit was found from where it was, in its standard errors.
    static double[]? Errors(int seed)
    {
        var random = new Random(seed);
        double Between(double low, double high) => low * Math.Pow(high / low, random.NextDouble());
        var n = random.Next(3, 9);
        var form = FormattableString.Invariant($"{{\"gaussian\": {{\"center\": {n / 2}, \"width\": {Between(0.7, 2)}}}}}");
        var circuit = CircuitFile.Describe(FormattableString.Invariant(
            $"{{\"n\": {n}, \"z\": {form}, \"b\": 0.5, \"b0\": 0.5, \"sigma\": 0.1, \"tauY\": 2, \"tauA\": 3, \"W\": {{\"gaussian\": {{\"width\": 1}}}}, \"Wr\": 1}}"));
        // With Wr above 1/(1 − b0·σ) weak input has several fixed points, and the sum of squares several valleys: there, that is a question of starts.
        double[] truth = [Between(0.05, 0.4), Between(0.6, 2), Between(0.7, 1.02), Between(5, 60)];
        var real = circuit;
        for (var k = 0; k < 3; k++) real = real.With(Paths[k], truth[k]);
        var csv = new StringBuilder("z.scale").AppendJoin("", Enumerable.Range(0, n).Select(i => $",r{i}")).Append('\n');
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        foreach (var scale in (double[])[0.03, 0.1, 0.2, 0.4, 0.8, 1.5, 4])
        {
            var point = SteadyState.Of(real.With("z.scale", scale).Build());
            if (point.Result.Status != SteadyStateStatus.Converged) return null;
            csv.Append(scale.ToString("R", CultureInfo.InvariantCulture))
                .AppendJoin("", point.Y.Select(y => FormattableString.Invariant($",{truth[3] * Math.Pow(Math.Max(y, 0), 2) + 0.005 * truth[3] * Normal():R}"))).Append('\n');
        }
        var free = Paths.Select(p => new FreeParameter(p, double.NegativeInfinity, double.PositiveInfinity)).ToArray();
        var fit = new CircuitFit(circuit, ResponseData.Parse(csv.ToString(), "responses"), free, gain: truth[3] * Between(0.5, 2), seed: (ulong)seed).Run(4);
        // What is said not to be told has no error to be off by.
        return [.. fit.Parameters.Select((p, k) => double.IsNaN(p.Limit) ? (p.Value - truth[k]) / p.StandardError : 0)];
    }

    /// <summary>Over many circuits the errors, in standard errors, have mean 0 and variance 1, within what so many of them leave to chance, and none is far
    /// out.</summary>
    [Fact]
    public void Known_parameters_are_found_within_their_own_error_bars()
    {
        var errors = Enumerable.Range(0, Fits).AsParallel().AsOrdered().Select(Errors).Where(e => e is not null).SelectMany(e => e!).ToArray();
        Assert.True(errors.Length > 3 * Fits, $"{errors.Length} errors of {4 * Fits}");
        Assert.InRange(errors.Count(e => e == 0), 0, 3);
        Assert.All(errors, e => Assert.InRange(Math.Abs(e), 0, 5.5));
        // Those of one fit hang together: as if there were as many as fits.
        Assert.InRange(errors.Average(), -4 / Math.Sqrt(Fits), 4 / Math.Sqrt(Fits));
        Assert.InRange(errors.Average(e => e * e), 0.6, 1.6);
    }

    /// <summary>From the file's values alone, data without noise are met to rounding and give the parameters back.</summary>
    [Property(MaxTest = 10)]
    public FsCheck.Property A_fit_of_what_the_circuit_says_itself_changes_nothing() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        var random = new Random(seed);
        var sigma = 0.05 + random.NextDouble();
        var circuit = CircuitFile.Describe(FormattableString.Invariant(
            $"{{\"n\": 3, \"z\": 1, \"b\": 0.5, \"b0\": 0.5, \"sigma\": {sigma}, \"tauY\": 2, \"tauA\": 3, \"W\": {{\"gaussian\": {{\"width\": 1}}}}, \"Wr\": 1}}"));
        var csv = new StringBuilder("z,y0,y1\n");
        foreach (var z in (double[])[0.1, 0.5, 2])
        {
            var y = SteadyState.Of(circuit.With("z", z).Build()).Y;
            csv.Append(FormattableString.Invariant($"{z:R},{y[0]:R},{y[1]:R}\n"));
        }
        var fit = new CircuitFit(circuit, ResponseData.Parse(csv.ToString(), "responses"), [new("sigma", 0, double.PositiveInfinity)]).Run(1);
        Assert.Equal(sigma, fit.Parameters[0].Value, 1e-9 * sigma);
        Assert.InRange(fit.Rmse, 0, 1e-12);
    });
}
