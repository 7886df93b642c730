using System.Globalization;
using System.Numerics;

namespace Organics;

/// <summary>The parameters of the paper's sequence classifier.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Circuit">The recurrent circuit.</param>
/// <param name="Head">Principal activity after the last step to logits.</param>
public sealed record SequenceClassifierParameters<T>(RecurrentCircuitParameters<T> Circuit, Linear<T> Head) : IParameters<SequenceClassifierParameters<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public SequenceClassifierParameters<T> Map(Func<string, Tensor<T>, Tensor<T>> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new(Circuit.Map((name, t) => f("org." + name, t)), Head.Map((name, t) => f("fc." + name, t)));
    }
}

/// <summary>What a sequence classifier is made of, besides its parameters.</summary>
public sealed record SequenceClassifierOptions
{
    /// <summary>Neuron pairs.</summary>
    public int Units { get; init; } = 64;

    /// <summary>Pixels of an image: the steps of its sequence.</summary>
    public int Steps { get; init; } = 784;

    /// <summary>Classes to tell apart.</summary>
    public int Classes { get; init; } = 10;

    /// <summary>Which published form of the circuit.</summary>
    public CircuitVariant Variant { get; init; } = CircuitVariant.Paper;

    /// <summary>The largest Δt/τ.</summary>
    public LargestSteps LargestSteps { get; init; } = new(0.02, 0.005, 0.1);

    /// <summary>Whether each neuron's time constants are trained.</summary>
    public bool LearnTimeConstants { get; init; } = true;

    /// <summary>The pixel that each step shows; null for their own order.</summary>
    public IReadOnlyList<int>? Order { get; init; }

    /// <summary>All of it as text, for the header of a checkpoint.</summary>
    public IReadOnlyDictionary<string, string> ToMetadata()
    {
        var text = new Dictionary<string, string>
        {
            ["format"] = "organics-model-1",
            ["model"] = "sequence",
            ["units"] = Whole(Units),
            ["steps"] = Whole(Steps),
            ["classes"] = Whole(Classes),
            ["variant"] = $"{Variant}",
            ["dt_tau_max"] = $"{LargestSteps}",
            ["time_constants"] = LearnTimeConstants ? "learned" : "fixed",
        };
        if (Order is not null) text["order"] = string.Join(' ', Order.Select(Whole));
        return text;

        static string Whole(int n) => n.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Whether the order, if there is one, names each pixel once.</summary>
    internal bool IsOrdered => Order is null || (Order.Count == Steps && Order.Order().SequenceEqual(Enumerable.Range(0, Steps)));

    /// <summary>Reads what <see cref="ToMetadata"/> wrote.</summary>
    /// <exception cref="CheckpointException">Something is missing or makes no sense.</exception>
    public static SequenceClassifierOptions FromMetadata(IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        string Text(string key) => metadata.TryGetValue(key, out var v) ? v : throw new CheckpointException($"The checkpoint lacks '{key}' in its header; it is no sequence classifier's.");
        int Whole(string key) => int.TryParse(Text(key), NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 ? n : throw new CheckpointException($"The checkpoint has '{key}' = '{Text(key)}' where a whole number above 0 is expected; it is damaged.");
        if (Text("model") != "sequence") throw new CheckpointException($"The checkpoint is of a model '{Text("model")}', but 'sequence' is expected; give one of `organics train sequence`.");
        try
        {
            SequenceClassifierOptions options = new()
            {
                Units = Whole("units"),
                Steps = Whole("steps"),
                Classes = Whole("classes"),
                Variant = CircuitVariant.Parse(Text("variant")),
                LargestSteps = LargestSteps.Parse(Text("dt_tau_max")),
                LearnTimeConstants = Text("time_constants") switch { "learned" => true, "fixed" => false, var other => throw new FormatException($"time_constants is '{other}', not learned or fixed.") },
                Order = metadata.TryGetValue("order", out var order) ? [.. order.Split(' ').Select(i => int.Parse(i, NumberStyles.None, CultureInfo.InvariantCulture))] : null,
            };
            return options.IsOrdered ? options : throw new FormatException($"order does not name each of the {options.Steps} pixels once.");
        }
        catch (Exception error) when (error is FormatException or OverflowException)
        {
            throw new CheckpointException($"The checkpoint's header is damaged: {error.Message}");
        }
    }
}

/// <summary>
/// The sequence classifier of the paper (Table 2): a recurrent circuit sees an image pixel by pixel, and a linear head reads its principal activity after the
/// last one. Loss: cross-entropy. Trained by back-propagation through time.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed class SequenceClassifier<T> : IClassifier<SequenceClassifierParameters<T>, T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // The first state draws from a stream that no parameter uses.
    const ulong StateStream = 1UL << 31;

    /// <summary>A classifier with given parameters.</summary>
    /// <param name="options">What it is made of.</param>
    /// <param name="parameters">Updated in place by training.</param>
    /// <param name="initial">y, a, b0 and b before the first step, the same for every sample; not trained. Each of shape [n].</param>
    public SequenceClassifier(SequenceClassifierOptions options, SequenceClassifierParameters<T> parameters, IReadOnlyList<Tensor<T>> initial)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(initial);
        if (initial.Count != 4 || initial.Any(s => s.Shape != [options.Units])) throw new ShapeException($"SequenceClassifier: `initial` must be y, a, b0 and b, each [{options.Units}].");
        if (!options.IsOrdered)
            throw new ArgumentException($"The order has {options.Order!.Count} entries; it must name each of the {options.Steps} pixels once.", nameof(options));
        (Options, Parameters, Initial) = (options, parameters, initial);
        _order = options.Order is { } given ? [.. given] : null;
        Cell = new(options.Variant, options.LargestSteps, Tensor.Full([options.Units], T.One, parameters.Head.Weight.Device));
    }

