namespace Organics.Tests;

/// <summary>
/// The checks that every op passes: its value against an independent one, with and without a workspace, on the processor and in plain loops;
/// ⟨u, Jv⟩ = ⟨Jᵀu, v⟩; every partial derivative against central differences; and that its gradient adds to what is there.
/// </summary>
public abstract class OpTests : DeviceTests
{
    protected void Verify(Func<Tensor<double>[], Tensor<double>> f, Shape shape, double[] expected, params Tensor<double>[] inputs)
        => Verify(f, shape, expected, 1e-12, 1e-6, inputs);

    protected void Verify(
        Func<Tensor<double>[], Tensor<double>> f, Shape shape, double[] expected, double tolerance, double gradientTolerance, params Tensor<double>[] inputs)
    {
        VerifyValue(f, shape, expected, tolerance, inputs);
        foreach (var device in (Device[])[Device, Organics.Device.Reference])
        {
            var here = Array.ConvertAll(inputs, t => t.To(device));
            AssertAdjoint(f, here, gradientTolerance);
            AssertGradientsAdd(f, here);
            GradientCheck.Run(f, here).OrThrow(gradientTolerance);
            // Each input alone needs the gradient: the others' branches must not be needed for it.
            for (var i = 0; i < here.Length && here.Length > 1; i++)
            {
                var at = i;
                GradientCheck.Run(x => f([.. here.Select((t, j) => j == at ? x[0] : t)]), [here[i]]).OrThrow(gradientTolerance);
            }
        }
    }

    protected void VerifyValue(Func<Tensor<double>[], Tensor<double>> f, Shape shape, double[] expected, double tolerance, params Tensor<double>[] inputs)
    {
        foreach (var device in (Device[])[Device, Organics.Device.Reference])
        {
            var here = Array.ConvertAll(inputs, t => t.To(device));
            var free = f(here);
            Assert.Equal(shape, free.Shape);
            AssertClose(expected, free.ToArray(), tolerance);
            using var tape = new Tape<double>(device);
            var watched = f(Array.ConvertAll(here, tape.Watch));
            Assert.Equal(shape, watched.Shape);
            AssertClose(expected, watched.ToArray(), tolerance);
            for (var i = 0; i < inputs.Length; i++) Assert.Equal(inputs[i].ToArray(), here[i].ToArray());
        }
    }

    // Jv by a central difference along v, Jᵀu by the tape.
    static void AssertAdjoint(Func<Tensor<double>[], Tensor<double>> f, Tensor<double>[] inputs, double tolerance)
    {
        const double H = 1e-6;
        var v = inputs.Select((t, i) => Numbers(100 + i, t.Length)).ToArray();
        var (up, down) = (Moved(H), Moved(-H));
        var u = Numbers(99, up.Length);
        using var tape = new Tape<double>(inputs[0].Device);
        var y = f(Array.ConvertAll(inputs, tape.Watch));
        var gradients = tape.Backward(y, tape.Constant(u, y.Shape));
        var forward = Dot(u, [.. up.Zip(down, (a, b) => (a - b) / (2 * H))]);
        var reverse = inputs.Select((t, i) => Dot(gradients[t].ToArray(), v[i])).Sum();
        Assert.True(Math.Abs(forward - reverse) <= tolerance * (1 + Math.Abs(forward)), $"⟨u, Jv⟩ = {forward:r} but ⟨Jᵀu, v⟩ = {reverse:r}.");

        double[] Moved(double h)
            => f([.. inputs.Select((t, i) => Organics.Tensor.From<double>([.. t.ToArray().Zip(v[i], (a, b) => a + h * b)], t.Shape, t.Device))]).ToArray();
    }

    // Applied twice to the same inputs, an op must leave the sum of both cotangents.
    static void AssertGradientsAdd(Func<Tensor<double>[], Tensor<double>> f, Tensor<double>[] inputs)
    {
        using var tape = new Tape<double>(inputs[0].Device);
        var watched = Array.ConvertAll(inputs, tape.Watch);
        var (first, second) = (f(watched), f(watched));
        var u = tape.Constant(Numbers(99, first.Length), first.Shape);
        var (once, twice) = (tape.Backward(first, u), tape.Backward(first + 3.0 * second, u));
        foreach (var t in inputs) AssertClose(Array.ConvertAll(once[t].ToArray(), g => 4 * g), twice[t].ToArray(), 1e-10);
    }

    static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    /// <summary>A tensor's element, by its indices.</summary>
    protected static double At(Tensor<double> t, params int[] index)
    {
        var offset = 0;
        for (var i = 0; i < index.Length; i++) offset = offset * t.Shape[i] + index[i];
        return t.ToArray()[offset];
    }

    /// <summary>The values of f at every index of a shape, row by row.</summary>
    protected static double[] Table(Shape shape, Func<int[], double> f)
    {
        var e = shape.ToArray();
        var values = new double[shape.Length];
        for (var k = 0; k < values.Length; k++)
        {
            var index = new int[e.Length];
            for (int j = e.Length - 1, rest = k; j >= 0; rest /= e[j--]) index[j] = rest % e[j];
            values[k] = f(index);
        }
        return values;
    }
}
