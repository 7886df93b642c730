namespace Organics.Tests;

public sealed class OdeMethodTests
{
    static IEnumerable<OdeMethod> Methods => [.. RungeKutta.All, Rosenbrock.Rodas3];

    public static TheoryData<string> Names => [.. Methods.Select(m => m.Name)];

    static OdeMethod Named(string name) => Methods.Single(m => m.Name == name);

    /// <summary>log₂ of the quotients of errors at steps h, h/2, h/4, …</summary>
    static double[] Slopes(Func<double, double> error, double h, int halvings = 4)
    {
        var errors = Enumerable.Range(0, halvings).Select(k => error(h / (1 << k))).ToArray();
        return [.. errors.Skip(1).Zip(errors, (fine, coarse) => Math.Log2(coarse / fine))];
    }

    [Theory, MemberData(nameof(Names))]
    public void The_order_is_as_declared(string name)
    {
        var method = Named(name);
        var (end, longest) = method.Order < 3 ? (1, 0.0125) : (5, 0.05);
        var slopes = Slopes(h => OdeProblems.Distance(OdeProblems.SpinAt(end),
            Ode.Integrate(OdeProblems.Spin(), method, OdeProblems.SpinStart, 0, end, new() { Step = h }).EndState), longest);
        Assert.Equal(method.Order, slopes[^1], 0.06);
        Assert.Equal(method.Order, slopes[^2], 0.06);
    }

    [Theory]
    [InlineData("euler")]
    [InlineData("heun")]
    [InlineData("rk4")]
    [InlineData("dopri5")]
    public void The_order_holds_when_the_rate_depends_on_time(string name)
    {
        var method = RungeKutta.ByName(name);
        var system = new OdeProblem(1, (t, x, f) => f[0] = -2 * t * x[0] * x[0]);
        var slopes = Slopes(h => Math.Abs(0.2 - Ode.Integrate(system, method, [1], 0, 2, new() { Step = h }).EndState[0]), method.Order < 3 ? 0.0125 : 0.1);
        Assert.Equal(method.Order, slopes[^1], 0.2);
    }

    [Theory, MemberData(nameof(Names))]
    public void The_dense_output_has_its_order(string name)
    {
        var method = Named(name);
        // A cubic Hermite interpolant is exact to h⁴; that of Dormand and Prince to h⁵; neither is better than the step.
        var expected = Math.Min(method.Order + 1, method == RungeKutta.DormandPrince ? 5 : 4);
        foreach (var theta in (double[])[0.21, 0.5, 0.7])
        {
            var x = new double[3];
            var slopes = Slopes(h =>
            {
                Ode.Integrate(OdeProblems.Spin(), method, OdeProblems.SpinStart, 0, h, new() { Step = h }).At(theta * h, x);
                return OdeProblems.Distance(x, OdeProblems.SpinAt(theta * h));
            }, method.Order < 3 ? 0.0125 : 0.05);
            Assert.Equal(expected, slopes[^1], 0.4);
        }
    }

    [Theory]
    [InlineData("dopri5")]
    [InlineData("rodas3")]
    public void The_error_estimate_is_the_error_of_the_embedded_solution(string name)
    {
        var method = Named(name);
        var estimates = new Dictionary<double, double>();
        foreach (var h in (double[])[0.08, 0.04, 0.02])
        {
            var stepper = method.Stepper(OdeProblems.Spin());
            stepper.Start(0, OdeProblems.SpinStart);
            stepper.Try(0, h);
            var exact = OdeProblems.SpinAt(h);
            var embedded = stepper.Next.Zip(stepper.Error, (x, e) => x - e).ToArray();
            var estimate = stepper.Error.Max(Math.Abs);
            Assert.Equal(1, estimate / OdeProblems.Distance(embedded, exact), 0.2);
            Assert.True(OdeProblems.Distance(stepper.Next, exact) < estimate, $"{name} at {h} is less accurate than its estimate");
            estimates[h] = estimate;
        }
        Assert.Equal(method.EmbeddedOrder + 1, Math.Log2(estimates[0.04] / estimates[0.02]), 0.2);
    }

    [Fact]
    public void Tableaus_are_consistent_and_end_with_the_first_stage_only_where_declared()
    {
        foreach (var method in RungeKutta.All)
        {
            Assert.Equal(1, method.B.Sum(), 1e-14);
            Assert.Equal(0.5, method.Order < 2 ? 0.5 : method.B.Zip(method.C, (b, c) => b * c).Sum(), 1e-14);
            Assert.Equal(method.Order >= 5, method.IsFirstSameAsLast);
            for (var i = 0; i < method.Stages; i++)
                for (var j = i; j < method.Stages; j++) Assert.Equal(0, method.A[i * method.Stages + j]);
        }
        double[] nodes = [0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1];
        Assert.True(OdeProblems.Distance([.. RungeKutta.DormandPrince.C], nodes) < 1e-14);
        Assert.Equal(1, RungeKutta.DormandPrince.EmbeddedB.Sum(), 1e-14);
        Assert.Equal(0, RungeKutta.DormandPrince.Quartic.Sum(), 1e-13);
    }

    [Fact]
    public void Both_solutions_of_Rodas3_are_L_stable()
    {
        foreach (var h in (double[])[0.1, 1, 10, 1e3, 1e6, 1e12])
        {
            var stepper = Rosenbrock.Rodas3.Stepper(OdeProblems.Linear([-1], 1));
            stepper.Start(0, [1]);
            stepper.Try(0, h);
            foreach (var x in (double[])[stepper.Next[0], stepper.Next[0] - stepper.Error[0]])
                Assert.True(Math.Abs(x) < (h < 1e3 ? 1 : 10 / h), $"R(−{h}) = {x}");
        }
    }

    [Fact]
    public void A_name_finds_its_method()
    {
        foreach (var method in RungeKutta.All) Assert.Same(method, RungeKutta.ByName(method.Name));
        Assert.Equal(["euler", "heun", "rk4", "dopri5"], RungeKutta.All.Select(m => m.Name));
        Assert.Contains("euler, heun, rk4, dopri5", Assert.Throws<ArgumentException>(() => RungeKutta.ByName("rk5")).Message);
    }
}
