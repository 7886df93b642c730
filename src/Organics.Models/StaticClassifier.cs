using System.Numerics;

namespace Organics;

/// <summary>The parameters of the paper's static classifier.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Autoencoder">Pixels to code and back.</param>
/// <param name="Layers">The circuits, driven by the code one after the other.</param>
/// <param name="Head">Responses to logits.</param>
public sealed record StaticClassifierParameters<T>(Autoencoder<T> Autoencoder, IReadOnlyList<StaticLayer<T>> Layers, Linear<T> Head)
    : IParameters<StaticClassifierParameters<T>, T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public StaticClassifierParameters<T> Map(Func<string, Tensor<T>, Tensor<T>> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new(Autoencoder.Map((name, t) => f("autoencoder." + name, t)),
            [.. Layers.Select((l, i) => l.Map((name, t) => f($"org{i + 1}.{name}", t)))],
            Head.Map((name, t) => f("fc." + name, t)));
    }
}

/// <summary>
/// The static classifier of the paper (Table 1): an autoencoder whose code drives layers of ORGaNICs at their fixed points, and a linear head
/// on their firing rates. Loss: cross-entropy plus the mean squared error of the reconstruction.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed class StaticClassifier<T> : IClassifier<StaticClassifierParameters<T>, T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Responses are small (Σ⌊y⌋² is about 1 over all units, however many): weights of this size give logits of order 1.
    const double HeadBound = 3;

    // Units of the code, which drives the first layer.
    const int Code = 40;

    readonly Tensor<T> _sigma;

    /// <summary>A classifier with given parameters.</summary>
    /// <param name="parameters">Updated in place by training.</param>
    /// <param name="sigma">Semisaturation σ of all layers, positive; not trained.</param>
    public StaticClassifier(StaticClassifierParameters<T> parameters, double sigma)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (!(sigma > 0)) throw new ArgumentOutOfRangeException(nameof(sigma), $"σ is {sigma}; the semisaturation must be above 0.");
        if (!(T.CreateTruncating(sigma * sigma) > T.Zero))
            throw new ArgumentOutOfRangeException(nameof(sigma), $"σ is {sigma}, whose square is 0 in {(typeof(T) == typeof(float) ? "float" : "double")}; give a larger one{(typeof(T) == typeof(float) ? ", or use double" : "")}.");
        (Parameters, Sigma) = (parameters, sigma);
        _sigma = Tensor.Scalar(T.CreateTruncating(sigma), parameters.Head.Weight.Device);
    }

    /// <summary>A classifier with initial values drawn from a seed.</summary>
    /// <param name="pixels">Pixels of an image.</param>
    /// <param name="classes">Classes to tell apart.</param>
    /// <param name="hidden">Units of each layer, at least one layer.</param>
    /// <param name="learnedRecurrence">Whether Wr is learned (largest singular value 1); it is the identity otherwise.</param>
    /// <param name="sigma">Semisaturation σ.</param>
    /// <param name="seed">The same seed gives the same parameters.</param>
    /// <param name="device">Where the parameters lie.</param>
    public static StaticClassifier<T> Create(int pixels, int classes, ReadOnlySpan<int> hidden, bool learnedRecurrence, double sigma, ulong seed, Device? device = null)
    {
        if (hidden.IsEmpty) throw new ArgumentException("The classifier has no hidden layer; give at least one number of units.", nameof(hidden));
        var init = new Initializer<T>(seed, device ?? Device.Cpu);
        var autoencoder = Autoencoder<T>.Create([pixels, 360, 120, Code], init);
        var layers = new StaticLayer<T>[hidden.Length];
        var inputs = Code;
        for (var i = 0; i < layers.Length; i++)
        {
            if (hidden[i] < 1) throw new ArgumentOutOfRangeException(nameof(hidden), $"Layer {i + 1} has {hidden[i]} units; give 1 or more.");
            layers[i] = StaticLayer<T>.Create(inputs, hidden[i], learnedRecurrence, init);
            inputs = hidden[i];
        }
        return new(new(autoencoder, layers, new(init.Uniform([classes, inputs], -HeadBound, HeadBound), Tensor.Zeros<T>([classes], init.Device))), sigma);

    }

    /// <summary>The shapes, by name, of the parameters that tell the sizes of layers and head: enough to see whether a file can hold such a model before one is
    /// made.</summary>
    /// <param name="classes">Classes to tell apart.</param>
    /// <param name="hidden">Units of each layer.</param>
    public static IEnumerable<(string Name, int[] Shape)> Sizes(int classes, IReadOnlyList<int> hidden)
    {
        ArgumentNullException.ThrowIfNull(hidden);
        var inputs = Code;
        for (var i = 0; i < hidden.Count; i++)
        {
            yield return ($"org{i + 1}.Wzx", [hidden[i], inputs]);
            yield return ($"org{i + 1}.log_Way", [hidden[i], hidden[i]]);
            inputs = hidden[i];
        }
        yield return ("fc.weight", [classes, inputs]);
    }

    /// <inheritdoc/>
    public StaticClassifierParameters<T> Parameters { get; }

    /// <summary>Semisaturation σ of all layers.</summary>
    public double Sigma { get; }

    /// <summary>How many samples did not reach their fixed point, in any layer, since the model was made.</summary>
    public long NotConverged { get; private set; }

    /// <summary>Tolerance, cap on iterations and fallback of the fixed-point solver.</summary>
    public SteadyStateOptions Solver { get; init; } = new();

    /// <inheritdoc/>
    public (Tensor<T> Loss, Tensor<T> Logits) Evaluate(StaticClassifierParameters<T> parameters, Tensor<T> images, ReadOnlySpan<int> labels)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var code = parameters.Autoencoder.Encode(images);
        var states = Settle(parameters, code);
        foreach (var state in states) NotConverged += state.Report is { } report ? report.Samples.Count - report.Converged : 0;
        var logits = parameters.Head.Forward(states[^1].Response);
        return (logits.SoftmaxCrossEntropy(labels) + parameters.Autoencoder.Decode(code).MeanSquaredError(images), logits);
    }

    /// <summary>The fixed points of every layer for a batch of codes.</summary>
    public IReadOnlyList<StaticLayerState<T>> Settle(StaticClassifierParameters<T> parameters, Tensor<T> code)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var states = new StaticLayerState<T>[parameters.Layers.Count];
        var x = code;
        for (var i = 0; i < states.Length; i++)
        {
            states[i] = parameters.Layers[i].Forward(x, _sigma, Solver);
            x = states[i].Response;
        }
        return states;
    }
}
