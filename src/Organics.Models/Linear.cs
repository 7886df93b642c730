using System.Numerics;

namespace Organics;

/// <summary>An affine layer x·Weightᵀ + Bias.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Weight">Shape [outputs, inputs].</param>
/// <param name="Bias">Shape [outputs].</param>
public sealed record Linear<T>(Tensor<T> Weight, Tensor<T> Bias) : IParameters<Linear<T>, T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>A layer drawn as PyTorch draws it: weights and biases uniform within ±1/√inputs.</summary>
    public static Linear<T> Create(int inputs, int outputs, Initializer<T> init)
    {
        ArgumentNullException.ThrowIfNull(init);
        var bound = 1 / Math.Sqrt(inputs);
        return new(init.Uniform([outputs, inputs], -bound, bound), init.Uniform([outputs], -bound, bound));
    }

    /// <summary>
    /// A layer for a logistic function: weights uniform within ±4·√(6/(inputs + outputs)) (Glorot and Bengio, AISTATS 2010), and biases that put
    /// inputs of the given mean at the function's centre, where its slope is largest.
    /// </summary>
    public static Linear<T> CreateLogistic(int inputs, int outputs, double inputMean, Initializer<T> init)
    {
        ArgumentNullException.ThrowIfNull(init);
        var bound = 4 * Math.Sqrt(6.0 / (inputs + outputs));
        var weight = init.Uniform([outputs, inputs], -bound, bound);
        var (w, bias) = (weight.ToArray(), new T[outputs]);
        for (var i = 0; i < outputs; i++)
            for (var j = 0; j < inputs; j++) bias[i] -= T.CreateTruncating(inputMean) * w[i * inputs + j];
        return new(weight, Tensor.From<T>(bias, [outputs], init.Device));
    }

    /// <inheritdoc/>
    public Linear<T> Map(Func<string, Tensor<T>, Tensor<T>> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new(f("weight", Weight), f("bias", Bias));
    }

    /// <summary>The layer's value. Shape: [batch, inputs] → [batch, outputs].</summary>
    public Tensor<T> Forward(Tensor<T> x)
    {
        ArgumentNullException.ThrowIfNull(x);
        return x.MatMul(Weight, transposeOther: true) + Bias;
    }
}

/// <summary>Draws initial parameters; every tensor has a stream of its own, in the order of the calls.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="seed">The same seed gives the same numbers.</param>
/// <param name="device">Where the tensors lie.</param>
/// <param name="stream">The stream of the first tensor; each further one has the next.</param>
public sealed class Initializer<T>(ulong seed, Device device, ulong stream = 0) where T : unmanaged, IFloatingPointIeee754<T>
{
    ulong _stream = stream;

    /// <summary>Where the tensors lie.</summary>
    public Device Device { get; } = device;

    /// <summary>Uniform numbers in (low, high).</summary>
    public Tensor<T> Uniform(Shape shape, double low, double high) => Tensor.Uniform<T>(shape, seed, low, high, _stream++, Device);

    /// <summary>Normal numbers of mean 0.</summary>
    public Tensor<T> Normal(Shape shape, double deviation) => Tensor.Normal<T>(shape, seed, 0, deviation, _stream++, Device);
}
