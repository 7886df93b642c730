namespace Organics.Tests;

public sealed class TapeTests : DeviceTests
{
    readonly Tape<double> _tape;

    public TapeTests() => _tape = new(Device);

    [Fact]
    public void A_tensor_used_several_times_gets_the_sum_of_its_gradients()
    {
        using var tape = _tape;
        var x = Tensor([2, 3], [2]);
        var w = tape.Watch(x);
        // x·x + 3x + e^0·x: 2x + 4.
        var g = tape.Backward((w * w + 3.0 * w + w).Sum());
        Assert.Equal([8.0, 10], g[x].ToArray());
        Assert.Same(g[x], g[w]);
    }

    sealed record Line(Tensor<double> Slope, Tensor<double> Offset) : IParameters<Line, double>
    {
        public Line Map(Func<string, Tensor<double>, Tensor<double>> f) => new(f("slope", Slope), f("offset", Offset));
    }

    [Fact]
    public void Gradients_of_a_record_are_such_a_record()
    {
        using var tape = _tape;
        var line = new Line(Tensor([2], []), Tensor([1], []));
        var watched = tape.Watch(line);
        var gradients = tape.Backward((watched.Slope * tape.Constant([3, 4], [2]) + watched.Offset).Sum());
        foreach (var g in (Line[])[gradients.Of(line), gradients.Of(watched)]) Assert.Equal((7, 2), (g.Slope.Item(), g.Offset.Item()));
        AssertSays<KeyNotFoundException>(() => gradients.Of(line with { Offset = Tensor([1], []) }), "Watch");
    }

    [Fact]
    public void What_was_broadcast_is_summed_on_the_way_back()
    {
        using var tape = _tape;
        var (x, row, one) = (Tensor(1, [2, 3, 4]), Tensor(2, [4]), Tensor([0.5], []));
        var (w, r, o) = (tape.Watch(x), tape.Watch(row), tape.Watch(one));
        var u = Numbers(3, 24);
        var g = tape.Backward(w * r + o * w, tape.Constant(u, [2, 3, 4]));
        var values = x.ToArray();
        AssertClose([.. Enumerable.Range(0, 4).Select(j => Enumerable.Range(0, 6).Sum(i => u[4 * i + j] * values[4 * i + j]))], g[row].ToArray());
        AssertClose([u.Zip(values, (a, b) => a * b).Sum()], g[one].ToArray());
        Assert.Equal([], g[one].Shape);
    }

    [Fact]
    public void Backward_may_run_again_from_any_result_and_gives_the_same()
    {
        using var tape = _tape;
        var x = Tensor(1, [3, 3]);
        var w = tape.Watch(x);
        var middle = w.MatMul(w).Tanh();
        var loss = (middle * w.Max(0)).Sum();
        var first = tape.Backward(loss)[x];
        var other = tape.Backward(middle.Sum())[x].ToArray();
        var again = tape.Backward(loss)[x];
        Assert.Equal(first.ToArray(), again.ToArray());
        Assert.NotEqual(first.ToArray(), other);
        // The record may grow in between.
        var twice = tape.Backward(loss + loss)[x].ToArray();
        AssertClose(Array.ConvertAll(first.ToArray(), v => 2 * v), twice);
    }

    [Fact]
    public void A_result_of_several_elements_needs_a_cotangent_of_its_shape()
    {
        using var tape = _tape;
        var x = Tensor([1, 2, 3], [3]);
        var y = tape.Watch(x).Square();
        Assert.Equal([20.0, 0, -6], tape.Backward(y, tape.Constant([10, 0, -1], [3]))[x].ToArray());
        Assert.Equal([20.0, 0, -6], tape.Backward(y, Tensor([10, 0, -1], [3]))[x].ToArray());
        Assert.Equal([2.0, 4, 6], tape.Backward(y, null)[x].ToArray());
        AssertSays<ShapeException>(() => tape.Backward(y), "Backward", "[3]", "single element", "reduce it, or pass a cotangent");
        AssertSays<ShapeException>(() => tape.Backward(y, tape.Constant([1, 2], [2])), "Backward", "`cotangent`", "[2]", "[3]", "equal");
        using var other = new CpuDevice(1);
        AssertSays<DeviceMismatchException>(() => tape.Backward(y, Organics.Tensor.Zeros<double>([3], other)), "Backward", "`cotangent`", "cpu (1 thread", "To(device)");
    }

