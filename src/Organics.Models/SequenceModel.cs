using System.Numerics;

namespace Organics;

/// <summary>The parameters of a sequence model.</summary>
/// <typeparam name="P">Of its cell.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Prefix">What stands before the names of the cell's parameters.</param>
/// <param name="Cell">The cell's.</param>
/// <param name="Head">What the cell shows to logits or numbers.</param>
public sealed record SequenceParameters<P, T>(string Prefix, P Cell, Linear<T> Head) : IParameters<SequenceParameters<P, T>, T>
    where P : IParameters<P, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public SequenceParameters<P, T> Map(Func<string, Tensor<T>, Tensor<T>> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new(Prefix, Cell.Map((name, t) => f(Prefix + name, t)), Head.Map((name, t) => f("fc." + name, t)));
    }
}

/// <summary>A trained sequence model of any cell, to be used: it reads sequences and gives classes or numbers. Safe from several threads at once.</summary>
/// <typeparam name="T">float or double.</typeparam>
public abstract class SequenceModel<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // The first state draws from a stream that no parameter uses.
    const ulong StateStream = 1UL << 31;

    private protected SequenceModel(SequenceOptions options) => (Options, Order) = (options, options?.Order is { } given ? [.. given] : null);

    private protected static void Check(SequenceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            options.Checked();
        }
        catch (FormatException error)
        {
            throw new ArgumentException($"The options of the sequence model make no sense: {error.Message}", nameof(options));
        }
    }

    /// <summary>What it is made of.</summary>
    public SequenceOptions Options { get; }

    /// <summary>How much of a sequence is kept for the backward pass.</summary>
    public SequenceMemory Memory { get; set; } = SequenceMemory.Sqrt;

    /// <summary>A model with initial values drawn from a seed.</summary>
    /// <param name="options">What it is made of.</param>
    /// <param name="seed">The same seed gives the same parameters.</param>
    /// <param name="device">Where the parameters lie.</param>
    /// <exception cref="ArgumentException">The options make no sense, in words.</exception>
    public static SequenceModel<T> Create(SequenceOptions options, ulong seed, Device? device = null)
    {
        Check(options);
        return options.Kind.Open(new Creation(options, seed, device ?? Device.Cpu), options.Layers);
    }

    /// <summary>The model in a file that a training has left.</summary>
    /// <param name="path">model.safetensors.</param>
    /// <param name="device">Where the parameters shall lie.</param>
    /// <exception cref="CheckpointException">The file is damaged or of another model.</exception>
    public static SequenceModel<T> Load(string path, Device? device = null)
    {
        var file = SafeTensors.Read(path);
        var options = SequenceOptions.FromMetadata(file.Metadata);
        // A header may claim any size, and a model of it takes time and memory to make.
        foreach (var (name, shape) in Sizes(options)) Checkpoint.CheckShape(file, name, shape);
        var model = Create(options, seed: 0, device);
        model.Take(file);
        return model;
    }

    /// <summary>The shapes, by name, of the parameters that tell the sizes of cell and head: enough to see whether a file can hold such a model before one is
    /// made.</summary>
    public static IEnumerable<(string Name, int[] Shape)> Sizes(SequenceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var kind = options.Kind;
        return Enumerable.Range(0, options.Layers).SelectMany(layer =>
                kind.Sizes(new(options.Units, layer == 0 ? options.Format.Channels : options.Units, options.Format.Steps))
                    .Select(size => (kind.Prefix + Layers.NameIn(layer, size.Name), size.Shape)))
            .Append(("fc.weight", [options.Format.Outputs, options.Seen]));
    }

    /// <summary>Takes the parameters from a file that a training has left, of this precision or the other.</summary>
    /// <exception cref="CheckpointException">The file is damaged or of another model.</exception>
    public abstract void Take(SafeTensors file);

    /// <summary>What a checkpoint holds beside the parameters.</summary>
    public abstract IReadOnlyList<SafeTensor> Constants { get; }

    /// <summary>Logits, or numbers, for sequences.</summary>
    /// <param name="inputs">Sequence by sequence, step by step; finite numbers up to a length, anything behind. Shape [count, steps, channels].</param>
    /// <param name="lengths">Steps of each; empty where each has all. Shape [count].</param>
    /// <returns>Shape [count, outputs], or [count, steps, outputs] where an answer is given at each step; those behind a length mean nothing.</returns>
    /// <exception cref="ArgumentException">The inputs are no whole sequences of what the model expects, one is not finite, or a length is out of
    /// range.</exception>
    public T[] Predict(ReadOnlySpan<T> inputs, ReadOnlySpan<int> lengths = default)
    {
        var format = Options.Format;
        if (inputs.Length % format.Width != 0)
            throw new ArgumentException(
                $"There are {inputs.Length} inputs, but the model expects sequences of {format.Steps} × {format.Channels} = {format.Width} numbers: {format}; "
                    + "give whole ones.", nameof(inputs));
        var count = inputs.Length / format.Width;
        if (lengths.Length != 0 && lengths.Length != count)
            throw new ArgumentException($"There are {lengths.Length} lengths for {count} sequences; give one for each, or none.", nameof(lengths));
        if (lengths.ContainsAnyExceptInRange(1, format.Steps))
            throw new ArgumentException($"A length is not from 1 to {format.Steps}; correct it.", nameof(lengths));
        for (var i = 0; i < inputs.Length; i++)
            if (!T.IsFinite(inputs[i]) && i % format.Width / format.Channels is var step && (lengths.IsEmpty || step < lengths[i / format.Width]))
                throw new ArgumentException($"Channel {i % format.Channels} of sequence {i / format.Width} is {inputs[i]} at step {step}, counted from 0, where "
                    + "every input is a finite number; correct it, or give a length that ends before.", nameof(inputs));
        using var workspace = new Workspace<T>(Device);
        return count == 0 ? [] : Outputs(workspace.From(inputs, [count, format.Width]), lengths).ToArray();
    }

    /// <summary>The class of each sequence, or of each step where an answer is given at each step: that of the largest logit.</summary>
    /// <exception cref="InvalidOperationException">The model gives numbers.</exception>
    /// <inheritdoc cref="Predict"/>
    public int[] Classify(ReadOnlySpan<T> inputs, ReadOnlySpan<int> lengths = default)
    {
        var format = Options.Format;
        if (format.Target != TargetKind.Class) throw new InvalidOperationException($"The model gives no classes: {format}; use Predict.");
        var logits = Predict(inputs, lengths);
        return logits.Length == 0 ? [] : Tensor.From<T>(logits, [logits.Length / format.Outputs, format.Outputs]).Argmax(1);
    }

    /// <summary>The cell as a component that takes its inputs one by one, with the parameters of now; the head is not in it.</summary>
    /// <exception cref="NotSupportedException">The cell is written in tape ops.</exception>
    public abstract StreamingCell<T> Stream();

    /// <summary>The state before the first step, the same for every sample; not trained. Each part of shape [units].</summary>
    public abstract IReadOnlyList<Tensor<T>> Initial { get; }

    /// <summary>The parameters, which training updates in place, by their names in a file.</summary>
    public abstract IReadOnlyList<KeyValuePair<string, Tensor<T>>> Tensors { get; }

    /// <summary>Whether the cell's steps are those of an ODE, so that eigenvalues of its Jacobian are known.</summary>
    public bool IsDiscretisedOde => PreparedCell().WithStep(0.5) is not null;

    /// <summary>Each part of the state by its name, after every step of one sequence. Shape [steps, units].</summary>
    /// <param name="inputs">Shape [steps, channels].</param>
    /// <exception cref="ArgumentException">They are no sequence of what the model expects.</exception>
    public IReadOnlyList<KeyValuePair<string, Tensor<T>>> States(ReadOnlySpan<T> inputs)
    {
        var (steps, units) = (Options.Format.Steps, Options.Units);
        if (inputs.Length != Options.Format.Width)
            throw new ArgumentException($"There are {inputs.Length} inputs, but the model expects a sequence of {Options.Format.Width}: {Options.Format}.", nameof(inputs));
        var cell = PreparedCell();
        var x = Sequence(Tensor.From(inputs, [1, Options.Format.Width], Device));
        IReadOnlyList<Tensor<T>> state = [.. Initial.Select(s => s.Expand(0, 1))];
        T[][] courses = [.. state.Select(_ => new T[steps * units])];
        for (var t = 0; t < steps; t++)
        {
            state = cell.Run(x.Slice(t, 1), state);
            for (var k = 0; k < courses.Length; k++) state[k].ToArray().CopyTo(courses[k], t * units);
        }
        return [.. courses.Select((values, k) => KeyValuePair.Create(cell.States[k], Tensor.From<T>(values, [steps, units])))];
    }

    /// <summary>The cell with the parameters of now.</summary>
    internal abstract PreparedCell<T> PreparedCell();

    /// <summary>Samples as the cell takes them, standardised. Shape: [batch, steps × channels] → [steps, batch, channels].</summary>
    public Tensor<T> Sequence(Tensor<T> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var (steps, channels) = (Options.Format.Steps, Options.Format.Channels);
        if (inputs.Shape.Rank != 2 || inputs.Shape[1] != steps * channels)
            throw new ShapeException(
                $"SequenceModel: `inputs` is {inputs.Shape} but must be [batch, {steps * channels}]; give samples of the size it was made for.");
        var batch = inputs.Shape[0];
        Tensor<T> x;
        if (channels == 1)
        {
            x = inputs.Transpose();
            if (Order is not null) x = x.GatherRows(Order);
        }
        else
        {
            var rows = Exchanged(batch, steps);
            if (Order is not null)
                for (var i = 0; i < rows.Length; i++) rows[i] = i % batch * steps + Order[i / batch];
            x = inputs.Reshape([batch * steps, channels]).GatherRows(rows);
        }
        x = x.Reshape([steps, batch, channels]);
        return Options.Inputs is { } own ? (x - Row(x, own.Mean)) / Row(x, own.Scale) : x;
    }

    // Rows of [outer, inner, …] in the order of [inner, outer, …].
    private protected static int[] Exchanged(int outer, int inner)
    {
        var rows = new int[outer * inner];
        for (var i = 0; i < rows.Length; i++) rows[i] = i % outer * inner + i / outer;
        return rows;
    }

    private protected static Tensor<T> Row(Tensor<T> beside, IReadOnlyList<double> values) => beside.Constant([.. values.Select(T.CreateTruncating)], [values.Count]);

    private protected int[]? Order { get; }

    private protected abstract Device Device { get; }

    private protected abstract Tensor<T> Outputs(Tensor<T> inputs, ReadOnlySpan<int> lengths);

    sealed class Creation(SequenceOptions options, ulong seed, Device device) : ICellProgram<T, SequenceModel<T>>
    {
        public SequenceModel<T> Run<P, C>(CellFactory<P, C, T> create)
            where P : IParameters<P, T>
            where C : IParameters<C, T>
        {
            var init = new Initializer<T>(seed, device);
            var made = create(new(options.Units, options.Format.Channels, options.Format.Steps), options.AllSettings, init,
                new Initializer<T>(seed, device, StateStream));
            return new SequenceModel<P, C, T>(options, made,
                new(options.Kind.Prefix, made.Parameters, Linear<T>.Create(options.Seen, options.Format.Outputs, init)));
        }
    }
}

