using System.Text.Json;

namespace Organics.Contract;

/// <summary>What must hold of circuits on every device: the golden values and gradients, what is legal at the edges, and the course of a training. In double
/// precision, where the goldens are exact.</summary>
/// <param name="device">The device.</param>
public abstract class CircuitContract(Device device)
{
    static readonly SteadyStateOptions Tight = new() { Tolerance = 1e-14 };

    static readonly string[] Matrices = ["Wzx", "Wr", "Wbx0", "Wby0", "Wba0", "Wbx1", "Wby1", "Wba1"];
    static readonly string[] Constants = ["pTauY", "pTauA", "pTauB0", "pTauB1"];

    public static TheoryData<string> Layers => Ids("static_layer.json");

    public static TheoryData<string> IdentityCircuits => Ids("identity_circuits.json");

    public static TheoryData<string> GeneralCircuits => Ids("general_circuits.json");

    [Theory, MemberData(nameof(Layers))]
    public void Golden_layers_hold_in_value_and_gradient(string id)
    {
        var golden = Case("static_layer.json", id);
        var grad = golden.GetProperty("grad");
        var (x, layer, sigma) = Layer(golden);
        var isIdentity = golden.GetProperty("identity_Wr").GetBoolean();
        using var tape = new Tape<double>(device);
        var (wx, wl, ws) = (tape.Watch(x), tape.Watch(layer), tape.Watch(sigma));
        var state = wl.Settle(wx, ws, isIdentity ? null : wl.Wr, Tight);
        foreach (var (name, value) in new[] { ("z", state.Z), ("b", state.B), ("y", state.Y), ("a", state.A), ("response", state.Response) })
            Golden.Close(golden.Numbers(name), value.ToArray(), 1e-9, name);
        var loss = (tape.Constant(golden.Numbers("cotangent_response"), state.Response.Shape) * state.Response).Sum();
        Golden.Close(golden.Numbers("loss"), [loss.Item()], 1e-9, "loss");

        var g = tape.Backward(loss);
        foreach (var (name, parameter) in new[] { ("x", x), ("Wzx", layer.Wzx), ("Wbx", layer.Wbx), ("b0_raw", layer.B0), ("logW", layer.LogWay),
            ("sigma", sigma) })
            Golden.Close(grad.Numbers(name), g[parameter].ToArray(), 1e-9, $"∂{name}");
        if (!isIdentity) Golden.Close(grad.Numbers("Wr"), g[layer.Wr!].ToArray(), 1e-9, "∂Wr");
    }

    [Theory, MemberData(nameof(IdentityCircuits))]
    public void Golden_circuits_of_identity_recurrence_are_at_rest_where_the_closed_form_says(string id)
    {
        var golden = Case("identity_circuits.json", id);
        var (g, c, w, _) = Circuit(golden);
        var (y, a) = SteadyState.Identity(g, c, w);
        Golden.Close(golden.Numbers("y"), y.ToArray(), 1e-13, "y");
        Golden.Close(golden.Numbers("a"), a.ToArray(), 1e-13, "a");
    }

