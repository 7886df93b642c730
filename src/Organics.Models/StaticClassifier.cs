using System.Numerics;

namespace Organics;

/// <summary>The parameters of the paper's static classifier.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Autoencoder">Pixels to code and back; null where the layers see the pixels themselves.</param>
/// <param name="Layers">The circuits, or what stands in their place, driven by the code, or the pixels, one after the other.</param>
/// <param name="Head">Responses to logits.</param>
public sealed record StaticClassifierParameters<T>(Autoencoder<T>? Autoencoder, IReadOnlyList<IStaticLayer<T>> Layers, Linear<T> Head)
    : IParameters<StaticClassifierParameters<T>, T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public StaticClassifierParameters<T> Map(Func<string, Tensor<T>, Tensor<T>> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new(Autoencoder?.Map((name, t) => f("autoencoder." + name, t)),
            [.. Layers.Select((l, i) => l.Map((name, t) => f($"{l.Name}{i + 1}.{name}", t)))],
            Head.Map((name, t) => f("fc." + name, t)));
    }
}

/// <summary>
/// The static classifier of the paper (Table 1): an autoencoder whose code drives layers of ORGaNICs at their fixed points, and a linear head
/// on their firing rates. Loss: cross-entropy plus the mean squared error of the reconstruction. In the circuits' place there may be other layers
/// (<see cref="StaticLayers"/>), to be compared with them; a convolutional one sees the pixels, without an autoencoder and its loss.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed class StaticClassifier<T> : IModel<StaticClassifierParameters<T>, T> where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly Tensor<T> _sigma;

    /// <summary>A classifier with given parameters.</summary>
    /// <param name="parameters">Updated in place by training.</param>
    /// <param name="sigma">Semisaturation σ of all circuits, positive; not trained, and without a meaning to other layers.</param>
    public StaticClassifier(StaticClassifierParameters<T> parameters, double sigma = 1)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (!(sigma > 0)) throw new ArgumentOutOfRangeException(nameof(sigma), $"σ is {sigma}; the semisaturation must be above 0.");
        if (!(T.CreateTruncating(sigma * sigma) > T.Zero))
            throw new ArgumentOutOfRangeException(nameof(sigma),
                $"σ is {sigma}, whose square is 0 in {(typeof(T) == typeof(float) ? "float" : "double")}; give a larger one{(typeof(T) == typeof(float) ? ", or use double" : "")}.");
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
    public static StaticClassifier<T> Create(int pixels, int classes, ReadOnlySpan<int> hidden, bool learnedRecurrence, double sigma, ulong seed,
        Device? device = null)
        => Create(pixels, classes, new CircuitLayers(hidden.ToArray(), learnedRecurrence, sigma), seed, device);

    /// <summary>A classifier of any layers with initial values drawn from a seed.</summary>
    /// <param name="pixels">Pixels of an image.</param>
    /// <param name="classes">Classes to tell apart.</param>
    /// <param name="layers">What stands between code and head.</param>
    /// <param name="seed">The same seed gives the same parameters.</param>
    /// <param name="device">Where the parameters lie.</param>
    public static StaticClassifier<T> Create(int pixels, int classes, StaticLayers layers, ulong seed, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(layers);
        var init = new Initializer<T>(seed, device ?? Device.Cpu);
        if (layers is ConvolutionLayers images && (long)images.Height * images.Width != pixels)
            throw new ArgumentException($"There are {pixels} pixels, but the layer is of images of {images.Height}×{images.Width}; give one of their size.",
                nameof(layers));
        var autoencoder = layers.Code is { } code ? Autoencoder<T>.Create([pixels, 360, 120, code], init) : null;
        var own = layers.Create(init);
        var head = new Linear<T>(init.Uniform([classes, layers.Outputs], -layers.HeadBound, layers.HeadBound), Tensor.Zeros<T>([classes], init.Device));
        return new(new(autoencoder, own, head), layers.Semisaturation ?? 1);
    }

    /// <summary>The model in a file that a training has left.</summary>
    /// <param name="path">model.safetensors.</param>
    /// <param name="device">Where the parameters shall lie.</param>
    /// <exception cref="CheckpointException">The file is damaged or of another model.</exception>
    public static StaticClassifier<T> Load(string path, Device? device = null)
    {
        var file = SafeTensors.Read(path);
        string Text(string key) => file.Metadata.TryGetValue(key, out var text) ? text
            : throw new CheckpointException($"The checkpoint '{path}' lacks '{key}' in its header; it is no static classifier's.");
        if (Text("model") != "static")
            throw new CheckpointException($"The checkpoint '{path}' is of a model '{Text("model")}', but 'static' is expected; give one of `organics train static`.");
        CheckpointException Misshapen() => new($"The checkpoint '{path}' has weights or a σ of a shape that no static classifier has; it is damaged.");
        var head = file["fc.weight"].Shape;
        if (head.Count != 2) throw Misshapen();
        var layers = StaticLayers.Parse(Text, file.Metadata.GetValueOrDefault("layer"), path,
            name => file[$"{name}.sigma"].ToConverted<double>() is [var sigma] ? sigma : throw Misshapen());
        foreach (var (name, shape) in Sizes(head[0], layers)) Checkpoint.CheckShape(file, name, shape);
        var pixels = layers is ConvolutionLayers { Height: var height, Width: var width } ? height * width
            : file["autoencoder.encoder.0.weight"].Shape is [_, var first] ? first : throw Misshapen();
        var model = Create(pixels, head[0], layers, seed: 0, device);
        Checkpoint.Unpack<StaticClassifierParameters<T>, T>(model.Parameters, file, convert: true);
        return model;
    }

    /// <summary>The shapes, by name, of the parameters that tell the sizes of layers and head: enough to see whether a file can hold such a model before one is
    /// made.</summary>
    /// <param name="classes">Classes to tell apart.</param>
    /// <param name="layers">What stands between code and head.</param>
    public static IEnumerable<(string Name, int[] Shape)> Sizes(int classes, StaticLayers layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        return layers.Sizes.Append(("fc.weight", [classes, layers.Outputs]));
    }

    /// <inheritdoc/>
    public StaticClassifierParameters<T> Parameters { get; }

    /// <summary>Numbers of an input: pixels of an image.</summary>
    public int Inputs => Parameters.Autoencoder?.Inputs ?? Parameters.Layers[0].Inputs;

    /// <summary>Semisaturation σ of all circuits.</summary>
    public double Sigma { get; }

    /// <summary>Tolerance, cap on iterations and fallback of the circuits' fixed-point solver.</summary>
    public SteadyStateOptions Solver { get; init; } = new();

    /// <inheritdoc/>
    public Evaluated<T> Evaluate(StaticClassifierParameters<T> parameters, Tensor<T> inputs, SampleBatch<T> batch)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(batch);
        var code = Encode(parameters, inputs);
        var states = Settle(parameters, code);
        var logits = parameters.Head.Forward(states[^1].Response);
        var loss = Loss.CrossEntropy.Of(logits, batch);
        if (parameters.Autoencoder is { } autoencoder)
        {
            var decoded = autoencoder.Decode(code);
            loss += batch.IsWeighted || batch.ClassWeights is not null ? Loss.Mean((decoded - inputs).Square().Mean(1), batch)
                : decoded.MeanSquaredError(inputs);
        }
        return new(states.Aggregate(loss, (sum, state) => state.Restraint is { } restraint ? sum + Loss.Mean(restraint, batch) : sum), logits)
        {
            NotConverged = states.Aggregate((long?)null, (sum, state) => state.NotConverged is { } more ? more + (sum ?? 0) : sum),
        };
    }

    /// <summary>Logits for inputs. Safe from several threads at once.</summary>
    /// <param name="inputs">Shape [count, pixels].</param>
    /// <returns>Shape [count, classes].</returns>
    /// <exception cref="ArgumentException">They are no whole inputs.</exception>
    public T[] Predict(ReadOnlySpan<T> inputs)
    {
        var pixels = Inputs;
        if (inputs.Length % pixels != 0)
            throw new ArgumentException($"There are {inputs.Length} numbers, but the model expects inputs of {pixels}; give whole ones.", nameof(inputs));
        using var workspace = new Workspace<T>(Parameters.Head.Weight.Device);
        if (inputs.IsEmpty) return [];
        var states = Settle(Parameters, Encode(Parameters, workspace.From(inputs, [inputs.Length / pixels, pixels])));
        return Parameters.Head.Forward(states[^1].Response).ToArray();
    }

    /// <summary>What the first layer sees of a batch of inputs: their codes, or the inputs themselves.</summary>
    public static Tensor<T> Encode(StaticClassifierParameters<T> parameters, Tensor<T> inputs)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return parameters.Autoencoder?.Encode(inputs) ?? inputs;
    }

    /// <summary>What every layer makes of a batch of codes.</summary>
    public IReadOnlyList<IStaticLayerState<T>> Settle(StaticClassifierParameters<T> parameters, Tensor<T> code)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var states = new IStaticLayerState<T>[parameters.Layers.Count];
        var x = code;
        for (var i = 0; i < states.Length; i++)
        {
            states[i] = parameters.Layers[i].Respond(x, _sigma, Solver);
            x = states[i].Response;
        }
        return states;
    }
}