/// <summary>
/// A recurrent cell that sees a sample step by step, and a linear head that reads it: after the last step, at each, or in the mean. The paper's sequence
/// classifier (Table 2) is one of these: ORGaNICs that see an image pixel by pixel.
/// </summary>
/// <typeparam name="P">The cell's parameters.</typeparam>
/// <typeparam name="C">What a step uses of them.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
public sealed class SequenceModel<P, C, T> : SequenceModel<T>, IModel<SequenceParameters<P, T>, T>
    where P : IParameters<P, T>
    where C : IParameters<C, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly Loss _loss;
    readonly IReadOnlyList<string>? _initialNames;

    /// <summary>A model of a cell, with given parameters.</summary>
    /// <param name="options">What it is made of.</param>
    /// <param name="cell">The cell, and its state before the first step.</param>
    /// <param name="parameters">Updated in place by training.</param>
    /// <exception cref="ArgumentException">The options make no sense.</exception>
    public SequenceModel(SequenceOptions options, NewCell<P, C, T> cell, SequenceParameters<P, T> parameters) : base(options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(cell);
        ArgumentNullException.ThrowIfNull(parameters);
        Check(options);
        if (cell.State.Count != cell.Cell.States.Count || cell.State.Any(s => s.Shape != [options.Units]))
            throw new ShapeException($"SequenceModel: the first state must be {string.Join(", ", cell.Cell.States)}, each [{options.Units}].");
        (Cell, Parameters, Initial, _initialNames) = (cell.Cell, parameters, cell.State, cell.StateNames);
        _loss = options.Targets is { } own ? Loss.SquaredErrorIn(own.Scale) : Loss.For(options.Format.Target);
    }

    /// <inheritdoc/>
    public SequenceParameters<P, T> Parameters { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<KeyValuePair<string, Tensor<T>>> Tensors => [.. Parameters.List()];

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor<T>> Initial { get; }

    /// <summary>The cell.</summary>
    public IRecurrentCell<P, C, T> Cell { get; }

    /// <inheritdoc/>
    public override StreamingCell<T> Stream() => Cell.Stream(Cell.Prepare(Parameters.Cell), Initial)
        ?? throw new NotSupportedException($"A {Cell.GetType().Name} has no streaming form; write its equations as an ICellFormula.");

    internal override PreparedCell<T> PreparedCell() => new PreparedCell<P, C, T>(Cell, Parameters.Cell);

    private protected override Device Device => Parameters.Head.Weight.Device;

    /// <inheritdoc/>
    public override void Take(SafeTensors file)
    {
        Checkpoint.Unpack<SequenceParameters<P, T>, T>(Parameters, file, convert: true);
        if (_initialNames is { } names) Checkpoint.Unpack<FirstState, T>(new(names, Initial), file, convert: true);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SafeTensor> Constants =>
        _initialNames is { } names
            ? [
                SafeTensor.From<T>("org.sigma", [Options.Units], [.. Enumerable.Repeat(T.CreateTruncating(OrganicsKind.SigmaOf(Options.AllSettings)), Options.Units)]),
                .. Checkpoint.Pack<FirstState, T>(new(names, Initial)),
            ]
            : [];

    sealed record FirstState(IReadOnlyList<string> Names, IReadOnlyList<Tensor<T>> States) : IParameters<FirstState, T>
    {
        public FirstState Map(Func<string, Tensor<T>, Tensor<T>> f) => new(Names, [.. States.Select((s, i) => f(Names[i], s))]);
    }

    /// <inheritdoc/>
    public Evaluated<T> Evaluate(SequenceParameters<P, T> parameters, Tensor<T> inputs, SampleBatch<T> batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var outputs = Outputs(parameters, inputs, batch.HasLengths ? batch.Lengths : default);
        return new(_loss.Of(outputs, batch), outputs);
    }

    private protected override Tensor<T> Outputs(Tensor<T> inputs, ReadOnlySpan<int> lengths) => Outputs(Parameters, inputs, lengths);

    /// <summary>Logits or numbers. Shape: inputs [batch, steps × channels] → [batch, outputs] or, at each step, [batch × steps, outputs].</summary>
    /// <param name="parameters">The model's own record, or the watched one.</param>
    /// <param name="inputs">Sample by sample, step by step.</param>
    /// <param name="lengths">Steps of each sample; empty where each has all.</param>
    public Tensor<T> Outputs(SequenceParameters<P, T> parameters, Tensor<T> inputs, ReadOnlySpan<int> lengths)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var x = Behind(Sequence(inputs), lengths);
        var outputs = parameters.Head.Forward(Seen(Cell.Prepare(parameters.Cell), x, lengths));
        return Options.Targets is { } own ? outputs * Row(outputs, own.Scale) + Row(outputs, own.Mean) : outputs;
    }

    // Steps behind a sample's length show 0, whatever fills them up: standardised, it would be far from what was trained on, and what is no number would
    // spread.
    Tensor<T> Behind(Tensor<T> x, ReadOnlySpan<int> lengths)
    {
        var (steps, batch) = (x.Shape[0], x.Shape[1]);
        if (AreWhole(lengths, steps)) return x;
        if (Order is not null)
            throw new ArgumentException(
                "The model's steps come in an order of their own, which needs all of them, but a sample is shorter; give samples of one length.");
        var isShown = new T[steps * batch];
        for (var i = 0; i < batch; i++)
            for (var t = 0; t < lengths[i]; t++) isShown[t * batch + i] = T.One;
        return Tensor<T>.Select(x.Constant(isShown, [steps, batch, 1]), x, x.Constant([T.Zero], [1]));
    }

    static bool AreWhole(ReadOnlySpan<int> lengths, int steps) => !lengths.ContainsAnyExcept(steps);

    // What the head reads. Shape [batch, seen], or [batch × steps, seen].
    Tensor<T> Seen(C coefficients, Tensor<T> x, ReadOnlySpan<int> lengths)
    {
        var (steps, batch) = (x.Shape[0], x.Shape[1]);
        if (Options.ReadOut == ReadOut.Last && AreWhole(lengths, steps)) return WithRates(Cell.Run(coefficients, x, First(x), Memory)[0]);
        var course = WithRates(Cell.Course(coefficients, x, First(x), Memory).Shown);
        switch (Options.ReadOut)
        {
            case ReadOut.Last:
                var last = new int[batch];
                for (var i = 0; i < batch; i++) last[i] = (lengths[i] - 1) * batch + i;
                return course.Reshape([steps * batch, Options.Seen]).GatherRows(last);
            case ReadOut.EveryStep:
                return course.Reshape([steps * batch, Options.Seen]).GatherRows(Exchanged(steps, batch));
            default:
                if (lengths.IsEmpty) return course.Mean(0);
                var shares = new T[steps * batch];
                for (var i = 0; i < batch; i++)
                    for (var t = 0; t < lengths[i]; t++) shares[t * batch + i] = T.One / T.CreateTruncating(lengths[i]);
                return (course * course.Constant(shares, [steps, batch, 1])).Sum(0);
        }
    }

    Tensor<T> WithRates(Tensor<T> y) => Options.Rates ? Tensor<T>.Concat(y.Shape.Rank - 1, y, y.RectifiedSquare()) : y;

    // In the workspace of the inputs, where memory is taken from the pool.
    Tensor<T>[] First(Tensor<T> x)
    {
        var batch = x.Shape[1];
        return [.. Initial.Select(s => (x.Workspace is { } w ? w.From(s) : s).Expand(0, batch))];
    }

    /// <inheritdoc/>
    public string? Explain(SequenceParameters<P, T> parameters, Tensor<T> inputs)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        using var workspace = new Workspace<T>(Device);
        var x = Sequence(workspace.From(inputs));
        var coefficients = Cell.Prepare(parameters.Cell).Map((_, t) => t.Keep());
        IReadOnlyList<Tensor<T>> state = [.. First(x).Select(s => s.Keep())];
        var kept = x.Keep();
        for (var t = 0; t < Options.Format.Steps; t++)
        {
            workspace.Reset();
            state = [.. Cell.Run(coefficients, workspace.From(kept.Slice(t, 1)), state, Memory).Select(s => s.Keep())];
            for (var i = 0; i < state.Count; i++)
            {
                var values = state[i].ToArray();
                var at = Array.FindIndex(values, v => !T.IsFinite(v));
                if (at >= 0)
                    return $"time step {t + 1} of {Options.Format.Steps}, where {Cell.States[i]} of sample {at / Options.Units}, neuron {at % Options.Units}, "
                        + $"becomes {values[at]}";
            }
        }
        return null;
    }
}
