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

    // Two more tableaus, so that what depends on γ_i and α_i is not true of one alone: J. Verwer et al., SIAM J. Sci. Comput. 20, 1999 (ROS2), and L. F. Shampine, ACM Trans. Math. Softw. 8, 1982.
    static readonly double Ros2 = 1 + Math.Sqrt(0.5);

    static Rosenbrock[] Rosenbrocks =>
    [
        new("ros2", 2, 1, "Verwer", Ros2, [0, 0, 1 / Ros2, 0], [0, 0, -2 / Ros2, 0], [1.5 / Ros2, 0.5 / Ros2], [0.5 / Ros2, 0.5 / Ros2]),
        .. Rosenbrock.All,
        new("shampine", 4, 3, "Shampine", 0.5,
            [0, 0, 0, 0, 2, 0, 0, 0, 48.0 / 25, 6.0 / 25, 0, 0, 48.0 / 25, 6.0 / 25, 0, 0],
            [0, 0, 0, 0, -8, 0, 0, 0, 372.0 / 25, 12.0 / 5, 0, 0, -112.0 / 125, -54.0 / 125, -2.0 / 5, 0],
            [19.0 / 9, 0.5, 25.0 / 108, 125.0 / 108],
            [17.0 / 54, 7.0 / 36, 0, 125.0 / 108]),
    ];

    [Fact]
    public void The_order_holds_when_the_rate_depends_on_time()
    {
        foreach (var method in (OdeMethod[])[.. RungeKutta.All, .. Rosenbrocks])
        {
            var system = new OdeProblem(1, (t, x, f) => f[0] = -2 * t * x[0] * x[0], (t, x, j) => j[0] = -4 * t * x[0]);
            var slopes = Slopes(h => Math.Abs(0.2 - Ode.Integrate(system, method, [1], 0, 2, new() { Step = h }).EndState[0]), method.Order < 4 ? 0.0125 : 0.1);
            Assert.True(Math.Abs(slopes[^1] - method.Order) < 0.2, $"{method.Name}: {slopes[^1]}");
        }
    }

    [Fact]
    public void A_rate_of_time_alone_is_its_integral()
    {
        var system = new OdeProblem(1, (t, _, f) => f[0] = Math.Cos(t), (_, _, j) => j[0] = 0);
        foreach (var method in (OdeMethod[])[RungeKutta.DormandPrince, .. Rosenbrocks])
        {
            var end = Ode.Integrate(system, method, [0], 0, 10, new() { RelativeTolerance = 1e-8, AbsoluteTolerance = 1e-8 }).OrThrow();
            Assert.Equal(Math.Sin(10), end.EndState[0], 1e-6);
        }
    }

    [Fact]
    public void Sums_of_a_tableau_are_the_published_ones()
    {
        Assert.Equal([0.5, 1.5, 0, 0], Rosenbrock.Rodas3.GammaSums.ToArray());
        Assert.Equal([0, 0, 1, 1], Rosenbrock.Rodas3.AlphaSums.ToArray());
        var shampine = Rosenbrocks[^1];
        double[] published = [0.5, -1.5, 121.0 / 50, 29.0 / 250, 0, 1, 0.6, 0.6];
        Assert.True(OdeProblems.Distance(published, [.. shampine.GammaSums, .. shampine.AlphaSums]) < 1e-14);
    }

    [Fact]
    public void Every_tableau_is_under_the_laws()
    {
        static T[] Tableaux<T>() => [.. typeof(T).GetProperties().Where(p => p.PropertyType == typeof(T)).Select(p => (T)p.GetValue(null)!)];
        Assert.Equal(Tableaux<RungeKutta>().Select(m => m.Name).Order(), RungeKutta.All.Select(m => m.Name).Order());
        Assert.Equal(Tableaux<Rosenbrock>().Select(m => m.Name).Order(), Rosenbrock.All.Select(m => m.Name).Order());
    }

    [Fact]
    public void A_table_of_ones_own_is_taken_where_it_keeps_what_it_claims()
    {
        // Ralston's method; Kutta's of order 3; and the pair 3(2) of Bogacki and Shampine, whose last stage is the first of the next step.
        RungeKutta[] own =
        [
            new("ralston", 2, "Ralston", [0, 0, 2.0 / 3, 0], [0.25, 0.75]),
            new("kutta3", 3, "Kutta", [0, 0, 0, 0.5, 0, 0, -1, 2, 0], [1.0 / 6, 2.0 / 3, 1.0 / 6]),
            new("bs3", 3, "Bogacki & Shampine", [0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0.75, 0, 0, 2.0 / 9, 1.0 / 3, 4.0 / 9, 0], [2.0 / 9, 1.0 / 3, 4.0 / 9, 0],
                2, [7.0 / 24, 1.0 / 4, 1.0 / 3, 1.0 / 8]),
        ];
        Assert.True(own[2].IsFirstSameAsLast);
        foreach (var method in own)
        {
            var slopes = Slopes(h => OdeProblems.Distance(OdeProblems.SpinAt(1), Ode.Integrate(OdeProblems.Spin(), method, OdeProblems.SpinStart, 0, 1, new() { Step = h }).EndState), 0.0125);
            Assert.Equal(method.Order, slopes[^1], 0.06);
        }
    }

    [Fact]
    public void A_table_that_does_not_keep_what_it_claims_is_refused_with_the_reason()
    {
        static void Refused(Func<OdeMethod> make, params string[] words)
        {
            var message = Assert.Throws<ArgumentException>(make).Message;
            Assert.All(words, w => Assert.Contains(w, message, StringComparison.Ordinal));
        }
        Refused(() => new RungeKutta("x", 3, "", [0, 0, 1, 0], [0.5, 0.5]), "x: order 3", "0.5 in the place of 0.333333", "claim order 2");
        Refused(() => new RungeKutta("x", 1, "", [0], [0.9]), "order 1", "0.9 in the place of 1");
        Refused(() => new RungeKutta("x", 5, "", RungeKutta.RungeKutta4.A, RungeKutta.RungeKutta4.B), "condition of order 5");
        Refused(() => new RungeKutta("x", 4, "", RungeKutta.RungeKutta4.A, RungeKutta.RungeKutta4.B, 2, [1, 0, 0, 0]), "embedded", "condition of order 2", "claim order 1");
        Refused(() => new RungeKutta("x", 0, "", [0], [1]), "orders 0 and 0");
        Refused(() => new RungeKutta("x", 2, "", [0, 0, 1], [0.5, 0.5]), "a has 3", "with 2 stages there are 4");
        Refused(() => new RungeKutta("x", 2, "", default, [0.5, 0.5]), "a has 0");
        Refused(() => new RungeKutta("x", 1, "", [0], default), "b has 0");
        Refused(() => new RungeKutta("x", 2, "", [0, 0, 1, 0.5], [0.5, 0.5]), "(2, 2)", "must be 0");
        Refused(() => new RungeKutta("x", 1, "", [0], [double.NaN]), "coefficient 0 of b is NaN");
        Refused(() => new RungeKutta("x", 2, "", [0, 0, 1, 0], [0.5, 0.5], 0, [1, 0]), "no order");
        Refused(() => new RungeKutta("x", 2, "", [0, 0, 1, 0], [0.5, 0.5], 1), "b̂ has 0");
        Refused(() => new RungeKutta(" ", 1, "", [0], [1]), "empty");
        var rodas = Rosenbrock.Rodas3;
        Refused(() => new Rosenbrock("x", 4, 2, "", 0.5, rodas.A, rodas.C, rodas.M, rodas.E), "condition of order 4", "claim order 3");
        Refused(() => new Rosenbrock("x", 3, 3, "", 0.5, rodas.A, rodas.C, rodas.M, rodas.E), "x, embedded: order 3");
        Refused(() => new Rosenbrock("x", 3, 2, "", 0.4, rodas.A, rodas.C, rodas.M, rodas.E), "order 3 is claimed");
        Refused(() => new Rosenbrock("x", 3, 2, "", 0, rodas.A, rodas.C, rodas.M, rodas.E), "γ is 0");
        Refused(() => new Rosenbrock("x", 3, 0, "", 0.5, rodas.A, rodas.C, rodas.M, rodas.E), "no order");
    }

    [Fact]
    public void An_autonomous_system_is_asked_for_no_rate_more()
    {
        OdeProblem Decay(bool isAutonomous) => new(1, (_, x, f) => f[0] = -x[0], (_, _, j) => j[0] = -1, isAutonomous);
        var options = new OdeOptions { Step = 0.1, Record = false };
        // One to begin with and three a step, for two of the four stages share the first; the derivative by time is two more.
        Assert.Equal(31, Ode.Integrate(Decay(true), Rosenbrock.Rodas3, [1], 0, 1, options).RateEvaluations);
        Assert.Equal(51, Ode.Integrate(Decay(false), Rosenbrock.Rodas3, [1], 0, 1, options).RateEvaluations);
        Assert.Equal(Ode.Integrate(Decay(true), Rosenbrock.Rodas3, [1], 0, 1, options).EndState[0], Ode.Integrate(Decay(false), Rosenbrock.Rodas3, [1], 0, 1, options).EndState[0]);
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
            OdeProblems.SpinStart.CopyTo(stepper.X, 0);
            stepper.Start(0);
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
            stepper.X[0] = 1;
            stepper.Start(0);
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
