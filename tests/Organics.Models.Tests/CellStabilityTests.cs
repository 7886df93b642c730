using System.Numerics;
using Organics.Contract;

namespace Organics.Tests;

/// <summary>The spectrum of any cell, at rest and on the way.</summary>
public sealed class CellStabilityTests
{
    const int Units = 4, Channels = 2, Steps = 9;

    static SequenceModel<double> Model(string kind, int layers = 1)
        => SequenceModel<double>.Create(new() { Cell = kind, Units = Units, Layers = layers, Format = new(Steps, Channels, TargetKind.Class, PerStep: false, 2) }, seed: 3);

    static SampleBatch<double> Batch(int count)
        => SampleBatch<double>.Of(
            new(Steps, Channels, TargetKind.Class, PerStep: false, 2), DrawnSequence<double>.Random(7, [count, Steps, Channels], -1, 1).ToArray(), new int[count]);

    static Complex[] Sorted(IEnumerable<Complex> values) => [.. values.OrderBy(v => Math.Round(v.Real, 6)).ThenBy(v => v.Imaginary)];

    static void Near(IEnumerable<Complex> expected, IEnumerable<Complex> actual, double tolerance)
    {
        Complex[] a = Sorted(expected), b = Sorted(actual);
        Assert.Equal(a.Length, b.Length);
        for (var i = 0; i < a.Length; i++) Assert.True((a[i] - b[i]).Magnitude < tolerance, $"{b[i]} instead of {a[i]}");
    }

    static double[] Differences(Func<double[], double[]> f, double[] at)
    {
        const double h = 1e-6;
        var n = at.Length;
        var jacobian = new double[n * n];
        for (var j = 0; j < n; j++)
        {
            double[] up = [.. at], down = [.. at];
            up[j] += h;
            down[j] -= h;
            var (above, below) = (f(up), f(down));
            for (var i = 0; i < n; i++) jacobian[i * n + j] = (above[i] - below[i]) / (2 * h);
        }
        return jacobian;
    }

    // States before each step, part after part.
    static double[][] StatesBefore(SequenceModel<double> model, double[] x)
    {
        var stream = model.Stream();
        var (states, y) = (new double[Steps][], new double[Units]);
        for (var t = 0; t < Steps; t++)
        {
            states[t] = new double[stream.StateLength];
            stream.CopyState(states[t]);
            stream.Step(x.AsSpan(t * Channels, Channels), y);
        }
        return states;
    }

