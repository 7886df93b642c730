using Organics.Contract;

namespace Organics.Tests;

public sealed class StaticLayerTests
{
    static readonly SteadyStateOptions Tight = new() { Tolerance = 1e-14 };

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
            var (y, a) = SteadyState.Solve(t[0], t[1], t[2], t[3], Tight, out var report);
            Assert.Equal(batch, report.Converged);
            return (weight * (y.RectifiedSquare() + y * a)).Sum();
        }
        Tensor<double> Unrolled(Tensor<double>[] t)
        {
            // Algorithm 1 with every linear solve on the tape.
            var a = t[1] + t[0].MatMul(t[3], transposeOther: true).Square().MatMul(t[2], transposeOther: true);
            Tensor<double> y = t[0];
            var eye = Tensor.Identity<double>(n);
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
        foreach (var (i, t) in inputs.Index()) Golden.Close(gu[t].ToArray(), gi[t].ToArray(), 1e-10, $"gradient of input {i}");
    }

    [Fact]
    public void The_iterations_never_reach_the_tape()
    {
        using var tape = new Tape<double>();
        var g = tape.Watch(Tensor.From<double>([0.3, -0.2], [1, 2]));
        var before = tape.Count;
        SteadyState.Solve(g, Tensor.Full<double>([2], 0.2), Tensor.Full<double>([2, 2], 0.5), Tensor.Full<double>([2, 2], 0.4), Tight, out var report);
        Assert.True(report.MaxIterations > 3);
        Assert.Equal(before + 3, tape.Count);
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        var e = Assert.Throws<ShapeException>(() => SteadyState.Solve(
            Tensor.Zeros<double>([1, 2]), Tensor.Full<double>([3], 0.2), Tensor.Zeros<double>([2, 2]), Tensor.Zeros<double>([2, 2]), Tight, out _));
        Assert.Contains("c is [3]", e.Message);
        Assert.Contains("they must be [2]", e.Message);
    }
}
