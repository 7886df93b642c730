namespace Organics.Tests;

public sealed class SequenceClassifierTests
{
    /// <summary>theory.md §8.4: 3nd + 6n² + 4n for the circuit and Cn + C for the head.</summary>
    [Theory]
    [InlineData(64, true, 25_674)]
    [InlineData(128, true, 100_490)]
    [InlineData(64, false, 25_418)]
    [InlineData(128, false, 99_978)]
    public void It_has_as_many_parameters_as_the_papers(int units, bool learned, long expected)
        => Assert.Equal(expected, CircuitModels.Create<float>(CircuitModels.Options(units: units, learnTimeConstants: learned), seed: 1).Parameters.Count());

    [Fact]
    public void Its_initial_values_are_those_of_the_authors()
    {
        var model = CircuitModels.Create<double>(CircuitModels.Options(units: 12, variant: CircuitVariant.Authors), seed: 3);
        var p = model.Parameters.Cell;
        Assert.Equal(1, p.Wzx.Square().Sum().Item(), 1e-14);
        var product = p.Wr.MatMul(p.Wr, transposeOther: true).ToArray();
        for (var i = 0; i < product.Length; i++) Assert.Equal(i % 13 == 0 ? 1 : 0, product[i], 1e-13);
        Assert.All(p.LogWay.ToArray(), v => Assert.True(v <= 0));
        Assert.All(Enumerable.Range(0, 12), i => Assert.Equal(0, p.LogWay.ToArray()[13 * i]));
        Assert.Equal(1, model.Initial[0].Square().Sum().Item(), 1e-14);
        Assert.All(model.Initial[2].ToArray(), b0 => Assert.Equal(1, b0));
        // The paper's code began at Wr = I + I.
        var paper = CircuitModels.Create<double>(CircuitModels.Options(units: 12), seed: 3);
        var wr = paper.Cell.Prepare(paper.Parameters.Cell).Wr.ToArray();
        for (var i = 0; i < wr.Length; i++) Assert.Equal(i % 13 == 0 ? 2 : 0, wr[i], 1e-12);
    }

    /// <summary>Wr = I + V/σ₁(V): three times the identity gives twice the identity, whatever V is has σ₁ = 1 beside I, and the gradient is that of differences.</summary>
    [Fact]
    public void The_papers_recurrence_is_the_identity_and_a_matrix_of_norm_one()
    {
        var model = CircuitModels.Create<double>(CircuitModels.Options(units: 3), seed: 3);
        var p = model.Parameters.Cell;
        Tensor<double> Wr(Tensor<double> v) => model.Cell.Prepare(p with { Wr = v }).Wr;
        var twice = Wr(Tensor.From([3.0, 0, 0, 0, 3, 0, 0, 0, 3], [3, 3])).ToArray();
        for (var i = 0; i < 9; i++) Assert.Equal(i % 4 == 0 ? 2 : 0, twice[i], 1e-12);
        var v = Tensor.From([0.3, -1.2, 0.7, 2.1, 0.4, -0.6, 0.9, 1.5, -0.2], [3, 3]);
        var beside = Wr(v).ToArray();
        for (var i = 0; i < 9; i += 4) beside[i] -= 1;
        Assert.Equal(1, SingularValues.Largest(beside, 3), 1e-12);
        GradientCheck.Run(x => Wr(x[0]), [v]).OrThrow(1e-7);
    }

    [Fact]
    public void W_that_is_cut_off_at_one_needs_no_exponential_that_overflows()
    {
        var model = CircuitModels.Create<double>(CircuitModels.Options(units: 2, variant: CircuitVariant.Authors), seed: 3);
        using var tape = new Tape<double>(Device.Cpu);
        var p = tape.Watch(model.Parameters.Cell with { LogWay = Tensor.From([1e6, 0, -1, -800], [2, 2]) });
        var w = model.Cell.Prepare(p).W;
        Assert.Equal([1, 1, Math.Exp(-1), 0], w.ToArray());
        Assert.Equal([0, 1, Math.Exp(-1), 0], tape.Backward(w.Sum())[p.LogWay].ToArray());
    }

