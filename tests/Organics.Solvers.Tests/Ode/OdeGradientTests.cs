namespace Organics.Tests;

public sealed class OdeGradientTests
{
    sealed record Rates(Tensor<double> Growth, Tensor<double> Mix) : IParameters<Rates, double>
    {
        public Rates Map(Func<string, Tensor<double>, Tensor<double>> f) => new(f("growth", Growth), f("mix", Mix));
    }

    // ẋ = tanh(x·Mixᵀ) − growth⊙x + t/5
    static Tensor<double> Field(Tensor<double> t, Tensor<double> x, Rates p) => x.MatMul(p.Mix, transposeOther: true).Tanh() - p.Growth * x + 0.2 * t;

    static readonly Rates Parameters = new(Tensor.From<double>([0.7, 1.1], [2]), Tensor.From<double>([0.4, -1.2, 1.3, 0.6], [2, 2]));
    static readonly Tensor<double> Start = Tensor.From<double>([0.5, -0.3, 1.2, 0.1, -0.8, 0.4], [3, 2]);
    static readonly double[] Times = [0, 0.4, 1, 2.5];

    public static TheoryData<RungeKutta, double?> Methods => new() { { RungeKutta.Euler, 0.1 }, { RungeKutta.Heun, 0.07 }, { RungeKutta.RungeKutta4, 0.1 }, { RungeKutta.DormandPrince, 0.2 }, { RungeKutta.DormandPrince, null } };