    [Fact]
    public void The_cotangent_is_not_changed()
    {
        using var tape = _tape;
        var u = tape.Constant([1, 2], [2]);
        var w = tape.Watch(Tensor([3, 4], [2]));
        tape.Backward(w + w * w, u);
        Assert.Equal([1.0, 2], u.ToArray());
    }

    [Fact]
    public void The_gradient_of_what_the_loss_does_not_use_is_0()
    {
        using var tape = _tape;
        var (x, unused, later) = (Tensor(1, [2]), Tensor(2, [2, 3]), Tensor(3, [4]));
        var w = tape.Watch(x);
        tape.Watch(unused);
        var loss = w.Sum();
        var g = tape.Backward(loss + 0.0 * tape.Watch(later).Sum());
        Assert.Equal(new double[6], g[unused].ToArray());
        Assert.Equal([2, 3], g[unused].Shape);
        Assert.Equal(new double[4], g[later].ToArray());
        Assert.Equal([1.0, 1], g[x].ToArray());
    }

    [Fact]
    public void A_watched_tensor_may_itself_be_the_loss()
    {
        using var tape = _tape;
        var x = Tensor([5], []);
        Assert.Equal(1, tape.Backward(tape.Watch(x))[x].Item());
    }

    [Fact]
    public void A_tensor_has_one_alias_however_often_it_is_watched()
    {
        using var tape = _tape;
        var x = Tensor([2], []);
        var w = tape.Watch(x);
        Assert.Same(w, tape.Watch(x));
        Assert.Same(w, tape.Watch(w));
        Assert.Equal(1, tape.Count);
        Assert.Equal(4, tape.Backward(tape.Watch(x) * tape.Watch(w))[x].Item());
    }

    [Fact]
    public void A_result_may_be_watched_as_an_input_of_what_follows()
    {
        using var tape = _tape;
        var x = Tensor([2], []);
        var y = tape.Watch(x).Square();
        var cut = tape.Watch(y);
        var g = tape.Backward(3.0 * cut);
        Assert.Equal(3, g[y].Item());
        Assert.Equal(0, g[x].Item());
    }

    [Fact]
    public void Gradients_of_what_was_not_watched_are_refused()
    {
        using var tape = _tape;
        var (x, other) = (Tensor([2], []), Tensor(1, [4]));
        var w = tape.Watch(x);
        AssertSays<KeyNotFoundException>(() => tape.Backward(w)[other], "[4]", "Watch");
        AssertSays<InvalidOperationException>(() => tape.Backward(other.Sum()), "Backward", "Watch");
        AssertSays<InvalidOperationException>(() => tape.Backward(tape.Constant([1], [])), "Backward", "Watch");
        using var second = new Tape<double>(Device);
        AssertSays<InvalidOperationException>(() => second.Backward(w), "Backward", "Watch");
    }

    [Fact]
    public void Ops_without_watched_inputs_are_not_recorded()
    {
        using var tape = _tape;
        var c = tape.Constant([1, 2], [2]);
        Assert.Equal([3.0], (c + c.Square()).Slice(0, 1).Sum().Exp().Log().ToArray().Select(v => Math.Round(v + 1, 9)));
        Assert.Equal(0, tape.Count);
        tape.Watch(Tensor(1, [2]));
        Assert.Equal(1, tape.Count);
    }

    [Fact]
    public void Reset_takes_tensors_away_and_says_how_to_keep_them()
    {
        using var tape = _tape;
        var x = Tensor([3], []);
        var w = tape.Watch(x);
        var loss = w.Square();
        var g = tape.Backward(loss)[x];
        var (kept, keptGradient) = (loss.Keep(), g.Keep());
        tape.Reset();
        Assert.Equal(0, tape.Count);
        foreach (var gone in (Tensor<double>[])[w, loss, g])
        {
            AssertSays<WorkspaceResetException>(() => gone.Item(), "[]", "reset", "Keep()");
            AssertSays<WorkspaceResetException>(() => gone.ToArray(), "Keep()");
            AssertSays<WorkspaceResetException>(() => gone + x, "Keep()");
            AssertSays<WorkspaceResetException>(() => gone.Reshape([1]), "Keep()");
            AssertSays<WorkspaceResetException>(() => gone.StopGradient(), "Keep()");
            AssertSays<WorkspaceResetException>(() => gone.Keep(), "Keep()");
            AssertSays<WorkspaceResetException>(() => tape.Watch(gone), "Keep()");
        }
        // Other results have taken the places on the tape by now.
        var fresh = tape.Watch(x).Square() + tape.Watch(x);
        AssertSays<WorkspaceResetException>(() => tape.Backward(loss), "Keep()");
        AssertSays<WorkspaceResetException>(() => tape.Backward(fresh, g), "Keep()");
        Assert.Equal((9, 6, 12, 3), (kept.Item(), keptGradient.Item(), fresh.Item(), x.Item()));
        Assert.Equal(7, tape.Backward(fresh)[x].Item());
    }

