namespace Organics.Tests;

public sealed class OdePoleTests
{
    static readonly (string Name, Func<double, double> Rate, Func<double, double> Slope)[] Growths =
    [
        ("1 + x²", x => 1 + x * x, x => 2 * x),
        ("x + x²", x => x + x * x, x => 1 + 2 * x),
        ("x² − x/2", x => x * x - x / 2, x => 2 * x - 0.5),
        ("1 + x³", x => 1 + x * x * x, x => 3 * x * x),
        ("1 + |x|^1.5", x => 1 + Math.Pow(Math.Abs(x), 1.5), x => 1.5 * Math.Sign(x) * Math.Sqrt(Math.Abs(x))),
        ("exp x", Math.Exp, Math.Exp),
    ];

    /// <summary>ẋ = g(x) alone; two of them; one that drives a stiff neighbour; and two of them seen from other axes.</summary>
    static OdeProblem Growing(int kind, Func<double, double> rate, Func<double, double> slope)
    {
        if (kind == 0) return new(1, (_, x, f) => f[0] = rate(x[0]), (_, x, j) => j[0] = slope(x[0]), isAutonomous: true);
        var (sin, cos) = kind == 3 ? Math.SinCos(0.4) : (0, 1);
        return new(2, (_, x, f) =>
        {
            var (u, v) = (cos * x[0] + sin * x[1], cos * x[1] - sin * x[0]);
            var (du, dv) = (rate(u), kind == 2 ? 1000 * (Math.Sin(u) - v) : rate(v));
            (f[0], f[1]) = (cos * du - sin * dv, sin * du + cos * dv);
        }, (_, x, j) =>
        {
            var (u, v) = (cos * x[0] + sin * x[1], cos * x[1] - sin * x[0]);
            var (a, b) = (slope(u), kind == 2 ? -1000 : slope(v));
            (j[0], j[1], j[2], j[3]) = (cos * cos * a + sin * sin * b, cos * sin * (a - b), cos * sin * (a - b) + (kind == 2 ? 1000 * Math.Cos(u) : 0), sin * sin * a + cos * cos * b);
        }, isAutonomous: true);
    }

    [Theory]
    [InlineData(1e-1)]
    [InlineData(1e-2)]
    [InlineData(1e-3)]
    public void No_step_of_a_Rosenbrock_method_leads_over_a_pole(double tolerance)
    {
        var poles = 0;
        foreach (var (name, rate, slope) in Growths)
            for (var kind = 0; kind < 4; kind++)
                foreach (var start in (double[])[-10, -3, -1, -0.5, 0, 0.1, 1, 3, 100])
                {
                    var (sin, cos) = kind == 3 ? Math.SinCos(0.4) : (0, 1);
                    double[] x0 = kind == 0 ? [start] : [(cos - sin) * start, (cos + sin) * start];
                    OdeSolution By(OdeMethod method, double relative) => Ode.Integrate(Growing(kind, rate, slope), method, x0, 0, 5,
                        new() { RelativeTolerance = relative, AbsoluteTolerance = 1e-3 * relative, MaxSteps = 3000, Record = false });
                    var expected = By(RungeKutta.DormandPrince, 1e-6);
                    if (expected.Status == OdeStatus.ReachedEnd) continue;
                    poles++;
                    var found = By(Rosenbrock.Rodas3, tolerance);
                    Assert.True(found.Status is OdeStatus.StepTooSmall or OdeStatus.NotFinite or OdeStatus.StepLimit, $"{name} from {start}, kind {kind}: {found.Status} at {found.EndTime}, where Dormand and Prince end at {expected.EndTime}");
                    // Far up the whole way to the pole is of the size of one step.
                    Assert.True(found.Status != OdeStatus.StepTooSmall || start > 3 || Math.Abs(found.EndTime / expected.EndTime - 1) < 10 * tolerance, $"{name} from {start}, kind {kind}: {found.EndTime}, {expected.EndTime}");
                }
        Assert.True(poles > 100);
    }

    [Fact]
    public void The_pole_is_where_the_integration_ends()
    {
        var system = OdeFunction.Of(1, x => 1 + x.Square());
        var end = Ode.Integrate(system, Rosenbrock.Rodas3, [0], 0, 3, new() { Record = false });
        Assert.Equal(OdeStatus.StepTooSmall, end.Status);
        Assert.Equal(Math.PI / 2, end.EndTime, 1e-4);
        Assert.Contains("singularity", Assert.Throws<ArithmeticException>(end.OrThrow).Message, StringComparison.Ordinal);
        // With steps of fixed length the last state before it.
        var stepped = Ode.Integrate(system, Rosenbrock.Rodas3, [0], 0, 3, new() { Step = 0.01 });
        Assert.Equal(OdeStatus.NotFinite, stepped.Status);
        Assert.InRange(stepped.EndTime, 1.5, Math.PI / 2 + 0.01);
        for (var k = 1; k < stepped.Times.Length; k++) Assert.True(stepped.State(k)[0] > stepped.State(k - 1)[0]);
    }

    [Fact]
    public void What_only_grows_is_integrated_to_the_tolerances()
    {
        foreach (var rate in (double[])[1, 100])
            foreach (var tolerance in (double[])[1e-2, 1e-4, 1e-6])
            {
                var end = Ode.Integrate(OdeProblems.Linear([rate], 1), Rosenbrock.Rodas3, [1], 0, 50 / rate, new() { RelativeTolerance = tolerance, Record = false }).OrThrow();
                Assert.Equal(50, Math.Log(end.EndState[0]), 60 * tolerance);
            }
        // At rest on an unstable point, and along a conserved sum, whose eigenvalue 0 has the sign of its rounding.
        Assert.Equal(0, Ode.Integrate(OdeProblems.Linear([10], 1), Rosenbrock.Rodas3, [0], 0, 100).OrThrow().EndState[0]);
        var exchange = Ode.Integrate(OdeProblems.Linear([-1e4 / 3, 1.0 / 7, 1e4 / 3, -1.0 / 7], 2), Rosenbrock.Rodas3, [1, 0], 0, 1e16);
        Assert.Equal(OdeStatus.ReachedEnd, exchange.Status);
        Assert.InRange(exchange.Steps + exchange.Rejections, 1, 600);
    }
}
