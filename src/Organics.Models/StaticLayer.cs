using System.Numerics;

namespace Organics;

/// <summary>
/// A layer of ORGaNICs at its fixed point: the input drives z = v/‖v‖, v = Wzx·x, and the gain b = sigmoid(Wbx·x); the response is the
/// firing rate ⌊y⌋² (Eq. 2, 15).
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Wzx">Input weights of the drive. Shape [n, d].</param>
/// <param name="Wbx">Input weights of the gain. Shape [n, d].</param>
/// <param name="LogWay">Logarithm of the normalization weights W. Shape [n, n], row = target.</param>
/// <param name="B0">The gain b0 before the logistic function. Shape [n].</param>
/// <param name="Wr">The recurrent weights before division by their largest singular value, shape [n, n]; null for the identity.</param>
public sealed record StaticLayer<T>(Tensor<T> Wzx, Tensor<T> Wbx, Tensor<T> LogWay, Tensor<T> B0, Tensor<T>? Wr) : IParameters<StaticLayer<T>, T>, IStaticLayer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "org";

    /// <inheritdoc/>
    public int Inputs => Wzx.Shape[1];

    /// <summary>How many neuron pairs the layer has.</summary>
    public int Units => B0.Length;

    /// <summary>A layer with initial values: Wzx uniform within ±1/√d, Wbx standard normal, log W uniform in (−1, 0) with diagonal 0, b0 ½, Wr
    /// uniform.</summary>
    /// <param name="inputs">d.</param>
    /// <param name="units">n.</param>
    /// <param name="learnedRecurrence">Whether Wr is learned; it is the identity otherwise.</param>
    /// <param name="init">Draws the numbers.</param>
    public static StaticLayer<T> Create(int inputs, int units, bool learnedRecurrence, Initializer<T> init)
    {
        ArgumentNullException.ThrowIfNull(init);
        var (bound, own) = (1 / Math.Sqrt(inputs), 1 / Math.Sqrt(units));
        var wzx = Balanced(init.Uniform([units, inputs], -bound, bound));
        var wbx = Balanced(init.Normal([units, inputs], 1));
        var logW = init.Uniform([units, units], -1, 0).ToArray();
        for (var i = 0; i < units; i++) logW[i * units + i] = T.Zero;
        var wr = init.Uniform([units, units], -own, own);
        return new(wzx, wbx, Tensor.From<T>(logW, [units, units], init.Device), Tensor.Zeros<T>([units], init.Device), learnedRecurrence ? wr : null);
    }

    // Rows of sum 0: what all inputs share, such as the mean ½ of logistic codes, would else drive every sample alike.
    static Tensor<T> Balanced(Tensor<T> weights) => weights - weights.Mean(1).Expand(1, weights.Shape[1]);

    /// <inheritdoc/>
    public StaticLayer<T> Map(Func<string, Tensor<T>, Tensor<T>> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new(f("Wzx", Wzx), f("Wbx", Wbx), f("log_Way", LogWay), f("b0", B0), Wr is null ? null : f("Wr", Wr));
    }

    IStaticLayer<T> IStaticLayer<T>.Map(Func<string, Tensor<T>, Tensor<T>> f) => Map(f);

    IStaticLayerState<T> IStaticLayer<T>.Respond(Tensor<T> x, Tensor<T> sigma, SteadyStateOptions solver) => Forward(x, sigma, solver);

    /// <summary>The fixed points that a batch of inputs settles to, with Wr divided by its largest singular value.</summary>
    /// <param name="x">Inputs. Shape [batch, d].</param>
    /// <param name="sigma">Semisaturation σ, a scalar or [n], positive.</param>
    /// <param name="options">Tolerance, cap on iterations and fallback of the solver.</param>
    public StaticLayerState<T> Forward(Tensor<T> x, Tensor<T> sigma, SteadyStateOptions options) => Settle(x, sigma, Wr?.SpectralNormalize(), options);

    /// <summary>The fixed points that a batch of inputs settles to under a given recurrence.</summary>
    /// <param name="x">Inputs. Shape [batch, d].</param>
    /// <param name="sigma">Semisaturation σ, a scalar or [n], positive.</param>
    /// <param name="wr">Recurrent weights, shape [n, n], used as they are; null for the identity.</param>
    /// <param name="options">Tolerance, cap on iterations and fallback of the solver.</param>
    public StaticLayerState<T> Settle(Tensor<T> x, Tensor<T> sigma, Tensor<T>? wr, SteadyStateOptions options)
    {
        ArgumentNullException.ThrowIfNull(x);
        var v = x.MatMul(Wzx, transposeOther: true);
        // The summand keeps the direction of a zero vector finite; it is lost beside any vector longer than 1e-14 in float, 1e-142 in double.
        var norm = (v.Square().Sum(1) + T.CreateTruncating(typeof(T) == typeof(float) ? 1e-36 : 1e-300)).Sqrt();
        var z = v / norm.Expand(1, Units);
        var b = x.MatMul(Wbx, transposeOther: true).Sigmoid();
        var b0 = B0.Sigmoid();
        var w = LogWay.Exp();
        var g = b * z;
        var c = (b0 * sigma).Square();
        if (wr is null)
        {
            var (y, a) = SteadyState.Identity(g, c, w);
            return new(y, a, z, b, b0, w, null, null);
        }
        var (yr, ar) = SteadyState.Solve(g, c, w, wr, options, out var report);
        return new(yr, ar, z, b, b0, w, wr, report);
    }
}

/// <summary>A layer's fixed points and the circuit they belong to.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Y">Principal activity. Shape [batch, n].</param>
/// <param name="A">Modulator activity. Shape [batch, n].</param>
/// <param name="Z">Input drive of unit norm. Shape [batch, n].</param>
/// <param name="B">Input gain. Shape [batch, n].</param>
/// <param name="B0">Gain of the semisaturation. Shape [n].</param>
/// <param name="W">Normalization weights. Shape [n, n].</param>
/// <param name="Wr">Recurrent weights of largest singular value 1, shape [n, n]; null for the identity.</param>
/// <param name="Report">What the solver says of each sample; null for the closed form.</param>
public sealed record StaticLayerState<T>(
    Tensor<T> Y, Tensor<T> A, Tensor<T> Z, Tensor<T> B, Tensor<T> B0, Tensor<T> W, Tensor<T>? Wr, SteadyStateReport? Report)
    : IStaticLayerState<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Firing rates ⌊y⌋². Shape [batch, n].</summary>
    public Tensor<T> Response => Y.RectifiedSquare();

    /// <inheritdoc/>
    public long? NotConverged => Report is { } report ? report.Samples.Count - report.Converged : 0;
}