    [Theory]
    [MemberData(nameof(Methods))]
    public void The_gradient_is_that_of_differences_of_the_steps_taken(RungeKutta method, double? step)
    {
        foreach (var memory in (SequenceMemory[])[SequenceMemory.All, SequenceMemory.Sqrt])
        {
            // Adaptive steps are frozen for the differences, too: here those of the unmoved problem, as a fixed grid.
            var options = new OdeOptions { Step = step, RelativeTolerance = 1e-9 };
            var error = GradientCheck.Run(p => OdeGradient.Solve(Field, new Rates(p[0], p[1]), p[2], Times, method, options, memory), [Parameters.Growth, Parameters.Mix, Start]);
            // At tolerance 1e-9 the choice of steps moves the result by less.
            Assert.True(error.Error < (step is null ? 1e-5 : 1e-7), $"{method.Name}: {error}");
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void The_states_are_those_of_the_integrator_and_memory_changes_no_bit(RungeKutta method, double? step)
    {
        var options = new OdeOptions { Step = step, RelativeTolerance = 1e-8 };
        var all = OdeGradient.Solve(Field, Parameters, Start, Times, method, options, SequenceMemory.All).ToArray();
        Assert.Equal(all, OdeGradient.Solve(Field, Parameters, Start, Times, method, options, SequenceMemory.Sqrt).ToArray());
        Assert.Equal(Start.ToArray(), all[..6]);
        var system = OdeFunction.Of(2, (t, x) => Field(t, x, Parameters));
        for (var s = 0; s < 3; s++)
        {
            var x = Start.ToArray()[(2 * s)..(2 * s + 2)];
            for (var i = 1; i < Times.Length; i++)
            {
                // Equal steps between two times; adaptive ones are common to all samples, and agree within the tolerance.
                var count = step is { } h ? Math.Ceiling((Times[i] - Times[i - 1]) / h - 1e-9) : 0;
                x = Ode.Integrate(system, method, x, Times[i - 1], Times[i], options with { Step = step is null ? null : (Times[i] - Times[i - 1]) / count }).EndState.ToArray();
                for (var j = 0; j < 2; j++) Assert.Equal(x[j], all[(i * 3 + s) * 2 + j], step is null ? 1e-7 : 1e-13);
            }
        }
    }

    [Fact]
    public void The_gradients_of_both_memories_are_the_same_bits()
    {
        double[][] Gradients(SequenceMemory memory)
        {
            using var tape = new Tape<double>();
            var p = tape.Watch(Parameters);
            var x0 = tape.Watch(Start);
            var g = tape.Backward(OdeGradient.Solve(Field, p, x0, Times, RungeKutta.RungeKutta4, new() { Step = 0.05 }, memory).Square().Sum());
            return [g[p.Growth].ToArray(), g[p.Mix].ToArray(), g[x0].ToArray()];
        }
        var (all, sqrt) = (Gradients(SequenceMemory.All), Gradients(SequenceMemory.Sqrt));
        for (var i = 0; i < 3; i++)
            foreach (var (a, b) in all[i].Zip(sqrt[i])) Assert.Equal(a, b, 1e-13 * Math.Max(1, Math.Abs(a)));
    }

    [Fact]
    public void A_decay_has_the_gradient_of_the_closed_form()
    {
        // x(t) = x₀·e^(−kt): ∂x/∂k = −t·x, ∂x/∂x₀ = e^(−kt).
        using var tape = new Tape<double>();
        var p = tape.Watch(new Rates(Tensor.From<double>([0.8], [1]), Tensor.Zeros<double>([1, 1])));
        var x0 = tape.Watch(Tensor.From<double>([2], [1, 1]));
        var x = OdeGradient.Solve((_, v, q) => -(q.Growth * v), p, x0, [0, 3], RungeKutta.DormandPrince, new() { RelativeTolerance = 1e-10 });
        Assert.Equal(2 * Math.Exp(-2.4), x.ToArray()[1], 1e-9);
        var gradients = tape.Backward(x[1].Sum());
        Assert.Equal(-3 * 2 * Math.Exp(-2.4), gradients[p.Growth].Item(), 1e-8);
        Assert.Equal(Math.Exp(-2.4), gradients[x0].Item(), 1e-9);
    }

    [Fact]
    public void Known_times_of_change_are_stepped_to()
    {
        // ẋ = [t < 1]: Euler's method is exact where a step ends at 1.
        static Tensor<double> Pulse(Tensor<double> t, Tensor<double> x, Rates _) => 0 * x + Tensor<double>.Select(1.0 - t, 0 * t + 1.0, 0 * t);
        var x = OdeGradient.Solve(Pulse, Parameters, Tensor.Zeros<double>([1, 2]), [0, 3], RungeKutta.Euler, new() { Step = 0.7, Discontinuities = [1] });
        Assert.Equal(1, x.ToArray()[2], 1e-14);
        // ẋ = −x + [t ≥ 1]: x(2) = 1 − 1/e, by methods whose stages lie on the jump, too.
        static Tensor<double> Late(Tensor<double> t, Tensor<double> x, Rates _) => Tensor<double>.Select(1.0 - t, 0 * t, 0 * t + 1.0) - x;
        foreach (var (method, step, error) in (ReadOnlySpan<(RungeKutta, double?, double)>)
            [(RungeKutta.DormandPrince, null, 1e-8), (RungeKutta.DormandPrince, 0.1, 1e-7), (RungeKutta.RungeKutta4, 0.05, 1e-6), (RungeKutta.Heun, 0.05, 1e-3)])
        {
            var options = new OdeOptions { Step = step, RelativeTolerance = 1e-9, Discontinuities = [1] };
            var late = OdeGradient.Solve(Late, Parameters, Tensor.Zeros<double>([1, 2]), [0, 2], method, options).ToArray();
            Assert.Equal(1 - Math.Exp(-1), late[2], error);
        }
    }

    [Fact]
    public void Float_is_integrated_too()
    {
        var p = new Single(Tensor.From<float>([0.8f], [1]));
        var x = OdeGradient.Solve((_, v, q) => -(q.Rate * v), p, Tensor.From<float>([2], [1, 1]), [0, 3], RungeKutta.DormandPrince);
        Assert.Equal(2 * Math.Exp(-2.4), x.ToArray()[1], 1e-5);
    }

    sealed record Single(Tensor<float> Rate) : IParameters<Single, float>
    {
        public Single Map(Func<string, Tensor<float>, Tensor<float>> f) => new(f("rate", Rate));
    }

    [Fact]
    public void What_makes_no_sense_is_refused_in_a_sentence()
    {
        Tensor<double> Run(double[] times, OdeOptions? options = null) => OdeGradient.Solve(Field, Parameters, Start, times, RungeKutta.RungeKutta4, options ?? new() { Step = 0.1 });
        Assert.Contains("Time 1 is 0 after 1", Assert.Throws<ArgumentException>(() => { Run([1, 0]); }).Message, StringComparison.Ordinal);
        Assert.Contains("No times", Assert.Throws<ArgumentException>(() => { Run([]); }).Message, StringComparison.Ordinal);
        Assert.Contains("no error estimate", Assert.Throws<ArgumentException>(() => { Run([0, 1], new()); }).Message, StringComparison.Ordinal);
        Assert.Contains("The step is -0.01", Assert.Throws<ArgumentException>(() => { Run([0, 1], new() { Step = -0.01 }); }).Message, StringComparison.Ordinal);
        Assert.Contains("longer than MaxStep", Assert.Throws<ArgumentException>(() => { Run([0, 1], new() { Step = 2, MaxStep = 0.01 }); }).Message, StringComparison.Ordinal);
        Assert.Contains("MaxSteps", Assert.Throws<ArgumentException>(() => { Run([0, 1], new() { Step = 1e-12 }); }).Message, StringComparison.Ordinal);
        Assert.Contains("[3]", Assert.Throws<ShapeException>(() => { OdeGradient.Solve((_, x, _) => x.Sum(1), Parameters, Start, [0, 1], RungeKutta.Euler, new() { Step = 0.1 }); }).Message, StringComparison.Ordinal);
    }
}
