namespace Organics.Tests;

public sealed class OdeFunctionTests
{
    /// <summary>Values of SciPy 1.10's DOP853 (rtol 1e-12), of its Radau for the stiff ones; those of vdp-1000 and of the Oregonator agree with the Bari test
    /// set to ten digits.</summary>
    public static TheoryData<string, double, double[], double[]> Golden => new()
    {
        { "vdp-5", 10, [2, 0], [-1.1587012660308582, 0.43046980897927] },
        { "vdp-5", 20, [2, 0], [-1.6012968795426097, 0.19832667633872506] },
        { "vdp-1000", 2000, [2, 0], [1.706167732170356, -0.0008928097010249335] },
        { "robertson", 40, [1, 0, 0], [0.7158270687194053, 9.185534764557988e-06, 0.28416374574583003] },
        { "robertson", 1e5, [1, 0, 0], [0.017865921142108748, 7.274751468440193e-08, 0.9821340061103745] },
        { "oregonator", 360, [1, 2, 3], [1.000814870318523, 1228.1785215498965, 132.05549428465503] },
        { "fitzhugh-nagumo", 50, [-1, 1], [-1.391032123397195, -0.04908004954931169] },
        { "fitzhugh-nagumo", 100, [-1, 1], [-0.49966393864036, -0.21107037612853194] },
        { "wilson-cowan", 20, [0.1, 0.05], [0.11918777375468409, 0.07415697737202619] },
        { "wilson-cowan", 50, [0.1, 0.05], [0.12029787309110909, 0.07576963421845752] },
        { "lotka-volterra", 5, [10, 5], [0.26418677211865027, 3.134133161070753] },
        { "lotka-volterra", 15, [10, 5], [0.7137513780977944, 0.0754077962408157] },
    };

