using System.Numerics;

namespace Organics.Tests;

/// <summary>A parameter record of any tensors, called p0, p1, ….</summary>
sealed record TensorBag<T>(IReadOnlyList<Tensor<T>> Tensors) : IParameters<TensorBag<T>, T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public TensorBag<T> Map(Func<string, Tensor<T>, Tensor<T>> f) => new([.. Tensors.Select((t, i) => f($"p{i}", t))]);
}

/// <summary>Updates with given gradients, and the tensors that come of them.</summary>
static class OptimizerRun
{
    public const int Steps = 20;

    // A scalar, a vector that fills no whole SIMD register, a matrix with a remainder and a tensor of three axes.
    static readonly int[][] Shapes = [[], [5], [7, 11], [2, 3, 4]];

    /// <summary>The gradient of update k = 1, 2, … at element i: exact in float and double, with zeros, changing its sign.</summary>
    public static double Gradient(int k, int i) => ((7 * k + 3 * i) % 11 - 5) / 8.0;

    public static double Start(int i) => Math.Sin(1 + 0.7 * i);

    public static TensorBag<T> Parameters<T>(Device device, params double[][] values) where T : unmanaged, IFloatingPointIeee754<T>
        => new([.. values.Select(v => Tensor.From<T>(Array.ConvertAll(v, T.CreateTruncating), [v.Length], device))]);

    public static void Run<T>(Optimizer<TensorBag<T>, T> optimizer, TensorBag<T> parameters, int steps = Steps) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var tape = new Tape<T>(parameters.Tensors[0].Device);
        for (var k = 1; k <= steps; k++)
        {
            // The gradient of Σ gᵢpᵢ with respect to p is g.
            var loss = parameters.Tensors
                .Select(p => (tape.Watch(p) * tape.Constant([.. Enumerable.Range(0, p.Length).Select(i => T.CreateTruncating(Gradient(k, i)))], p.Shape)).Sum())
                .Aggregate((a, b) => a + b);
            optimizer.Step(parameters, tape.Backward(loss));
            tape.Reset();
        }
    }

    /// <summary>Runs an optimiser over several shapes and compares every parameter and every state with a loop over single numbers.</summary>
    /// <param name="create">The optimiser of a record.</param>
    /// <param name="update">(k, g, p, state) → p, which changes the states in place.</param>
    /// <param name="tolerance">Largest error.</param>
    /// <param name="device">Where to run.</param>
    public static void AgreesWith<T>(Func<TensorBag<T>, Optimizer<TensorBag<T>, T>> create, Func<int, double, double, double[], double> update, double tolerance, Device device)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var parameters = new TensorBag<T>([.. Shapes.Select(s =>
        {
            var shape = Shape.Of(s);
            return Tensor.From<T>([.. Enumerable.Range(0, shape.Length).Select(i => T.CreateTruncating(Start(i)))], shape, device);
        })]);
        var optimizer = create(parameters);
        Run(optimizer, parameters);
        Assert.Equal(Steps, optimizer.Steps);
        for (var t = 0; t < Shapes.Length; t++)
        {
            var values = parameters.Tensors[t].ToArray();
            var states = optimizer.States.Select(s => s.Value.Tensors[t].ToArray()).ToArray();
            for (var i = 0; i < values.Length; i++)
            {
                var (p, state) = (double.CreateTruncating(T.CreateTruncating(Start(i))), new double[states.Length]);
                for (var k = 1; k <= Steps; k++) p = update(k, Gradient(k, i), p, state);
                Assert.Equal(p, double.CreateTruncating(values[i]), tolerance);
                for (var s = 0; s < states.Length; s++) Assert.Equal(state[s], double.CreateTruncating(states[s][i]), tolerance);
            }
        }
    }
}
