using System.Numerics;

namespace Organics;

/// <summary>
/// A convolutional layer of ORGaNICs at its fixed point, after the authors' public code: each channel is one circuit with Wr = I, whose units are the places of
/// the image. The input drive is z = ⌊Input ∗ x⌋, the gain b = sigmoid(Attention ∗ x), and all places of a channel are one pool of weights 1, or each has a
/// pool of its neighbours; the response is the firing rate ⌊y⌋² = (b⊙z)²/((b0·σ)² + W(b⊙z)²) (Eq. 2). The authors add ε = 1e-8 to the pool; this layer does
/// not, but takes (b0·σ)² for no less than the root of the type's smallest normal number, so that a place without light responds 0 however small b0 is.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Input">Kernels of the drive. Shape [channels, 1, k, k].</param>
/// <param name="Attention">Kernels of the gain, shape [channels, 1, k, k]; null where the gain is b0.</param>
/// <param name="B0">The gain b0 before the logistic function. Shape [channels, height, width].</param>
/// <param name="LogPool">Logarithm of the normalization weights of a place's neighbours, shape [channels, 1, p, p]; null for the whole channel.</param>
public sealed record ConvolutionLayer<T>(Tensor<T> Input, Tensor<T>? Attention, Tensor<T> B0, Tensor<T>? LogPool)
    : IParameters<ConvolutionLayer<T>, T>, IStaticLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The least (b0·σ)², the root of the smallest normal number: 1.1e-19 of float, 1.5e-154 of double. 1/(b0·σ)⁴, which gradients have, is then
    /// finite.</summary>
    internal static T LeastC { get; } = T.CreateChecked(Math.Sqrt(typeof(T) == typeof(float) ? 1.17549435e-38 : 2.2250738585072014e-308));

    /// <inheritdoc/>
    public string Name => "conv";

    /// <inheritdoc/>
    public int Inputs => Places;

    /// <summary>Places of an image, and units of a circuit.</summary>
    public int Places => B0.Shape[1] * B0.Shape[2];

    /// <summary>Channels, each a circuit of as many units as the image has pixels.</summary>
    public int Channels => B0.Shape[0];

    /// <summary>A layer with initial values: kernels uniform within ±1/k, as the authors' are, b0 ½, and a pool of weights 1.</summary>
    /// <param name="layers">Its sizes.</param>
    /// <param name="init">Draws the numbers.</param>
    public static ConvolutionLayer<T> Create(ConvolutionLayers layers, Initializer<T> init)
    {
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentNullException.ThrowIfNull(init);
        var (channels, k) = (layers.Channels, layers.Kernel);
        Tensor<T> Kernels() => init.Uniform([channels, 1, k, k], -1.0 / k, 1.0 / k);
        return new(
            Kernels(), layers.Attention ? Kernels() : null, Tensor.Zeros<T>([channels, layers.Height, layers.Width], init.Device),
            layers.Pool is { } p ? Tensor.Zeros<T>([channels, 1, p, p], init.Device) : null);
    }

    /// <inheritdoc/>
    public ConvolutionLayer<T> Map(Func<string, Tensor<T>, Tensor<T>> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new(
            f("input_kernel", Input), Attention is null ? null : f("attention_kernel", Attention), f("b0", B0),
            LogPool is null ? null : f("log_pool", LogPool));
    }

    /// <summary>W times what each place has: the sum over its channel, or its neighbours' weighted one.</summary>
    /// <param name="x">Shape [batch, channels, height, width].</param>
    /// <returns>Shape [batch, channels, height, width], or [batch, channels, 1, 1] where all places of a channel have the same.</returns>
    internal Tensor<T> Pool(Tensor<T> x)
        => LogPool is null ? x.Reshape([x.Shape[0], Channels, Places]).Sum(2).Reshape([x.Shape[0], Channels, 1, 1])
            : x.Convolve(LogPool.Exp(), groups: Channels);

    /// <summary>The normalization weights W of one channel.</summary>
    /// <param name="pool">Those of a place's neighbours, p × p; null where the whole channel has weights 1.</param>
    /// <returns>Shape [places, places], row = target.</returns>
    internal double[] Weights(double[]? pool)
    {
        var (n, height, width) = (Places, B0.Shape[1], B0.Shape[2]);
        var w = new double[n * n];
        if (pool is null)
        {
            Array.Fill(w, 1);
            return w;
        }
        var size = LogPool!.Shape[2];
        for (var target = 0; target < n; target++)
            for (var k = 0; k < pool.Length; k++)
            {
                var (row, column) = (target / width + k / size - (size - 1) / 2, target % width + k % size - (size - 1) / 2);
                if (row >= 0 && row < height && column >= 0 && column < width) w[target * n + row * width + column] = pool[k];
            }
        return w;
    }

    IStaticLayer<T> IStaticLayer<T>.Map(Func<string, Tensor<T>, Tensor<T>> f) => Map(f);

    IStaticLayerState<T> IStaticLayer<T>.Respond(Tensor<T> x, Tensor<T> sigma, SteadyStateOptions solver) => Settle(x, sigma);

    /// <summary>The fixed points that a batch of images settles to.</summary>
    /// <param name="x">Shape [batch, height × width].</param>
    /// <param name="sigma">Semisaturation σ, a positive scalar.</param>
    public ConvolutionLayerState<T> Settle(Tensor<T> x, Tensor<T> sigma)
    {
        ArgumentNullException.ThrowIfNull(x);
        var (count, height, width) = (x.Shape[0], B0.Shape[1], B0.Shape[2]);
        var images = x.Reshape([count, 1, height, width]);
        var b0 = B0.Sigmoid();
        var b = Attention is null ? b0 : images.Convolve(Attention).Sigmoid();
        var g = images.Convolve(Input).Relu() * b;
        var c = (b0 * sigma).Square().Clamp(LeastC, T.PositiveInfinity);
        var squared = g.Square();
        var a = Pool(squared) + c;
        return new((squared / a).Reshape([count, Channels * height * width]), g, a, c, LogPool?.Exp());
    }
}

/// <summary>A layer's fixed points and the circuits they belong to.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Response">Firing rates ⌊y⌋². Shape [batch, channels × height × width].</param>
/// <param name="G">Gated drive b⊙z, not negative. Shape [batch, channels, height, width].</param>
/// <param name="A">Modulator activity. Shape [batch, channels, height, width].</param>
/// <param name="C">(b0·σ)², or the least that the layer takes for it. Shape [channels, height, width].</param>
/// <param name="Pool">Normalization weights of a place's neighbours, shape [channels, 1, p, p]; null where the whole channel has weights 1.</param>
public sealed record ConvolutionLayerState<T>(Tensor<T> Response, Tensor<T> G, Tensor<T> A, Tensor<T> C, Tensor<T>? Pool) : IStaticLayerState<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Principal activity y = g/√a. Shape [batch, channels, height, width].</summary>
    public Tensor<T> Y => G / A.Sqrt();

    /// <summary>Samples with a response that is not finite, where parameters overflowed: all others have their fixed point by its formula. Waits for the
    /// device.</summary>
    // A response is not negative, and a maximum keeps a NaN.
    public long? NotConverged => Response.StopGradient().Max(1).ToArray().LongCount(largest => !T.IsFinite(largest));
}
