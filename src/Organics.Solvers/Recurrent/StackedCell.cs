using System.Numerics;

namespace Organics;

/// <summary>Parameters, or coefficients, of the layers of a stack, the lowest first.</summary>
/// <typeparam name="P">Of one layer.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Each">Of each layer.</param>
public sealed record Layers<P, T>(IReadOnlyList<P> Each) : IParameters<Layers<P, T>, T>
    where P : IParameters<P, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public Layers<P, T> Map(Func<string, Tensor<T>, Tensor<T>> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new([.. Each.Select((layer, k) => layer.Map((name, t) => f(Layers.NameIn(k, name), t)))]);
    }
}

/// <summary>How what belongs to a layer of a stack is called.</summary>
public static class Layers
{
    const string Lowest = "_l0";

    /// <summary>The name of something in a layer: in the lowest what it is by itself, in others with the layer's number, as PyTorch has it where names end in
    /// <c>_l0</c>, and else in front.</summary>
    /// <param name="layer">From 0, the lowest.</param>
    /// <param name="name">By itself.</param>
    public static string NameIn(int layer, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return layer == 0 ? name : name.EndsWith(Lowest, StringComparison.Ordinal) ? $"{name[..^1]}{layer}" : $"{layer}.{name}";
    }
}

/// <summary>
/// Layers of recurrent cells, one above the other: at every step each is shown the first part of the state that the layer below has just reached. Its state is
/// that of the layers, the highest first.
/// </summary>
/// <param name="layers">The layers, the lowest first; at least one.</param>
/// <inheritdoc cref="IRecurrentCell{P, C, T}"/>
public sealed class StackedCell<P, C, T>(IReadOnlyList<IRecurrentCell<P, C, T>> layers) : IRecurrentCell<Layers<P, T>, Layers<C, T>, T>
    where P : IParameters<P, T>
    where C : IParameters<C, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly int _parts = layers[0].States.Count;

    /// <inheritdoc/>
    public IReadOnlyList<string> States { get; } = [.. layers.Index().Reverse().SelectMany(layer => layer.Item.States.Select(name => $"{name}_l{layer.Index}"))];

    /// <inheritdoc/>
    public Layers<C, T> Prepare(Layers<P, T> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return new([.. layers.Zip(parameters.Each, (layer, p) => layer.Prepare(p))]);
    }

    /// <inheritdoc/>
    public IRecurrentCell<Layers<P, T>, Layers<C, T>, T>? WithStep(double factor)
    {
        var others = layers.Select(layer => layer.WithStep(factor)).ToArray();
        return others.Contains(null) ? null : new StackedCell<P, C, T>([.. others.Select(other => other!)]);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Tensor<T>> Step(Layers<C, T> coefficients, Tensor<T> x, IReadOnlyList<Tensor<T>> state)
    {
        ArgumentNullException.ThrowIfNull(coefficients);
        ArgumentNullException.ThrowIfNull(state);
        return Up(x, (k, shown) =>
        {
            var own = layers[k].Step(coefficients.Each[k], shown, Of(state, k));
            return (own[0], own);
        }).After;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Tensor<T>> Run(Layers<C, T> coefficients, Tensor<T> x, IReadOnlyList<Tensor<T>> state, SequenceMemory memory)
    {
        ArgumentNullException.ThrowIfNull(coefficients);
        ArgumentNullException.ThrowIfNull(state);
        // Nobody is shown the course of the highest.
        return Up(x, (k, shown) => k == layers.Count - 1 ? (shown, layers[k].Run(coefficients.Each[k], shown, Of(state, k), memory))
            : Shown(layers[k].Course(coefficients.Each[k], shown, Of(state, k), memory))).After;
    }

    /// <inheritdoc/>
    public CellCourse<T> Course(Layers<C, T> coefficients, Tensor<T> x, IReadOnlyList<Tensor<T>> state, SequenceMemory memory)
    {
        ArgumentNullException.ThrowIfNull(coefficients);
        ArgumentNullException.ThrowIfNull(state);
        var (course, after) = Up(x, (k, shown) => Shown(layers[k].Course(coefficients.Each[k], shown, Of(state, k), memory)));
        return new(course, after);
    }

    /// <inheritdoc/>
    public IReadOnlyList<R> Formulas<R>(Layers<C, T> coefficients, ICellFormulaProgram<T, R> program)
    {
        ArgumentNullException.ThrowIfNull(coefficients);
        R[] each = [.. layers.Zip(coefficients.Each).SelectMany(layer => layer.First.Formulas(layer.Second, program))];
        return each.Length == layers.Count ? each : [];
    }

    /// <inheritdoc/>
    public StreamingCell<T>? Stream(Layers<C, T> coefficients, IReadOnlyList<Tensor<T>> initial)
    {
        ArgumentNullException.ThrowIfNull(coefficients);
        ArgumentNullException.ThrowIfNull(initial);
        var streams = layers.Select((layer, k) => layer.Stream(coefficients.Each[k], Of(initial, k))).ToArray();
        return streams.Contains(null) ? null : new StackedStream<T>(States, [.. streams.Select(stream => stream!)]);
    }

    static (Tensor<T>, IReadOnlyList<Tensor<T>>) Shown(CellCourse<T> course) => (course.Shown, course.After);

    // From the lowest layer to the highest: what the last one shows, and the states of all, the highest first.
    (Tensor<T> Shown, IReadOnlyList<Tensor<T>> After) Up(Tensor<T> x, Func<int, Tensor<T>, (Tensor<T> Shown, IReadOnlyList<Tensor<T>> After)> layer)
    {
        var after = new List<Tensor<T>>();
        for (var k = 0; k < layers.Count; k++)
        {
            (x, var own) = layer(k, x);
            after.InsertRange(0, own);
        }
        return (x, after);
    }

    Tensor<T>[] Of(IReadOnlyList<Tensor<T>> state, int layer)
    {
        if (state.Count != States.Count)
            throw new ShapeException($"StackedCell: {state.Count} states were given, but the cell has {string.Join(", ", States)}; give one tensor for each.");
        return [.. state.Skip((layers.Count - 1 - layer) * _parts).Take(_parts)];
    }
}

/// <summary>A stack as a component: each layer is shown what the one below has just reached.</summary>
sealed class StackedStream<T> : StreamingCell<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly StreamingCell<T>[] _layers;
    readonly T[] _shown;

    public StackedStream(IReadOnlyList<string> states, StreamingCell<T>[] layers) : base(states, layers[^1].Units, layers[0].Inputs, Initial(layers))
        => (_layers, _shown) = (layers, new T[layers.Max(layer => layer.Units)]);

    static T[] Initial(StreamingCell<T>[] layers)
    {
        var initial = new T[layers.Sum(layer => layer.StateLength)];
        Each(layers, initial, static (layer, part) => layer.CopyState(part));
        return initial;
    }

    private protected override void Advance(ReadOnlySpan<T> x, Span<T> y)
    {
        for (var k = 0; k < _layers.Length; k++)
        {
            // A layer has read what it is shown before it writes.
            var to = k == _layers.Length - 1 ? y : _shown.AsSpan(0, _layers[k].Units);
            _layers[k].Step(k == 0 ? x : _shown.AsSpan(0, _layers[k - 1].Units), to);
        }
    }

    private protected override void Copy(Span<T> state) => Each(_layers, state, static (layer, part) => layer.CopyState(part));

    private protected override void Put(ReadOnlySpan<T> state)
    {
        foreach (var layer in _layers)
        {
            layer.Restore(state[^layer.StateLength..]);
            state = state[..^layer.StateLength];
        }
    }

    static void Each(StreamingCell<T>[] layers, Span<T> state, PartAction action)
    {
        foreach (var layer in layers)
        {
            action(layer, state[^layer.StateLength..]);
            state = state[..^layer.StateLength];
        }
    }

    delegate void PartAction(StreamingCell<T> layer, Span<T> part);
}