    public static TheoryData<string, int> KindsAndLayers
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var kind in CellLaws<double>.Kinds)
                foreach (var layers in (int[])[1, 2]) data.Add(kind, layers);
            return data;
        }
    }

    [Theory, MemberData(nameof(KindsAndLayers))]
    public void On_the_way_multipliers_are_those_of_differences_of_the_stream(string kind, int layers)
    {
        var (model, batch) = (Model(kind, layers), Batch(1));
        var (x, stream, y) = (batch.Inputs.ToArray(), model.Stream(), new double[Units]);
        var states = StatesBefore(model, x);
        var found = CourseStability.Of(model, batch, each: 4);
        Assert.Equal([1, 3, 5, 8], found.Steps.Select(s => s.Step));
        foreach (var step in found.Steps)
        {
            var jacobian = Differences(state =>
            {
                stream.Restore(state);
                stream.Step(x.AsSpan(step.Step * Channels, Channels), y);
                var after = new double[state.Length];
                stream.CopyState(after);
                return after;
            }, states[step.Step]);
            Near(Eigenvalues.Of(jacobian, states[0].Length).OrThrow().Values, step.Spectrum.Multipliers, 1e-7);
        }
        Assert.Equal((double)found.Steps.Count(s => s.Spectrum.Multipliers.Any(v => v.Magnitude >= 1)) / 4, found.Outside);
    }

    /// <summary>The equations of the flows by hand; ORGaNICs, whose steps are Euler's, have λ = μ − 1.</summary>
    [Theory]
    [InlineData("antisymmetric")]
    [InlineData("lipschitz")]
    [InlineData("cornn")]
    [InlineData("lem")]
    [InlineData("organics")]
    public void Eigenvalues_of_a_discretised_ODE_are_those_of_the_ODE(string kind)
    {
        var (model, batch) = (Model(kind), Batch(1));
        Assert.True(model.IsDiscretisedOde);
        var x = batch.Inputs.ToArray();
        var states = StatesBefore(model, x);
        var settings = model.Options.AllSettings;
        foreach (var step in CourseStability.Of(model, batch, each: Steps).Steps)
        {
            if (kind == "organics")
            {
                Near(step.Spectrum.Multipliers.Select(v => v - 1), step.Spectrum.Eigenvalues, 1e-12);
                continue;
            }
            var p = ((SequenceModel<CellWeights<double>, CellWeights<double>, double>)model).Parameters.Cell;
            var jacobian = Differences(state => Flow(p, state, x.AsSpan(step.Step * Channels, Channels).ToArray()), states[step.Step]);
            Near(Eigenvalues.Of(jacobian, states[0].Length).OrThrow().Values, step.Spectrum.Eigenvalues, 1e-7);
        }

        double Setting(string name) => double.Parse(settings[name], System.Globalization.CultureInfo.InvariantCulture);

        double[] Flow(CellWeights<double> p, double[] state, double[] input)
        {
            var shown = Tensor.From<double>(input, [1, Channels]);
            Tensor<double> Part(int k) => Tensor.From<double>(state.AsSpan(k * Units, Units), [1, Units]);
            Tensor<double> Of(Tensor<double> v, Tensor<double> w) => v.MatMul(w, transposeOther: true);
            Tensor<double> Times(double factor, Tensor<double> v) => factor * v;
            switch (kind)
            {
                case "antisymmetric":
                    var (h, w) = (Part(0), p["W"]);
                    return Times(Setting("epsilon"), (Of(h, w - w.Transpose()) - Setting("gamma") * h + Of(shown, p["V.weight"]) + p["V.bias"]).Tanh()).ToArray();
                case "lipschitz":
                    Tensor<double> Mixed(Tensor<double> m) => (1 - Setting("beta")) * (m + m.Transpose()) + Setting("beta") * (m.Transpose() - m);
                    h = Part(0);
                    return Times(Setting("epsilon"), Of(h, Mixed(p["B"])) - Setting("gamma") * h
                        + (Of(h, Mixed(p["C"])) - Setting("gamma") * h + Of(shown, p["E.weight"]) + p["E.bias"]).Tanh()).ToArray();
                case "cornn":
                    var (y, z) = (Part(0), Part(1));
                    var force = (Of(Tensor<double>.Concat(1, shown, z, y), p["i2h.weight"]) + p["i2h.bias"]).Tanh() - Setting("gamma") * y - Setting("epsilon") * z;
                    return [.. Times(Setting("dt"), z).ToArray(), .. Times(Setting("dt"), force).ToArray()];
                default:
                    (y, z) = (Part(0), Part(1));
                    Tensor<double> From(int k) => Of(shown, p["inp2hid.weight"].Slice(k * Units, Units)) + p["inp2hid.bias"].Slice(k * Units, Units);
                    Tensor<double> Own(int x, int k) => From(x) + Of(y, p["hid2hid.weight"].Slice(k * Units, Units)) + p["hid2hid.bias"].Slice(k * Units, Units);
                    var toY = From(2) + Of(z, p["transform_z.weight"]) + p["transform_z.bias"];
                    return [.. Times(Setting("dt"), Own(0, 0).Sigmoid() * (toY.Tanh() - y)).ToArray(), .. Times(Setting("dt"), Own(1, 1).Sigmoid() * (Own(3, 2).Tanh() - z)).ToArray()];
            }
        }
    }

    [Theory]
    [InlineData("lstm")]
    [InlineData("gru")]
    [InlineData("rnn")]
    public void Eigenvalues_of_a_cell_without_an_ODE_are_the_logarithms_of_its_multipliers(string kind)
    {
        var model = Model(kind);
        Assert.False(model.IsDiscretisedOde);
        foreach (var step in CourseStability.Of(model, Batch(2), each: 3).Steps)
        {
            Near(step.Spectrum.Multipliers.Select(v => Complex.Log(v)), step.Spectrum.Eigenvalues, 1e-12);
            Assert.Equal(step.Spectrum.Radius < 1, step.Spectrum.MaxRealPart < 0);
        }
    }

    /// <summary>h ← tanh(w·h): at 0 the multipliers are w, and at rest, where h = tanh(w·h), w·(1 − h²).</summary>
    [Theory]
    [InlineData(0.5)]
    [InlineData(2.0)]
    public void An_RNN_of_known_multipliers_is_outside_the_stable_region_where_they_are(double w)
    {
        var model = Model("rnn");
        foreach (var (name, tensor) in model.Tensors)
            if (name.StartsWith("rnn.", StringComparison.Ordinal))
                tensor.Assign(name.Contains("weight_hh", StringComparison.Ordinal) ? Tensor.Identity<double>(Units).ToArray().Select(v => w * v).ToArray() : new double[tensor.Length]);
        var course = CourseStability.Of(model, Batch(2), each: 3);
        Assert.All(course.Steps, s => Near(Enumerable.Repeat(new Complex(w, 0), Units), s.Spectrum.Multipliers, 1e-12));
        Assert.Equal(w < 1 ? 0 : 1, course.Outside);
        Assert.Equal(Math.Log(w), course.MaxRealPart, 12);
        // It rests at 0, where every start that is 0 stays, whether that attracts or not.
        var rest = SequenceStability.Of(model, 2);
        Assert.Equal(0, rest.NotSettled);
        Assert.Equal(w < 1 ? 1 : 0, rest.StableFraction);
    }

    [Fact]
    public void Only_steps_that_a_sample_has_are_looked_at()
    {
        var (model, batch) = (Model("gru"), Batch(2));
        (batch.HasLengths, batch.Lengths[0], batch.Lengths[1]) = (true, 2, 5);
        Assert.Equal([(0, 0), (0, 1), (1, 0), (1, 2), (1, 4)], CourseStability.Of(model, batch, each: 3).Steps.Select(s => (s.Sample, s.Step)));
    }

    [Fact]
    public void The_states_of_a_model_are_those_of_its_stream()
    {
        var (model, x) = (Model("lem"), Batch(1).Inputs.ToArray());
        var states = model.States(x);
        Assert.Equal(["y", "z"], states.Select(s => s.Key));
        var before = StatesBefore(model, x);
        for (var t = 1; t < Steps; t++)
            for (var k = 0; k < 2; k++) Assert.Equal(before[t][(k * Units)..((k + 1) * Units)], states[k].Value.ToArray()[((t - 1) * Units)..(t * Units)]);
        Assert.Throws<ArgumentException>(() => model.States(x.AsSpan(1)));
    }

    sealed record Weight(Tensor<double> W) : IParameters<Weight, double>
    {
        public Weight Map(Func<string, Tensor<double>, Tensor<double>> f) => new(f("W", W));
    }

    /// <summary>h ← ⌊w·h⌋, in tape ops.</summary>
    sealed class Rectified : IRecurrentCell<Weight, Weight, double>
    {
        public IReadOnlyList<string> States { get; } = ["h"];

        public Weight Prepare(Weight parameters) => parameters;

        public IReadOnlyList<Tensor<double>> Step(Weight coefficients, Tensor<double> x, IReadOnlyList<Tensor<double>> state)
            => [state[0].MatMul(coefficients.W, transposeOther: true).Relu() + 0 * x.Sum()];
    }

    /// <summary>At rest in 0 the derivative of a rectifier is 0, and a little above it is what it multiplies: nothing may be called stable by the former alone.</summary>
    [Theory]
    [InlineData(2.0, 0.0)]
    [InlineData(0.5, 0.0)]
    // Of differences between neighbours alone, which a change of all by the same leaves at the kink.
    [InlineData(1.0, -1.0)]
    public void A_cell_of_one_s_own_that_rests_on_a_kink_is_not_called_stable(double own, double next)
    {
        var options = Model("rnn").Options;
        var w = new double[Units * Units];
        for (var i = 0; i < Units; i++) (w[i * Units + i], w[i * Units + (i + 1) % Units]) = (own, next);
        var weight = new Weight(Tensor.From(w, [Units, Units]));
        var model = new SequenceModel<Weight, Weight, double>(
            options, new(new Rectified(), weight, [Tensor.Zeros<double>([Units])]), new("", weight, Linear<double>.Create(Units, 2, new Initializer<double>(1, Device.Cpu))));
        var rest = SequenceStability.Of(model, 2).Inputs[0];
        Assert.True(rest.Settled);
        Assert.Equal(double.PositiveInfinity, rest.Spectrum.Uncertainty);
        Assert.False(rest.IsStable);
    }
}
