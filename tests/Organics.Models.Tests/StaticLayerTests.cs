using System.Text.Json;

namespace Organics.Tests;

public sealed class StaticLayerTests
{
    static readonly SteadyStateOptions Tight = new() { Tolerance = 1e-14 };

    public static TheoryData<string> Cases => [.. Goldens().EnumerateArray().Select(c => c.GetProperty("id").GetString()!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Golden_layers_hold_in_value_and_gradient(string id)
    {
        var golden = Goldens().EnumerateArray().Single(c => c.GetProperty("id").GetString() == id);
        var grad = golden.GetProperty("grad");
        var (x, layer, sigma) = Layer(golden);
        var isIdentity = golden.GetProperty("identity_Wr").GetBoolean();
        using var tape = new Tape<double>();
        var (wx, wl, ws) = (tape.Watch(x), tape.Watch(layer), tape.Watch(sigma));
        var state = wl.Settle(wx, ws, isIdentity ? null : wl.Wr, Tight);

        Close(golden.GetProperty("z"), state.Z, 1e-9);
        Close(golden.GetProperty("b"), state.B, 1e-9);
        Close(golden.GetProperty("y"), state.Y, 1e-9);
        Close(golden.GetProperty("a"), state.A, 1e-9);
        Close(golden.GetProperty("response"), state.Response, 1e-9);
        var loss = (tape.Constant(Numbers(golden.GetProperty("cotangent_response")), state.Response.Shape) * state.Response).Sum();
        Assert.Equal(golden.GetProperty("loss").GetDouble(), loss.Item(), 1e-9);

        var g = tape.Backward(loss);
        Close(grad.GetProperty("x"), g[x], 1e-9);
        Close(grad.GetProperty("Wzx"), g[layer.Wzx], 1e-9);
        Close(grad.GetProperty("Wbx"), g[layer.Wbx], 1e-9);
        Close(grad.GetProperty("b0_raw"), g[layer.B0], 1e-9);
        Close(grad.GetProperty("logW"), g[layer.LogWay], 1e-9);
        Assert.Equal(grad.GetProperty("sigma").GetDouble(), g[sigma].Item(), 1e-9);
        if (!isIdentity) Close(grad.GetProperty("Wr"), g[layer.Wr!], 1e-9);
    }

    [Fact]
    public void The_solver_reaches_the_closed_form_and_its_gradient_where_the_recurrence_is_the_identity()
    {
        var golden = Goldens().EnumerateArray().First(c => c.GetProperty("identity_Wr").GetBoolean());
        var (x, layer, sigma) = Layer(golden);
        var eye = new double[layer.Units * layer.Units];
        for (var i = 0; i < layer.Units; i++) eye[i * (layer.Units + 1)] = 1;
        using var tape = new Tape<double>();
        var wl = tape.Watch(layer);
        var solved = wl.Settle(x, sigma, Tensor.From<double>(eye, [layer.Units, layer.Units]), Tight);
        var closed = wl.Settle(x, sigma, null, Tight);
        Close(solved.Y.ToArray(), closed.Y.ToArray(), 1e-12);
        var (gs, gc) = (tape.Backward((solved.Response * solved.A).Sum()), tape.Backward((closed.Response * closed.A).Sum()));
        foreach (var t in new[] { layer.Wzx, layer.Wbx, layer.LogWay, layer.B0 }) Close(gs[t].ToArray(), gc[t].ToArray(), 1e-10);
    }

    [Fact]
    public void Implicit_unrolled_and_central_difference_gradients_agree()
    {
        const int batch = 3, n = 5;
        var random = new CounterRandom(11);
        Tensor<double> Draw(Shape shape, ulong at, double low, double high)
            => Tensor.From<double>([.. Enumerable.Range(0, shape.Length).Select(i => low + (high - low) * random.Uniform(at + (ulong)i))], shape);
        Tensor<double>[] inputs = [Draw([batch, n], 0, -0.5, 0.5), Draw([n], 100, 0.05, 0.3), Draw([n, n], 200, 0.1, 0.9), Draw([n, n], 300, -0.4, 0.4)];
        var weight = Draw([batch, n], 400, -1, 1);

        Tensor<double> Implicit(Tensor<double>[] t)
        {
            var (y, a) = SteadyStates.Solve(t[0], t[1], t[2], t[3], Tight, out var report);
            Assert.Equal(batch, report.Converged);
            return (weight * (y.RectifiedSquare() + y * a)).Sum();
        }
        Tensor<double> Unrolled(Tensor<double>[] t)
        {
            // Algorithm 1 with every linear solve on the tape.
            var a = t[1] + t[0].MatMul(t[3], transposeOther: true).Square().MatMul(t[2], transposeOther: true);
            Tensor<double> y = t[0];
            var eye = Tensor.From<double>([.. Enumerable.Range(0, n * n).Select(i => i % (n + 1) == 0 ? 1.0 : 0.0)], [n, n]);
            for (var k = 0; k < 200; k++)
            {
                var e = eye - (1 - a.Sqrt()).Expand(2, n) * t[3];
                y = e.Solve(t[0]);
                a = (a * y.Square()).MatMul(t[2], transposeOther: true) + t[1];
            }
            return (weight * (y.RectifiedSquare() + y * a)).Sum();
        }
        GradientCheck.Run(Implicit, inputs).OrThrow(1e-7);

        using var tape = new Tape<double>();
        var watched = Array.ConvertAll(inputs, tape.Watch);
        var (gi, gu) = (tape.Backward(Implicit(watched)), tape.Backward(Unrolled(watched)));
        foreach (var t in inputs) Close(gi[t].ToArray(), gu[t].ToArray(), 1e-10);
    }

    [Fact]
    public void The_iterations_never_reach_the_tape()
    {
        using var tape = new Tape<double>();
        var g = tape.Watch(Tensor.From<double>([0.3, -0.2], [1, 2]));
        var before = tape.Count;
        SteadyStates.Solve(g, Tensor.Full<double>([2], 0.2), Tensor.Full<double>([2, 2], 0.5), Tensor.Full<double>([2, 2], 0.4), Tight, out var report);
        Assert.True(report.MaxIterations > 3);
        Assert.Equal(before + 3, tape.Count);
    }

    [Fact]
    public void An_empty_batch_and_a_zero_drive_are_legal()
    {
        using var tape = new Tape<double>();
        var w = tape.Watch(Tensor.Full<double>([2, 2], 0.5));
        var (y, _) = SteadyStates.Solve(Tensor.Zeros<double>([0, 2]), Tensor.Full<double>([2], 0.2), w, Tensor.Full<double>([2, 2], 0.4), Tight, out _);
        Assert.Equal(0.0, tape.Backward(y.Sum())[w].ToArray().Sum());
        var (zero, a) = SteadyStates.Solve(Tensor.Zeros<double>([1, 2]), Tensor.Full<double>([2], 0.2), w, Tensor.Full<double>([2, 2], 0.4), Tight, out var report);
        Assert.Equal([0.0, 0.0], zero.ToArray());
        Close([0.2, 0.2], a.ToArray(), 1e-14);
        Assert.Equal(1, report.Converged);
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        var e = Assert.Throws<ShapeException>(() => SteadyStates.Solve(
            Tensor.Zeros<double>([1, 2]), Tensor.Full<double>([3], 0.2), Tensor.Zeros<double>([2, 2]), Tensor.Zeros<double>([2, 2]), Tight, out _));
        Assert.Contains("c is [3]", e.Message);
        Assert.Contains("they must be [2]", e.Message);
    }

    static (Tensor<double> X, StaticLayer<double> Layer, Tensor<double> Sigma) Layer(JsonElement c)
    {
        var (n, d, batch) = (c.GetProperty("n").GetInt32(), c.GetProperty("d").GetInt32(), c.GetProperty("batch").GetInt32());
        Tensor<double> Read(string name, Shape shape) => Tensor.From<double>(Numbers(c.GetProperty(name)), shape);
        return (Read("x", [batch, d]),
            new(Read("Wzx", [n, d]), Read("Wbx", [n, d]), Read("logW", [n, n]), Read("b0_raw", [n]), Read("Wr", [n, n])),
            Tensor.Scalar(c.GetProperty("sigma").GetDouble()));
    }

    static JsonElement Goldens()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!Directory.Exists(Path.Combine(folder.FullName, "tests", "Goldens"))) folder = folder.Parent!;
        return JsonDocument.Parse(File.ReadAllText(Path.Combine(folder.FullName, "tests", "Goldens", "static_layer.json"))).RootElement.GetProperty("cases");
    }

    static double[] Numbers(JsonElement e)
        => e.ValueKind == JsonValueKind.Array ? [.. e.EnumerateArray().SelectMany(Numbers)] : [e.GetDouble()];

    static void Close(JsonElement expected, Tensor<double> actual, double tolerance) => Close(Numbers(expected), actual.ToArray(), tolerance);

    static void Close(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], tolerance * Math.Max(1, Math.Abs(expected[i])));
    }
}
