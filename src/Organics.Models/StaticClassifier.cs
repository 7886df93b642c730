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
public sealed class StaticClassifier<T> : IModel<StaticClassifierParameters<T>, T> where T : unmanaged, IFloatingPointIeee754<T>
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

    /// <summary>The model in a file that a training has left.</summary>
    /// <param name="path">model.safetensors.</param>
    /// <param name="device">Where the parameters shall lie.</param>
    /// <exception cref="CheckpointException">The file is damaged or of another model.</exception>
    public static StaticClassifier<T> Load(string path, Device? device = null)
    {
        var file = SafeTensors.Read(path);
        string Text(string key) => file.Metadata.TryGetValue(key, out var text) ? text : throw new CheckpointException($"The checkpoint '{path}' lacks '{key}' in its header; it is no static classifier's.");
        if (Text("model") != "static") throw new CheckpointException($"The checkpoint '{path}' is of a model '{Text("model")}', but 'static' is expected; give one of `organics train static`.");
        int[] hidden = [.. Text("hidden").Split(',').Select(units => int.TryParse(units, System.Globalization.CultureInfo.InvariantCulture, out var n) && n > 0 ? n
            : throw new CheckpointException($"The checkpoint '{path}' has 'hidden' = '{Text("hidden")}', where the units of each layer are expected; it is damaged."))];
        var (first, head, sigma) = (file["autoencoder.encoder.0.weight"].Shape, file["fc.weight"].Shape, file["org1.sigma"].ToConverted<double>());
        if (first.Count != 2 || head.Count != 2 || sigma.Length != 1) throw new CheckpointException($"The checkpoint '{path}' has weights or a σ of a shape that no static classifier has; it is damaged.");
        foreach (var (name, shape) in Sizes(head[0], hidden)) Checkpoint.CheckShape(file, name, shape);
        var model = Create(first[1], head[0], hidden, Text("recurrence") == "learned", sigma[0], seed: 0, device);
        Checkpoint.Unpack<StaticClassifierParameters<T>, T>(model.Parameters, file, convert: true);
        return model;
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

    /// <summary>Tolerance, cap on iterations and fallback of the fixed-point solver.</summary>
    public SteadyStateOptions Solver { get; init; } = new();

    /// <inheritdoc/>
    public Evaluated<T> Evaluate(StaticClassifierParameters<T> parameters, Tensor<T> inputs, SampleBatch<T> batch)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(batch);
        var code = parameters.Autoencoder.Encode(inputs);
        var states = Settle(parameters, code);
        var logits = parameters.Head.Forward(states[^1].Response);
        return new(Loss.CrossEntropy.Of(logits, batch) + parameters.Autoencoder.Decode(code).MeanSquaredError(inputs), logits)
        {
            NotConverged = states.Sum(state => state.Report is { } report ? report.Samples.Count - report.Converged : 0L),
        };
    }

    /// <summary>Logits for inputs. Safe from several threads at once.</summary>
    /// <param name="inputs">Shape [count, pixels].</param>
    /// <returns>Shape [count, classes].</returns>
    /// <exception cref="ArgumentException">They are no whole inputs.</exception>
    public T[] Predict(ReadOnlySpan<T> inputs)
    {
        var pixels = Parameters.Autoencoder.Inputs;
        if (inputs.Length % pixels != 0) throw new ArgumentException($"There are {inputs.Length} numbers, but the model expects inputs of {pixels}; give whole ones.", nameof(inputs));
        using var workspace = new Workspace<T>(Parameters.Head.Weight.Device);
        return inputs.IsEmpty ? [] : Parameters.Head.Forward(Settle(Parameters, Parameters.Autoencoder.Encode(workspace.From(inputs, [inputs.Length / pixels, pixels])))[^1].Response).ToArray();
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