    static OdeFunction Named(string name) => name switch
    {
        "vdp-5" => TensorSystems.VanDerPol(5),
        "vdp-1000" => TensorSystems.VanDerPol(1000),
        "robertson" => TensorSystems.Robertson(),
        "oregonator" => TensorSystems.Oregonator(),
        "fitzhugh-nagumo" => TensorSystems.FitzHughNagumo(0.5),
        "wilson-cowan" => TensorSystems.WilsonCowan(),
        _ => TensorSystems.LotkaVolterra(),
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void Golden_problems_have_their_published_values(string name, double end, double[] start, double[] expected)
    {
        var system = Named(name);
        var isStiff = name is "vdp-1000" or "robertson" or "oregonator";
        var options = isStiff ? new OdeOptions { RelativeTolerance = 1e-7, AbsoluteTolerance = 1e-12, Record = false } : new() { RelativeTolerance = 1e-11, AbsoluteTolerance = 1e-12, Record = false };
        var solution = Ode.Integrate(system, isStiff ? Rosenbrock.Rodas3 : RungeKutta.DormandPrince, start, 0, end, options).OrThrow();
        // The stiff method has order 3, and an error that grows along these orbits.
        foreach (var (x, of) in solution.EndState.ToArray().Zip(expected)) Assert.Equal(of, x, (isStiff ? 2e-4 : 2e-8) * Math.Abs(of));
    }

    [Fact]
    public void The_Jacobian_and_the_derivative_by_time_are_those_of_differences()
    {
        var forced = OdeFunction.Of(3, (t, x) =>
        {
            var (a, b, c) = (TensorSystems.Parts(x)[0], TensorSystems.Parts(x)[1], TensorSystems.Parts(x)[2]);
            return TensorSystems.Join(a * b - t * c, (t * a).Tanh() + 0.3 * c, (b - c * t.Square()).Exp());
        });
        Assert.False(forced.IsAutonomous);
        double[] x = [0.4, -0.7, 0.3];
        const double T = 0.8, H = 1e-6;
        var (jacobian, slope, up, down) = (new double[9], new double[3], new double[3], new double[3]);
        forced.Jacobian(T, x, jacobian);
        Assert.True(forced.TimeDerivative(T, x, slope));
        for (var j = 0; j < 3; j++)
        {
            double[] high = [.. x], low = [.. x];
            (high[j], low[j]) = (x[j] + H, x[j] - H);
            forced.Rate(T, high, up);
            forced.Rate(T, low, down);
            for (var i = 0; i < 3; i++) Assert.Equal((up[i] - down[i]) / (2 * H), jacobian[i * 3 + j], 1e-8);
        }
        forced.Rate(T + H, x, up);
        forced.Rate(T - H, x, down);
        for (var i = 0; i < 3; i++) Assert.Equal((up[i] - down[i]) / (2 * H), slope[i], 1e-8);
    }

    [Fact]
    public void What_does_not_depend_on_the_state_or_on_time_has_derivative_zero()
    {
        var clock = OdeFunction.Of(2, (t, x) => (0 * x).StopGradient() + t);
        var still = OdeFunction.Of(2, x => (0 * x).StopGradient() + 1.0);
        var (jacobian, slope) = (new double[] { 9, 9, 9, 9 }, new double[] { 9, 9 });
        clock.Jacobian(3, [1, 2], jacobian);
        Assert.All(jacobian, v => Assert.Equal(0, v));
        Assert.True(clock.TimeDerivative(3, [1, 2], slope));
        Assert.Equal([1, 1], slope);
        Assert.True(still.IsAutonomous && still.TimeDerivative(3, [1, 2], slope));
        Assert.Equal([0, 0], slope);
    }

    [Fact]
    public void A_linearly_implicit_method_is_right_where_time_counts()
    {
        // ẋ = −50(x − sin t) + cos t has the solution sin t, and from x(0) = 1 what decays as e^(−50t).
        var system = OdeFunction.Of(1, (t, x) => 50 * (Sine(t) - x) + Cosine(t));
        var solution = Ode.Integrate(system, Rosenbrock.Rodas3, [1], 0, 3, new() { RelativeTolerance = 1e-8, AbsoluteTolerance = 1e-10 }).OrThrow();
        Assert.Equal(Math.Sin(3) + Math.Exp(-150), solution.EndState[0], 1e-7);

        // Their series, for |t| ≤ 3.
        static Tensor<double> Sine(Tensor<double> t) => Series(t, 1);
        static Tensor<double> Cosine(Tensor<double> t) => Series(t, 0);
        static Tensor<double> Series(Tensor<double> t, int first)
        {
            var (sum, term) = (first == 0 ? 0 * t + 1.0 : t, first == 0 ? 0 * t + 1.0 : t);
            for (var k = first + 2; k < first + 40; k += 2)
            {
                term = (-1.0 / (k * (k - 1))) * (term * t.Square());
                sum += term;
            }
            return sum;
        }
    }

    [Fact]
    public void Several_starts_at_once_have_the_bits_of_each_alone()
    {
        var system = TensorSystems.FitzHughNagumo(0.5);
        double[][] starts = [.. Enumerable.Range(0, 9).Select(i => new[] { -2 + 0.5 * i, 1 - 0.3 * i })];
        var options = new OdeOptions { Events = [new((_, x) => x[0])] };
        var together = Ode.IntegrateEach(system, RungeKutta.DormandPrince, starts, 0, 40, options);
        for (var i = 0; i < starts.Length; i++)
        {
            var alone = Ode.Integrate(system, RungeKutta.DormandPrince, starts[i], 0, 40, options);
            Assert.Equal(alone.EndState.ToArray(), together[i].EndState.ToArray());
            Assert.Equal(alone.Times.ToArray(), together[i].Times.ToArray());
            Assert.Equal(alone.Events.Select(e => e.Time), together[i].Events.Select(e => e.Time));
        }
        Assert.Throws<ArgumentException>(() => Ode.IntegrateEach(system, RungeKutta.DormandPrince, (double[][])[[1, 2], [1]], 0, 1));
        // Of several that fail, the first start's is told.
        for (var time = 0; time < 20; time++)
            Assert.Contains("x0[1] is", Assert.Throws<ArgumentException>(() => Ode.IntegrateEach(system, RungeKutta.DormandPrince, (double[][])[[1, 2], [1, double.NaN], [1], null!, [1, 2, 3]], 0, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_of_another_shape_is_refused()
    {
        var wrong = OdeFunction.Of(2, x => x.Sum(1));
        Assert.Contains("[1] for states [1, 2]", Assert.Throws<ShapeException>(() => wrong.Rate(0, [1, 2], new double[2])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => OdeFunction.Of(0, x => x));
    }

    public static TheoryData<string, Func<Tensor<double>, Tensor<double>>> Coupled => new()
    {
        { "sum", x => -x * x.Square().Sum() },
        { "mean", x => -x + 0.5 * x.Mean(0) },
        { "norm", x => x - x * x.Square().Sum().Sqrt() },
    };

    // The rate of one state is as meant, so that only the Jacobian, which takes n at once, would be wrong.
    [Theory]
    [MemberData(nameof(Coupled))]
    public void A_function_that_mixes_samples_has_no_Jacobian(string what, Func<Tensor<double>, Tensor<double>> f)
    {
        var system = OdeFunction.Of(2, f);
        system.Rate(0, [0.3, 0.4], new double[2]);
        var error = Assert.Throws<ArgumentException>(() => system.Jacobian(0, [0.3, 0.4], new double[4]));
        Assert.True(error.Message.Contains("Sum(-1)", StringComparison.Ordinal), what);
        OdeFunction.Of(2, x => -x * x.Square().Sum(-1).Expand(-1, 2)).Jacobian(0, [0.3, 0.4], new double[4]);
    }

    [Fact]
    public void A_value_read_inside_the_function_is_refused_where_its_derivative_would_be_lost()
    {
        var system = OdeFunction.Of(1, (t, x) => t.Item() > 1 && x.ToArray()[0] > 0 ? -x : -2.0 * x);
        system.Rate(2, [1], new double[1]);
        Assert.Contains("Select", Assert.Throws<InvalidOperationException>(() => system.Jacobian(2, [1], new double[1])).Message, StringComparison.Ordinal);
        // What depends on t alone may be read for the Jacobian, not for the derivative by t.
        var forced = OdeFunction.Of(1, (t, x) => t.Item() > 1 ? -x : -2.0 * x);
        forced.Jacobian(2, [1], new double[1]);
        Assert.Throws<InvalidOperationException>(() => forced.TimeDerivative(2, [1], new double[1]));
    }
}