    [Fact]
    public void The_first_state_is_drawn_from_the_seed_and_kept_in_a_file()
    {
        var options = CircuitModels.Options(units: 5, steps: 9, classes: 3, variant: CircuitVariant.Authors);
        var (model, other) = (CircuitModels.Create<float>(options, seed: 3), CircuitModels.Create<float>(options, seed: 4));
        Assert.NotEqual(model.Initial[1].ToArray(), other.Initial[1].ToArray());
        var path = Path.GetTempFileName();
        try
        {
            SafeTensors.Write(path, Checkpoint.Pack<SequenceParameters<RecurrentCircuitParameters<float>, float>, float>(model.Parameters).Concat(model.Constants), options.ToMetadata());
            var read = CircuitModels.Load<float>(path);
            for (var k = 0; k < 4; k++) Assert.Equal(model.Initial[k].ToArray(), read.Initial[k].ToArray());
            // The stream is of the model's own variant.
            float[] image = [0, 0.2f, 0.9f, 1, 0.4f, 0, 0, 0.3f, 0.7f];
            var (stream, y) = (read.Stream(), new float[5]);
            foreach (var pixel in image) stream.Step([pixel], y);
            var logits = model.Outputs(model.Parameters, Tensor.From(image, [1, 9]), []);
            Assert.Equal(logits.ToArray(), model.Parameters.Head.Forward(Tensor.From(y, [1, 5])).ToArray());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("time_constants", "Learned")]
    [InlineData("order", "99999999999 1")]
    [InlineData("units", "0")]
    [InlineData("sigma", "0")]
    [InlineData("sigma", "1e-30")]
    [InlineData("sigma", "one")]
    public void A_header_that_makes_no_sense_is_refused(string key, string value)
        => Assert.Throws<CheckpointException>(() => SequenceOptions.FromMetadata(new Dictionary<string, string>(CircuitModels.Options(units: 2, steps: 2).ToMetadata()) { [key] = value }));

    /// <summary>With weights of 0 the pool rests at a = σ²b0², b0 = ½.</summary>
    [Theory]
    [InlineData(1.0)]
    [InlineData(0.3)]
    public void The_semisaturation_is_what_it_is_told_to_be(double sigma)
    {
        var options = CircuitModels.Options(units: 2, steps: 400, classes: 2, variant: CircuitVariant.Unrectified, largest: new LargestSteps(0.5, 0.5, 0.5), sigma: sigma);
        var model = CircuitModels.Create<double>(options, seed: 1);
        foreach (var parameter in model.Parameters.Cell.List().Where(p => p.Key != "log_Way")) parameter.Value.Assign(new double[parameter.Value.Length]);
        model.Parameters.Cell.LogWay.Assign([-800, -800, -800, -800]);
        Assert.Equal(sigma * sigma / 4, model.States(new double[400]).First(state => state.Key == "a").Value.ToArray()[^1], 1e-9);
        Assert.Equal([sigma, sigma], model.Constants.First(constant => constant.Name == "org.sigma").ToArray<double>());
        Assert.Equal(options.ToMetadata(), SequenceOptions.FromMetadata(options.ToMetadata()).ToMetadata());
        // Files of versions that knew no other than 1 do not say it.
        var unsaid = new Dictionary<string, string>(options.ToMetadata());
        Assert.True(unsaid.Remove("sigma"));
        Assert.Equal("1", SequenceOptions.FromMetadata(unsaid).ToMetadata()["sigma"]);
    }

    [Fact]
    public void An_order_that_shows_a_pixel_twice_is_refused()
        => Assert.Throws<ArgumentException>(() => CircuitModels.Create<float>(CircuitModels.Options(units: 2, steps: 4, order: [1, 1, 1, 1]), seed: 0));

    [Fact]
    public void The_order_of_the_pixels_decides_what_each_step_shows()
    {
        int[] order = [2, 0, 3, 1];
        var model = CircuitModels.Create<double>(CircuitModels.Options(units: 3, steps: 4, classes: 2, order: order), seed: 1);
        Assert.Equal([0.3, 0.7, 0.1, 0.5, 0.4, 0.8, 0.2, 0.6], model.Sequence(Tensor.From([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], [2, 4])).ToArray());
        Assert.Throws<ShapeException>(() => model.Sequence(Tensor.From([1.0], [1, 1])));
    }

    [Fact]
    public void Its_stream_ends_in_the_state_that_the_head_reads()
    {
        var model = CircuitModels.Create<double>(CircuitModels.Options(units: 5, steps: 9, classes: 3), seed: 2);
        double[] image = [0, 0.2, 0.9, 1, 0.4, 0, 0, 0.3, 0.7];
        var stream = model.Stream();
        var y = new double[5];
        foreach (var pixel in image) stream.Step([pixel], y);
        var logits = model.Outputs(model.Parameters, Tensor.From(image, [1, 9]), []);
        Assert.Equal(logits.ToArray(), model.Parameters.Head.Forward(Tensor.From(y, [1, 5])).ToArray());
    }

    [Fact]
    public void It_says_at_which_step_a_value_first_goes_bad()
    {
        var model = CircuitModels.Create<float>(CircuitModels.Options(units: 4, steps: 6, classes: 2), seed: 1);
        var images = new float[12];
        images[6 + 3] = float.NaN;
        Assert.Null(model.Explain(model.Parameters, Tensor.From(new float[12], [2, 6])));
        var words = model.Explain(model.Parameters, Tensor.From(images, [2, 6]));
        Assert.StartsWith("time step 4 of 6, where y of sample 1, neuron 0", words);
    }

    /// <summary>At rest the eigenvalues are those of central differences of a step, all couplings of y, a, b0 and b among them; what is stored of them agrees with what is found again.</summary>
    [Fact]
    public void Its_spectrum_at_rest_is_that_of_differences()
    {
        const int units = 3, n = 4 * units;
        var model = CircuitModels.Create<double>(CircuitModels.Options(units: units, steps: 4, classes: 2, variant: CircuitVariant.Unrectified, largest: new LargestSteps(0.4, 0.3, 0.6)), seed: 5);
        // Weak recurrence, which comes to rest.
        var p = model.Parameters.Cell with { Wr = 0.3 * model.Parameters.Cell.Wr };
        var weak = new SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double>(model.Options, new(model.Cell, model.Parameters.Cell, model.Initial), model.Parameters with { Cell = p });
        var stability = SequenceStability.Of(weak, 2);
        Assert.Equal(0, stability.NotSettled);
        var coefficients = weak.Cell.Prepare(p);
        var x = Tensor.From([1.0], [1, 1]);
        double[] Step(double[] state) => [.. weak.Cell.Step(coefficients, x, [.. Enumerable.Range(0, 4).Select(k => Tensor.From<double>(state.AsSpan(k * units, units), [1, units]))]).SelectMany(s => s.ToArray())];
        double[] rest = [.. weak.Initial.SelectMany(s => s.ToArray())];
        for (var t = 0; t < 5000; t++) rest = Step(rest);
        var jacobian = new double[n * n];
        for (var j = 0; j < n; j++)
        {
            const double h = 1e-6;
            double[] up = [.. rest], down = [.. rest];
            up[j] += h;
            down[j] -= h;
            var (above, below) = (Step(up), Step(down));
            for (var i = 0; i < n; i++) jacobian[i * n + j] = (above[i] - below[i]) / (2 * h) - (i == j ? 1 : 0);
        }
        var expected = Eigenvalues.Of(jacobian, n).OrThrow().Values.OrderBy(v => v.Real).ThenBy(v => v.Imaginary).ToArray();
        var found = stability.Inputs[1].Spectrum.Eigenvalues.OrderBy(v => v.Real).ThenBy(v => v.Imaginary).ToArray();
        for (var i = 0; i < n; i++) Assert.True((expected[i] - found[i]).Magnitude < 1e-6, $"{found[i]} instead of {expected[i]}");
        Assert.True(stability.Agrees(stability.ToJson()));
        Assert.True(stability.Agrees(SequenceStability.Of(weak, 2).ToJson()));
        Assert.False(stability.Agrees(SequenceStability.Of(model, 2).ToJson()));
        Assert.False(stability.Agrees("{}"));
        // What a step forgets at once has a rate of −∞, which is no scale for the others.
        var forgetful = new SequenceStability([new(0, true, 0, new([0, 0.5], [double.NegativeInfinity, Math.Log(0.5)]))]);
        Assert.True(forgetful.Agrees(forgetful.ToJson()));
        Assert.False(forgetful.Agrees(forgetful.ToJson().Replace("-0.69", "-77.69", StringComparison.Ordinal)));
        Assert.False(stability.Agrees("stable"));
    }

    [Fact]
    public void A_flow_that_is_stable_where_its_steps_are_not_is_no_stable_circuit()
    {
        static StepSpectrum Of(double lambda, double spread = 0)
        {
            var (outside, uncertainty) = SpectralBound.Largest([lambda], [spread], 1, [lambda], StabilityRegion.EulerDisc);
            return new([new(1 + lambda, 0)], [new(lambda, 0)], uncertainty) { Verdict = SpectralBound.Verdict(outside, uncertainty) };
        }
        Assert.False(new ConstantInput(0, true, 0, Of(-2.1)).IsStable);
        Assert.True(new ConstantInput(0, true, 0, Of(-1.9)).IsStable);
        Assert.False(new ConstantInput(0, false, 1, Of(-0.5)).IsStable);
        Assert.False(new ConstantInput(0, true, 0, new([], [])).IsStable);
        // By more than it is known.
        Assert.False(new ConstantInput(0, true, 0, Of(-1e-12, 1e-11)).IsStable);
        Assert.True(new ConstantInput(0, true, 0, Of(-1e-10, 1e-11)).IsStable);
    }

    /// <summary>With W = 0, Wr = 0 and gains that depend on nothing the circuit is linear: its eigenvalues are −κ.</summary>
    [Fact]
    public void Its_spectrum_at_rest_is_that_of_a_circuit_whose_eigenvalues_are_known()
    {
        var model = CircuitModels.Create<double>(CircuitModels.Options(units: 2, steps: 4, classes: 2, variant: CircuitVariant.Unrectified, largest: new LargestSteps(0.4, 0.2, 0.3)), seed: 1);
        var none = Tensor.Zeros<double>([2, 2]);
        var p = model.Parameters.Cell with
        {
            Wr = none,
            Wby0 = none,
            Wba0 = none,
            Wby1 = none,
            Wba1 = none,
            LogWay = Tensor.Full([2, 2], -800.0),
            TimeConstants = new(Tensor.Zeros<double>([2]), Tensor.Zeros<double>([2]), Tensor.Zeros<double>([2]), Tensor.Zeros<double>([2])),
        };
        var linear = new SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double>(model.Options, new(model.Cell, model.Parameters.Cell, model.Initial), model.Parameters with { Cell = p });
        var stability = SequenceStability.Of(linear, 3);
        Assert.Equal(1, stability.StableFraction);
        foreach (var each in stability.Inputs)
        {
            Assert.True(each.Settled);
            Assert.Equal([-0.2, -0.2, -0.15, -0.15, -0.15, -0.15, -0.1, -0.1], each.Spectrum.Eigenvalues.Select(v => Math.Round(v.Real, 9)).Order());
        }
        // Twice the identity as recurrence and no normalization: y grows without bound wherever 1 + κ(−1 + (1 − √a)·2) is more than 1, that is a < ¼.
        var two = Tensor.From([2.0, 0, 0, 2], [2, 2]);
        var growing = new SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double>(model.Options, new(model.Cell, model.Parameters.Cell, model.Initial), model.Parameters with { Cell = p with { Wr = two, Wbx0 = Tensor.Full([2, 1], -9.0) } });
        Assert.False(SequenceStability.Of(growing, 2).Inputs[1].IsStable);
    }

    /// <summary>
    /// Neurons in a row drive one another: one eigenvalue, as often as there are neurons, which no rounding tells from a cluster. That it lies in the disc is proven
    /// along the circle, and then it is stable, by whatever little the proof leaves beside 1.
    /// </summary>
    [Fact]
    public void What_is_proven_of_a_defective_eigenvalue_is_said()
    {
        const int n = 6;
        var model = CircuitModels.Create<double>(
            CircuitModels.Options(units: n, steps: 4, classes: 2, variant: CircuitVariant.Unrectified, largest: new LargestSteps(0.4, 0.2, 0.3)), seed: 1);
        var none = Tensor.Zeros<double>([n, n]);
        var half = new TimeConstants<double>(Tensor.Zeros<double>([n]), Tensor.Zeros<double>([n]), Tensor.Zeros<double>([n]), Tensor.Zeros<double>([n]));
        var row = new double[n * n];
        for (var i = 1; i < n; i++) row[i * n + i - 1] = 1;
        var p = model.Parameters.Cell with
        {
            Wr = Tensor.From<double>(row, [n, n]),
            Wby0 = none,
            Wba0 = none,
            Wby1 = none,
            Wba1 = none,
            LogWay = Tensor.Full([n, n], -800.0),
            TimeConstants = half,
        };
        var chain = new SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double>(
            model.Options, new(model.Cell, model.Parameters.Cell, model.Initial), model.Parameters with { Cell = p });
        var stability = SequenceStability.Of(chain, 3);
        // In the dark y = 0, and what is 0 of its Jacobian may be a little on either side, which balancing makes much of.
        var driven = stability with { Inputs = [.. stability.Inputs.Skip(1)] };
        Assert.All(driven.Inputs, each => Assert.True(each.Settled && each.Spectrum.Uncertainty > 0.01, $"{each.Spectrum.Uncertainty}"));
        Assert.Equal((1.0, 0), (driven.StableFraction, driven.Undecided));
        Assert.True(driven.Agrees(driven.ToJson()));
        // What could not be decided there may be stable here, but not the other way round.
        Assert.True(driven.Agrees(driven.ToJson().Replace("true,true", "true,false", StringComparison.Ordinal)));
        var undecided = driven with { Inputs = [.. driven.Inputs.Select(i => i with { Spectrum = i.Spectrum with { Verdict = StabilityVerdict.Undecided } })] };
        Assert.Equal(2, undecided.Undecided);
        Assert.False(undecided.Agrees(driven.ToJson()));
    }

    /// <summary>Without input and drive y = 0 is at rest on the kink of ⌊y⌋: from below it looks as if nothing recurred, from above it does.</summary>
    [Theory]
    [InlineData(0.0, true)]
    [InlineData(0.5, true)]
    [InlineData(4.0, false)]
    public void On_the_kink_of_a_rectifier_both_sides_must_contract(double recurrence, bool expected)
    {
        var variant = new CircuitVariant(RectifyDrive: true, RecurrentRectifier.Inside, ClampW: true, IdentityPlus: false);
        var model = CircuitModels.Create<double>(CircuitModels.Options(units: 2, steps: 4, classes: 2, variant: variant, largest: new LargestSteps(0.4, 0.2, 0.3)), seed: 1);
        var none = Tensor.Zeros<double>([2, 2]);
        var p = model.Parameters.Cell with { Wr = Tensor.From([recurrence, 0, 0, recurrence], [2, 2]), Wby0 = none, Wba0 = none, Wby1 = none, Wba1 = none, LogWay = Tensor.Full([2, 2], -3.0) };
        var resting = new SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double>(model.Options, new(model.Cell, model.Parameters.Cell, [Tensor.Zeros<double>(model.Initial[0].Shape), .. model.Initial.Skip(1)]), model.Parameters with { Cell = p });
        var dark = SequenceStability.Of(resting, 2).Inputs[0];
        Assert.True(dark.Settled);
        // The eigenvalues alone, taken from below, are in the disc whatever recurs.
        Assert.All(dark.Spectrum.Multipliers, v => Assert.True(v.Magnitude < 1));
        Assert.Equal(expected, dark.IsStable);
    }
}