    [Fact]
    public void What_is_kept_is_a_copy_of_its_own()
    {
        using var tape = _tape;
        var x = Tensor([1, 2], [2]);
        var kept = tape.Watch(x).Keep();
        x.Assign([5, 6]);
        Assert.Equal([1.0, 2], kept.ToArray());
        Assert.Null(kept.Workspace);
        AssertSays<InvalidOperationException>(() => tape.Backward(kept.Sum()), "Watch");
    }

    [Fact]
    public void A_tensor_on_a_tape_cannot_be_overwritten_but_its_original_can()
    {
        using var tape = _tape;
        var x = Tensor([1, 2], [2]);
        var w = tape.Watch(x);
        Func<object?> Overwrite(Tensor<double> t) => () =>
        {
            t.Assign([0, 0]);
            return null;
        };
        AssertSays<InvalidOperationException>(Overwrite(w), "[2]", "tape", "original parameter after Reset");
        AssertSays<InvalidOperationException>(Overwrite(w + w), "tape");
        AssertSays<ShapeException>(Overwrite(Tensor(1, [3])), "2 values", "[3]", "holds 3");
        Assert.Equal([1.0, 2], x.ToArray());
        x.Assign([7, 8]);
        Assert.Equal([7.0, 8], x.ToArray());
    }

    [Fact]
    public void Tensors_of_two_tapes_or_two_devices_do_not_mix()
    {
        using var tape = _tape;
        using var second = new Tape<double>(Device);
        using var device = new CpuDevice(1);
        var (a, b, far) = (tape.Watch(Tensor(1, [2])), second.Watch(Tensor(2, [2])), Organics.Tensor.Zeros<double>([2], device));
        AssertSays<DeviceMismatchException>(() => a + b, "Add", "two workspaces or tapes", "Keep()");
        AssertSays<DeviceMismatchException>(() => Tensor<double>.Concat(0, a, b), "Concat", "two workspaces");
        AssertSays<DeviceMismatchException>(() => second.Watch(a), "Watch", "another workspace or tape", "Keep()");
        AssertSays<DeviceMismatchException>(() => a * far, "Multiply", "cpu (1 thread", "cpu (2 threads", "To(device)");
        AssertSays<DeviceMismatchException>(() => tape.Watch(far), "Watch", "cpu (1 thread", "cpu (2 threads", "To(device)");
        Assert.Equal(a.ToArray(), (a + far.To(Device)).ToArray());
        Assert.Equal(a.ToArray(), second.Workspace.From(a).ToArray());
    }

    sealed class Failing(bool onTheWayBack) : Op<double>
    {
        public override Shape Infer(ReadOnlySpan<Tensor<double>> inputs) => inputs[0].Shape;

        public override void Forward(in ForwardContext<double> c)
        {
            c.On.Copy(c.Input(0), c.Save(c.Output.Length));
            c.On.Copy(c.Input(0), c.Output);
            if (!onTheWayBack) throw new InvalidDataException("forward");
        }

        public override void Vjp(in VjpContext<double> c)
        {
            c.On.Add(c.OutputGrad, c.Scratch(c.Output.Length));
            _ = c.Grad(0);
            throw new InvalidDataException("back");
        }
    }

