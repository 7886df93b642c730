namespace Organics.Tests;

/// <summary>What a device computes of a circuit by tensors, against what <see cref="Circuit"/>'s own code computes.</summary>
public sealed class CircuitTensorsTests
{
    [Theory]
    [InlineData(1, 0), InlineData(4, 0), InlineData(1, 1), InlineData(7, 1)]
    public void Rates_on_a_device_are_those_of_the_circuit(int n, double size)
    {
        var circuit = Sample.Draw(n, n, size);
        var random = new Random(n);
        using var on = new DeviceCircuitSystem(circuit, Device.Reference);
        var system = new CircuitSystem(circuit);
        Assert.Equal(system.Dimension, on.Dimension);
        for (var trial = 0; trial < 5; trial++)
        {
            // a < 0 too, where ⌊a⌋ = 0.
            var state = Sample.Vector(random, 2 * n, -1, 2);
            double[] expected = new double[2 * n], actual = new double[2 * n], jacobian = new double[4 * n * n], same = new double[4 * n * n];
            system.Rate(0, state, expected);
            on.Rate(0, state, actual);
            Golden.Close(expected, actual, 1e-13, "rate");
            system.Jacobian(0, state, jacobian);
            on.Jacobian(0, state, same);
            Assert.Equal(jacobian, same);
        }
        Assert.Equal(0, Device.Reference.Memory<double>().BuffersRented);
    }

    [Theory]
    [InlineData(1, 0), InlineData(5, 0), InlineData(1, 1), InlineData(6, 1)]
    public void The_Jacobians_of_a_batch_are_those_of_its_circuits(int n, double size)
    {
        Circuit[] circuits = [Sample.Draw(1, n, size), Sample.Draw(2, n, size), Sample.Draw(3, n, size)];
        var points = Array.ConvertAll(circuits, c => SteadyState.Of(c));
        Tensor<double> Batch(Func<int, IEnumerable<double>> of, params ReadOnlySpan<int> shape)
            => Tensor.From<double>([.. Enumerable.Range(0, 3).SelectMany(of)], [3, .. shape]);
        Tensor<double> y = Batch(k => points[k].Y, n), a = Batch(k => points[k].A, n);
        var own = CircuitJacobian.Of(
            Batch(k => circuits[k].W.ToArray(), n, n), Batch(k => circuits[k].Wr.ToArray(), n, n), Batch(k => circuits[k].TauY.ToArray(), n), Batch(k => circuits[k].TauA.ToArray(), n), y, a).ToArray();
        var (first, expected) = (circuits[0], new double[4 * n * n]);
        // One circuit's parameters for all states.
        var shared = CircuitJacobian.Of(
            Tensor.From(first.W, [n, n]), Tensor.From(first.Wr, [n, n]), Tensor.From(first.TauY, [n]), Tensor.From(first.TauA, [n]), y, a).ToArray();
        for (var k = 0; k < 3; k++)
        {
            CircuitJacobian.Write(circuits[k], points[k].Y, points[k].A, expected);
            Golden.Close(expected, own.AsSpan(k * expected.Length, expected.Length), 1e-13, $"J of circuit {k}");
            CircuitJacobian.Write(first, points[k].Y, points[k].A, expected);
            Golden.Close(expected, shared.AsSpan(k * expected.Length, expected.Length), 1e-13, $"J of the first circuit at state {k}");
        }
        if (size != 0) return;
        var (closedY, closedA) = SteadyState.Identity(
            Batch(k => circuits[k].Drive.ToArray(), n), Batch(k => circuits[k].C.ToArray(), n), Batch(k => circuits[k].W.ToArray(), n, n));
        Golden.Close(y.ToArray(), closedY.ToArray(), 1e-13, "y");
        Golden.Close(a.ToArray(), closedA.ToArray(), 1e-13, "a");
    }

    [Fact]
    public void With_identity_recurrence_a_small_modulator_keeps_its_digits_in_single_precision()
    {
        Tensor<float> Of(float value, Shape shape) => Tensor.Full(shape, value);
        // τ_y ẏ = −√a·y + …, with √a far below the spacing of floats at 1.
        var jacobian = CircuitJacobian.Of(Of(0.5f, [1, 1]), Of(1, [1, 1]), Of(2, [1]), Of(1, [1]), Of(0.3f, [1, 1]), Of(1e-18f, [1, 1])).ToArray();
        Assert.Equal(-0.5e-9f, jacobian[0], 1e-15f);
    }

    [Fact]
    public void The_Jacobian_of_a_batch_is_differentiable()
    {
        const int N = 3;
        var random = new Random(5);
        Tensor<double> Draw(double least, double most, Shape shape) => Tensor.From<double>(Sample.Vector(random, shape.Length, least, most), shape);
        Tensor<double>[] inputs = [Draw(0, 1, [N, N]), Draw(-1, 1, [2, N, N]), Draw(0.5, 2, [N]), Draw(0.5, 2, [2, N]), Draw(-1, 1, [2, N]), Draw(0.2, 2, [2, N])];
        var cotangent = Draw(-1, 1, [2, 2 * N, 2 * N]);
        GradientCheck.Run(x => (cotangent * CircuitJacobian.Of(x[0], x[1], x[2], x[3], x[4], x[5])).Sum(), inputs).OrThrow(1e-7);
    }

    [Fact]
    public void A_state_of_the_wrong_rank_is_named()
    {
        var m = Tensor.Full<double>([2, 2], 1);
        var v = Tensor.Full<double>([2], 1);
        foreach (var missing in Enumerable.Range(0, 4))
            Assert.Throws<ArgumentNullException>(() => CircuitJacobian.Of(m, m, missing == 0 ? null! : v, missing == 1 ? null! : v, missing == 2 ? null! : m, missing == 3 ? null! : m));
        Assert.Contains("[batch, n]", Assert.Throws<ShapeException>(() => CircuitJacobian.Of(m, m, v, v, v, v)).Message, StringComparison.Ordinal);
    }
}