    readonly int[]? _order;

    /// <summary>
    /// A classifier with initial values drawn from a seed: Wzx uniform and scaled to σ₁ = 1; Wr orthogonal, or V = I where Wr = I + V/σ₁(V); the gains' weights
    /// uniform within ±1/√(their inputs); log W uniform in (−1, 0), or the logarithm of uniform numbers where W is clamped, with diagonal 0; the time
    /// constants' parameters normal; y of norm 1, a and b uniform in (0, 1), b0 = 1.
    /// </summary>
    /// <param name="options">What it is made of.</param>
    /// <param name="seed">The same seed gives the same parameters.</param>
    /// <param name="device">Where the parameters lie.</param>
    public static SequenceClassifier<T> Create(SequenceClassifierOptions options, ulong seed, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Units, 1, nameof(options));
        var (init, n, own) = (new Initializer<T>(seed, device ?? Device.Cpu), options.Units, 1 / Math.Sqrt(options.Units));
        Tensor<T> Square() => init.Uniform([n, n], -own, own);
        Tensor<T> Input() => init.Uniform([n, 1], -1, 1);
        var wzx = Input();
        wzx = wzx / wzx.Square().Sum().Sqrt();
        var wr = Orthogonal(init.Normal([n, n], 1), identity: options.Variant.IdentityPlus);
        var drawn = init.Uniform([n, n], 0, 1);
        var logW = (options.Variant.ClampW ? drawn.Clamp(T.CreateTruncating(1e-8), T.One).Log() : drawn.Affine(T.One, -T.One)).ToArray();
        for (var i = 0; i < n; i++) logW[i * (n + 1)] = T.Zero;
        var (bx0, by0, ba0, bx1, by1, ba1) = (Input(), Square(), Square(), Input(), Square(), Square());
        TimeConstants<T>? tau = options.LearnTimeConstants ? new(init.Normal([n], 1), init.Normal([n], 1), init.Normal([n], 1), init.Normal([n], 1)) : null;
        var head = Linear<T>.Create(n, options.Classes, init);
        var state = new Initializer<T>(seed, init.Device, StateStream);
        var y = state.Uniform([n], 0, 1);
        return new(options, new(new(wzx, wr, bx0, by0, ba0, bx1, by1, ba1, Tensor.From<T>(logW, [n, n], init.Device), tau), head),
            [y / y.Square().Sum().Sqrt(), state.Uniform([n], 0, 1), Tensor.Full([n], T.One, init.Device), state.Uniform([n], 0, 1)]);
    }

    // The orthogonal factor of a normal matrix is uniformly distributed (Stewart, SIAM J. Numer. Anal. 17, 1980); rows by Gram and Schmidt, twice for
    // orthogonality.
    static Tensor<T> Orthogonal(Tensor<T> normal, bool identity)
    {
        var n = normal.Shape[0];
        var q = normal.ToArray();
        for (var i = 0; i < n; i++)
        {
            var row = q.AsSpan(i * n, n);
            if (identity)
            {
                row.Clear();
                row[i] = T.One;
                continue;
            }
            for (var pass = 0; pass < 2; pass++)
                for (var k = 0; k < i; k++)
                {
                    var before = q.AsSpan(k * n, n);
                    var along = T.Zero;
                    for (var j = 0; j < n; j++) along += row[j] * before[j];
                    for (var j = 0; j < n; j++) row[j] -= along * before[j];
                }
            var norm = T.Zero;
            foreach (var v in row) norm += v * v;
            for (var j = 0; j < n; j++) row[j] /= T.Sqrt(norm);
        }
        return Tensor.From<T>(q, [n, n], normal.Device);
    }

    /// <summary>The classifier in a file that a training has left, with its first state.</summary>
    /// <param name="path">model.safetensors.</param>
    /// <param name="device">Where the parameters shall lie.</param>
    /// <exception cref="CheckpointException">The file is damaged or of another model.</exception>
    public static SequenceClassifier<T> Load(string path, Device? device = null)
    {
        var file = SafeTensors.Read(path);
        var options = SequenceClassifierOptions.FromMetadata(file.Metadata);
        // A header may claim any size, and a model of it takes time and memory to make.
        foreach (var (name, shape) in Sizes(options)) Checkpoint.CheckShape(file, name, shape);
        var model = Create(options, seed: 0, device);
        model.Take(file);
        return model;
    }

    /// <summary>The shapes, by name, of the parameters that tell the sizes of circuit and head: enough to see whether a file can hold such a model before one
    /// is made.</summary>
    public static IEnumerable<(string Name, int[] Shape)> Sizes(SequenceClassifierOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return [("org.Wr.weight", [options.Units, options.Units]), ("fc.weight", [options.Classes, options.Units])];
    }

    /// <summary>Takes parameters and first state from a file that a training has left, of this precision or the other.</summary>
    /// <exception cref="CheckpointException">The file is damaged or of another model.</exception>
    public void Take(SafeTensors file)
    {
        Checkpoint.Unpack<SequenceClassifierParameters<T>, T>(Parameters, file, convert: true);
        Checkpoint.Unpack<InitialState, T>(new(Initial), file, convert: true);
    }

    /// <summary>What a checkpoint holds beside the parameters: σ and the state before the first step.</summary>
    public IReadOnlyList<SafeTensor> Constants =>
    [
        SafeTensor.From<T>("org.sigma", [Options.Units], [.. Enumerable.Repeat(T.One, Options.Units)]), .. Checkpoint.Pack<InitialState, T>(new(Initial)),
    ];

    /// <summary>The state before the first step under the authors' names.</summary>
    sealed record InitialState(IReadOnlyList<Tensor<T>> States) : IParameters<InitialState, T>
    {
        public InitialState Map(Func<string, Tensor<T>, Tensor<T>> f) => new([f("y0", States[0]), f("a0", States[1]), f("b00", States[2]), f("b10", States[3])]);
    }

    /// <summary>What it is made of.</summary>
    public SequenceClassifierOptions Options { get; }

    /// <inheritdoc/>
    public SequenceClassifierParameters<T> Parameters { get; }

    /// <summary>y, a, b0 and b before the first step. Each of shape [n].</summary>
    public IReadOnlyList<Tensor<T>> Initial { get; }

    /// <summary>The recurrent circuit.</summary>
    public RecurrentCircuit<T> Cell { get; }

    /// <summary>How much of a sequence is kept for the way back.</summary>
    public SequenceMemory Memory { get; set; } = SequenceMemory.Sqrt;

    /// <inheritdoc/>
    public (Tensor<T> Loss, Tensor<T> Logits) Evaluate(SequenceClassifierParameters<T> parameters, Tensor<T> images, ReadOnlySpan<int> labels)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var x = Sequence(images);
        var after = Cell.Run(Cell.Prepare(parameters.Circuit), x, First(x), Memory);
        var logits = parameters.Head.Forward(after[0]);
        return (logits.SoftmaxCrossEntropy(labels), logits);
    }

    /// <summary>Images as sequences of pixels. Shape: [batch, pixels] → [pixels, batch, 1].</summary>
    public Tensor<T> Sequence(Tensor<T> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.Shape.Rank != 2 || images.Shape[1] != Options.Steps) throw new ShapeException($"SequenceClassifier: `images` is {images.Shape} but must be [batch, {Options.Steps}]; give images of the size it was made for.");
        var x = images.Transpose();
        if (_order is not null) x = x.GatherRows(_order);
        return x.Reshape([Options.Steps, images.Shape[0], 1]);
    }

    // In the workspace of the inputs, where memory is taken from the pool.
    Tensor<T>[] First(Tensor<T> x)
    {
        var batch = x.Shape[1];
        return [.. Initial.Select(s => (x.Workspace is { } w ? w.From(s) : s).Expand(0, batch))];
    }

    /// <summary>The circuit as a component that takes its inputs one by one, with the parameters of now.</summary>
    public StreamingCircuit<T> Stream() => new(Options.Variant, Cell.Prepare(Parameters.Circuit), Initial);

    /// <inheritdoc/>
    public string? Explain(SequenceClassifierParameters<T> parameters, Tensor<T> images)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        using var workspace = new Workspace<T>(parameters.Head.Weight.Device);
        var x = Sequence(workspace.From(images));
        var coefficients = Cell.Prepare(parameters.Circuit).Map((_, t) => t.Keep());
        IReadOnlyList<Tensor<T>> state = [.. First(x).Select(s => s.Keep())];
        var inputs = x.Keep();
        for (var t = 0; t < Options.Steps; t++)
        {
            workspace.Reset();
            state = [.. Cell.Run(coefficients, workspace.From(inputs.Slice(t, 1)), state, Memory).Select(s => s.Keep())];
            for (var i = 0; i < state.Count; i++)
            {
                var values = state[i].ToArray();
                var at = Array.FindIndex(values, v => !T.IsFinite(v));
                if (at >= 0) return $"time step {t + 1} of {Options.Steps}, where {Cell.States[i]} of sample {at / Options.Units}, neuron {at % Options.Units}, becomes {values[at]}";
            }
        }
        return null;
    }
}