    [Theory, MemberData(nameof(GeneralCircuits))]
    public void Golden_circuits_have_the_golden_fixed_points_and_implicit_gradients(string id)
    {
        var golden = Case("general_circuits.json", id);
        var expected = golden.GetProperty("implicit");
        var (g, c, w, wr) = Circuit(golden);
        using var tape = new Tape<double>(device);
        var (y, a) = SteadyState.Solve(tape.Watch(g), tape.Watch(c), tape.Watch(w), tape.Watch(wr), Tight, out var report);
        report.Samples[0].OrThrow();
        Golden.Close(golden.Numbers("y"), y.ToArray(), 1e-10, "y");
        Golden.Close(golden.Numbers("a"), a.ToArray(), 1e-10, "a");
        var gradients = tape.Backward((y * tape.Constant(expected.Numbers("gy"), y.Shape) + a * tape.Constant(expected.Numbers("ga"), a.Shape)).Sum());
        Golden.Close(expected.Numbers("p"), gradients[g].ToArray(), 1e-9, "∂g");
        Golden.Close(expected.Numbers("q"), gradients[c].ToArray(), 1e-9, "∂c");
        Golden.Close(expected.GetProperty("grad").Numbers("W"), gradients[w].ToArray(), 1e-9, "∂W");
        Golden.Close(expected.GetProperty("grad").Numbers("Wr"), gradients[wr].ToArray(), 1e-9, "∂Wr");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_step_of_the_recurrent_circuit_and_its_gradients_are_the_golden_ones(bool fused)
    {
        foreach (var golden in Golden.Cases("rnn_cell.json", "one_step"))
        {
            int n = Whole(golden, "n"), d = Whole(golden, "d"), batch = Whole(golden, "batch");
            var (cell, p, coefficients) = RecurrentCircuit(golden, n, d);
            using var tape = new Tape<double>(device);
            var x = On(golden.Numbers("x"), [1, batch, d]);
            Tensor<double>[] state = [.. States(golden.GetProperty("state"), [batch, n])];
            var after = Run(cell, coefficients(tape), tape.Watch(x), [.. state.Select(tape.Watch)], fused, SequenceMemory.Sqrt);
            var expected = golden.GetProperty("out");
            for (var i = 0; i < 4; i++) Golden.Close(expected.Numbers(GoldenStates[i]), after[i].ToArray(), 1e-12, cell.States[i]);
            var cotangent = States(golden.GetProperty("cotangent"), [batch, n]).Select(t => tape.Constant(t.ToArray(), t.Shape)).ToArray();
            var loss = after.Zip(cotangent, (s, c) => (s * c).Sum()).Aggregate((s, t) => s + t);
            var gradients = tape.Backward(loss);
            Golden.Close(golden.Numbers("grad_x"), gradients[x].ToArray(), 1e-11, "x");
            for (var i = 0; i < 4; i++) Golden.Close(golden.GetProperty("grad_state").Numbers(GoldenStates[i]), gradients[state[i]].ToArray(), 1e-11,
                cell.States[i]);
            CheckParameters(golden.GetProperty("grad_params"), p, gradients, 1e-11);
        }
    }

    [Theory]
    [InlineData("all")]
    [InlineData("sqrt")]
    [InlineData("9000")]
    public void A_sequence_its_loss_and_all_gradients_are_the_golden_ones(string memory) => CheckSequence(fused: true, memory);

    protected void CheckSequence(bool fused, string memory)
    {
        foreach (var golden in Golden.Cases("rnn_cell.json", "rollout"))
        {
            int n = Whole(golden, "n"), d = Whole(golden, "d"), batch = Whole(golden, "batch"), steps = Whole(golden, "steps"),
                classes = Whole(golden, "classes");
            var (cell, p, coefficients) = RecurrentCircuit(golden, n, d);
            using var tape = new Tape<double>(device);
            // [batch, steps, d] → [steps, batch, d]
            var x = tape.Constant(golden.Numbers("inputs"), [batch, steps, d]).Reshape([batch, steps * d]).Transpose().Reshape([steps, d, batch]).Transpose();
            Tensor<double>[] initial = [.. States(golden.GetProperty("initial_state"), [n])];
            var head = (Weight: On(golden.Numbers("Wout"), [classes, n]), Bias: On(golden.Numbers("bout"), [classes]));
            var first = initial.Select(s => tape.Watch(s).Expand(0, batch)).ToArray();
            var after = Run(cell, coefficients(tape), x, first, fused, SequenceMemory.Parse(memory));
            for (var i = 0; i < 4; i++) Golden.Close(golden.GetProperty("final_state").Numbers(GoldenStates[i]), after[i].ToArray(), 1e-11, cell.States[i]);
            var logits = after[0].MatMul(tape.Watch(head.Weight), transposeOther: true) + tape.Watch(head.Bias);
            Golden.Close(golden.Numbers("logits"), logits.ToArray(), 1e-11, "logits");
            var loss = logits.SoftmaxCrossEntropy([.. golden.GetProperty("targets").EnumerateArray().Select(v => v.GetInt32())]);
            Assert.Equal(golden.GetProperty("loss").GetDouble(), loss.Item(), 1e-11);
            var gradients = tape.Backward(loss);
            CheckParameters(golden.GetProperty("grad_params"), p, gradients, 1e-9);
            Golden.Close(golden.Numbers("grad_Wout"), gradients[head.Weight].ToArray(), 1e-10, "Wout");
            Golden.Close(golden.Numbers("grad_bout"), gradients[head.Bias].ToArray(), 1e-10, "bout");
            for (var i = 0; i < 4; i++) Golden.Close(golden.GetProperty("grad_initial_state").Numbers(GoldenStates[i]), gradients[initial[i]].ToArray(), 1e-9,
                cell.States[i]);
        }
    }

    [Fact]
    public void The_solver_reaches_the_closed_form_and_its_gradient_where_the_recurrence_is_the_identity()
    {
        var (x, layer, sigma) = Layer(Golden.Cases("static_layer.json").First(c => c.GetProperty("identity_Wr").GetBoolean()));
        using var tape = new Tape<double>(device);
        var watched = tape.Watch(layer);
        var solved = watched.Settle(x, sigma, Tensor.Identity<double>(layer.Units, device), Tight);
        var closed = watched.Settle(x, sigma, null, Tight);
        Golden.Close(closed.Y.ToArray(), solved.Y.ToArray(), 1e-12, "y");
        var (gs, gc) = (tape.Backward((solved.Response + solved.Y * solved.A).Sum()), tape.Backward((closed.Response + closed.Y * closed.A).Sum()));
        foreach (var (name, parameter) in layer.List().Where(p => p.Value != layer.Wr)) Golden.Close(gc[parameter].ToArray(), gs[parameter].ToArray(), 1e-10,
            $"∂{name}");
    }

    [Fact]
    public void An_empty_batch_and_a_zero_drive_are_legal()
    {
        var (c, w, wr) = (On([0.2, 0.2], [2]), On([0.5, 0.5, 0.5, 0.5], [2, 2]), On([0.4, 0.4, 0.4, 0.4], [2, 2]));
        using var tape = new Tape<double>(device);
        var watched = tape.Watch(w);
        var (y, _) = SteadyState.Solve(On([], [0, 2]), c, watched, wr, Tight, out _);
        Assert.Equal([0, 0, 0, 0], tape.Backward(y.Sum())[w].ToArray());
        var (zero, a) = SteadyState.Solve(On([0, 0], [1, 2]), c, watched, wr, Tight, out var report);
        Assert.Equal([0, 0], zero.ToArray());
        Golden.Close([0.2, 0.2], a.ToArray(), 1e-14, "a");
        Assert.Equal(1, report.Converged);
    }

    [Fact]
    public void A_batch_of_one_has_the_states_that_a_sample_has_among_others_and_an_empty_one_has_none()
    {
        var model = CircuitModels.Create<double>(CircuitModels.Options(units: 5, steps: 6, classes: 3, largest: new LargestSteps(0.3, 0.2, 0.5)), seed: 4,
            device);
        var images = Images(5, 6);
        var together = Logits(images);
        for (var i = 0; i < 5; i++) Golden.Close(together.AsSpan(3 * i, 3), Logits(images[(6 * i)..(6 * i + 6)]), 1e-13, $"logits of sample {i}");
        Assert.Empty(Logits([]));

        double[] Logits(double[] pixels) => model.Outputs(model.Parameters, On(pixels, [pixels.Length / 6, 6]), []).ToArray();
    }

    [Theory]
    [InlineData(1, 1), InlineData(4, 3), InlineData(6, 6), InlineData(3, 7)]
    public void A_matrix_divided_by_its_largest_singular_value_and_its_gradient_are_those_of_the_reference(int m, int n)
    {
        var (expected, actual) = (Run(Device.Reference), Run(device));
        Golden.Close(expected.Value, actual.Value, 1e-11, "A/σ₁");
        Golden.Close(expected.Gradient, actual.Gradient, 1e-10, "∂A");

        (double[] Value, double[] Gradient) Run(Device on)
        {
            using var tape = new Tape<double>(on);
            var a = DrawnSequence<double>.Random(3, [m, n], -1, 1, on);
            var normalized = tape.Watch(a).SpectralNormalize();
            var weights = DrawnSequence<double>.Random(4, [m, n], -1, 1, on);
            return (normalized.ToArray(), tape.Backward((normalized * normalized * weights).Sum())[a].ToArray());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Three_updates_of_a_static_classifier_are_those_of_the_reference(bool learnedRecurrence)
        => SameTraining(on =>
        {
            var init = new Initializer<double>(5, on);
            StaticLayer<double>[] layers = [StaticLayer<double>.Create(4, 6, learnedRecurrence, init),
                StaticLayer<double>.Create(6, 5, learnedRecurrence, init)];
            return new StaticClassifier<double>(new(Autoencoder<double>.Create([9, 6, 4], init), layers, Linear<double>.Create(5, 3, init)), sigma: 0.5);
        }, pixels: 9);

    [Theory]
    [InlineData("paper")]
    [InlineData("authors")]
    public void Three_updates_of_a_sequence_classifier_are_those_of_the_reference(string variant)
        => SameTraining(on => CircuitModels.Create<double>(CircuitModels.Options(units: 6, steps: 12, classes: 3, variant: CircuitVariant.Parse(variant),
            largest: new LargestSteps(0.3, 0.2, 0.5)), seed: 5, on), pixels: 12);

    void SameTraining<P>(Func<Device, IModel<P, double>> create, int pixels) where P : IParameters<P, double>
    {
        var (expected, actual) = (Train(Device.Reference), Train(device));
        foreach (var (reference, found) in expected.Zip(actual)) Golden.Close(reference.Value, found.Value, 1e-9, reference.Key);

        KeyValuePair<string, double[]>[] Train(Device on)
        {
            const int Batch = 5;
            var model = create(on);
            var before = model.Parameters.List().Select(p => p.Value.ToArray()).ToArray();
            var adam = new Adam<P, double>(model.Parameters, 0.01) { WeightDecay = 1e-3 };
            using var tape = new Tape<double>(on);
            var batch = new SampleBatch<double>(new(1, pixels, TargetKind.Class, PerStep: false, 3), Batch);
            batch.Resize(Batch);
            int[] labels = [0, 1, 2, 1, 0];
            labels.CopyTo(batch.Classes);
            for (var update = 0; update < 3; update++)
            {
                var images = tape.Constant(Images(Batch, pixels, from: update * Batch), [Batch, pixels]);
                var loss = model.Evaluate(tape.Watch(model.Parameters), images, batch).Loss;
                adam.Step(model.Parameters, tape.Backward(loss));
                tape.Reset();
            }
            Assert.All(model.Parameters.List().Zip(before), p => Assert.NotEqual(p.Second, p.First.Value.ToArray()));
            return [.. model.Parameters.List().Select(p => new KeyValuePair<string, double[]>(p.Key, p.Value.ToArray()))];
        }
    }

    static double[] Images(int count, int pixels, int from = 0)
        => [.. Enumerable.Range(from * pixels, count * pixels).Select(i => 0.5 + 0.5 * Math.Sin(1 + 1.7 * i))];

    static TheoryData<string> Ids(string file) => [.. Golden.Cases(file).Select(c => c.GetProperty("id").GetString()!)];

    static JsonElement Case(string file, string id) => Golden.Cases(file).Single(c => c.GetProperty("id").GetString() == id);

    static int Whole(JsonElement c, string name) => c.GetProperty(name).GetInt32();

    Tensor<double> On(ReadOnlySpan<double> values, Shape shape) => Tensor.From(values, shape, device);

    (Tensor<double> G, Tensor<double> C, Tensor<double> W, Tensor<double> Wr) Circuit(JsonElement c)
    {
        double[] g = [.. c.Numbers("b").Zip(c.Numbers("z"), (b, z) => b * z)],
            squares = [.. c.Numbers("b0").Zip(c.Numbers("sigma"), (b0, s) => b0 * s * (b0 * s))];
        var n = g.Length;
        return (On(g, [1, n]), On(squares, [n]), On(c.Numbers("W"), [n, n]), On(c.Numbers("Wr"), [n, n]));
    }

    (Tensor<double> X, StaticLayer<double> Layer, Tensor<double> Sigma) Layer(JsonElement c)
    {
        var (n, d, batch) = (Whole(c, "n"), Whole(c, "d"), Whole(c, "batch"));
        Tensor<double> Read(string name, Shape shape) => On(c.Numbers(name), shape);
        return (Read("x", [batch, d]), new(Read("Wzx", [n, d]), Read("Wbx", [n, d]), Read("logW", [n, n]), Read("b0_raw", [n]), Read("Wr", [n, n])),
            Read("sigma", []));
    }

    // What the vectors call the parts of the state: y, a, b0 and b.
    static readonly string[] GoldenStates = ["y", "a", "b0", "b1"];

    IEnumerable<Tensor<double>> States(JsonElement of, Shape shape) => GoldenStates.Select(name => On(of.Numbers(name), shape));

    static IReadOnlyList<Tensor<double>> Run(
        RecurrentCircuit<double> cell, CircuitCoefficients<double> c, Tensor<double> x, Tensor<double>[] state, bool fused, SequenceMemory memory)
        => fused ? cell.Run(c, x, state, memory) : Scan.Run(cell, c, x, state, memory);

    (RecurrentCircuit<double> Cell, Dictionary<string, Tensor<double>> Tensors, Func<Tape<double>, CircuitCoefficients<double>> Coefficients)
        RecurrentCircuit(JsonElement golden, int n, int d)
    {
        var (flags, most, numbers) = (golden.GetProperty("variant"), golden.GetProperty("dt_tau_max"), golden.GetProperty("params"));
        var recurrence = flags.GetProperty("recur").GetString() switch
        {
            "relu_out" => RecurrentRectifier.Outside,
            "relu_in" => RecurrentRectifier.Inside,
            _ => RecurrentRectifier.None,
        };
        var variant = new CircuitVariant(flags.GetProperty("rectify_z").GetBoolean(), recurrence, flags.GetProperty("clamp_w").GetBoolean(),
            IdentityPlus: false);
        double Most(string name) => most.GetProperty(name).GetDouble();
        var p = numbers.EnumerateObject().ToDictionary(each => each.Name, each =>
            On(numbers.Numbers(each.Name), each.Name is "Wzx" or "Wbx0" or "Wbx1" ? [n, d] : Matrices.Contains(each.Name) || each.Name == "logW" ? [n, n]
                : [n]));
        var cell = new RecurrentCircuit<double>(variant, new(Most("y"), Most("a"), Most("b")), p["sigma"]);
        return (cell, p, tape =>
        {
            Tensor<double> P(string name) => tape.Watch(p[name]);
            var prepared = cell.Prepare(new(P("Wzx"), P("Wr"), P("Wbx0"), P("Wby0"), P("Wba0"), P("Wbx1"), P("Wby1"), P("Wba1"), P("logW"),
                new(P("pTauY"), P("pTauA"), P("pTauB0"), P("pTauB1"))));
            return prepared with { Sigma = P("sigma") };
        }
        );
    }

    static void CheckParameters(JsonElement expected, Dictionary<string, Tensor<double>> p, Gradients<double> gradients, double tolerance)
    {
        foreach (var name in (string[])[.. Matrices, "logW", "sigma", .. Constants]) Golden.Close(expected.Numbers(name), gradients[p[name]].ToArray(),
            tolerance, name);
    }
}