    [Fact]
    public void An_op_that_throws_leaves_nothing_rented_after_reset_and_the_tape_usable()
    {
        using var tape = _tape;
        var x = Tensor(1, [5]);
        for (var i = 0; i < 3; i++)
        {
            var w = tape.Watch(x);
            Assert.Throws<InvalidDataException>(() => new Failing(false).Apply(w.Exp()));
            var beforeBackward = Device.Memory<double>().BuffersRented;
            var y = new Failing(true).Apply(w.Exp()).Square();
            Assert.Throws<InvalidDataException>(() => tape.Backward(y.Sum()));
            // The three results and the saved copy remain until the reset, but neither gradients nor scratch.
            Assert.Equal(beforeBackward + 5, Device.Memory<double>().BuffersRented);
            Assert.Equal([1.0, 1, 1, 1, 1], tape.Backward(w.Sum())[x].ToArray());
            tape.Reset();
            Assert.Equal(0, Device.Memory<double>().BuffersRented);
        }
    }

    [Fact]
    public void Two_tapes_on_two_threads_share_a_device_without_disturbing_each_other()
    {
        _tape.Dispose();
        var results = new double[2][];
        var threads = Enumerable.Range(0, 2).Select(i => new Thread(() => results[i] = Steps(40))).ToArray();
        foreach (var t in threads) t.Start();
        foreach (var t in threads) t.Join();
        var alone = Steps(40);
        Assert.Equal(alone, results[0]);
        Assert.Equal(alone, results[1]);

        double[] Steps(int count)
        {
            using var tape = new Tape<double>(Device);
            var (w, b) = (Tensor(1, [100, 90]), Tensor(2, [90]));
            var x = Tensor(3, [110, 100]);
            for (var i = 0; i < count; i++)
            {
                var g = tape.Backward((x.MatMul(tape.Watch(w)) + tape.Watch(b)).Tanh().Square().Mean());
                w.Assign([.. w.ToArray().Zip(g[w].ToArray(), (v, d) => v - 0.1 * d)]);
                b.Assign([.. b.ToArray().Zip(g[b].ToArray(), (v, d) => v - 0.1 * d)]);
                tape.Reset();
            }
            return [.. w.ToArray(), .. b.ToArray()];
        }
    }

    [Fact]
    public void The_first_result_that_is_not_finite_is_named()
    {
        using var tape = _tape;
        var w = tape.Watch(Tensor([1, 4, 0, 9], [2, 2]));
        var fine = w.Square();
        Assert.Null(tape.FindNonFinite());
        var y = fine.Log();
        _ = y.Sum() * w.Sum();
        Assert.Equal(new NonFinite("Log", 2, [2, 2], 2, double.NegativeInfinity), tape.FindNonFinite());
        tape.Reset();
        tape.Watch(Tensor([1, double.NaN], [2]));
        Assert.Equal(("Watch", 0, 1), tape.FindNonFinite() is { } bad ? (bad.Op, bad.Position, bad.Element) : default);
    }

    sealed record Layer(Tensor<double> W, Tensor<double> B) : IParameters<Layer, double>
    {
        public Layer Map(Func<string, Tensor<double>, Tensor<double>> f) => new(f(nameof(W), W), f(nameof(B), B));
    }

    [Fact]
    public void A_parameter_record_is_watched_listed_and_counted_through_its_map()
    {
        using var tape = _tape;
        var layer = new Layer(Tensor(1, [2, 3]), Tensor(2, [3]));
        Assert.Equal(["W", "B"], layer.List().Select(p => p.Key));
        Assert.Same(layer.B, layer.List()[1].Value);
        Assert.Equal(9, layer.Count());
        var watched = tape.Watch(layer);
        Assert.Equal(2, tape.Count);
        var g = tape.Backward((watched.W * watched.B).Sum());
        AssertClose([.. Enumerable.Range(0, 6).Select(i => layer.B.ToArray()[i % 3])], g[layer.W].ToArray());
        Assert.Same(g[layer.W], g[watched.W]);
    }

    [Fact]
    public void A_deep_and_branching_record_is_differentiated_in_order()
    {
        // xₖ₊₁ = xₖ² + x₀/2, whose derivative follows d ← 2xₖd + ½.
        using var tape = _tape;
        var x = Tensor([0.3], []);
        var (w, v, d) = (tape.Watch(x), 0.3, 1.0);
        var y = w;
        for (var k = 0; k < 200; k++)
        {
            y = y.Square() + 0.5 * w;
            (v, d) = (v * v + 0.15, 2 * v * d + 0.5);
        }
        Assert.Equal(v, y.Item(), 1e-12);
        Assert.Equal(d, tape.Backward(y)[x].Item(), 1e-12);
    }
}
