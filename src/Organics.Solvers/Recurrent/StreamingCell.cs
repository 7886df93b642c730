using System.Numerics;

namespace Organics;

/// <summary>
/// A recurrent cell as a component: one sample, one step at a time, without allocation. Not for use by several threads at a time.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public abstract class StreamingCell<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly T[] _initial;
    readonly string _states;

    private protected StreamingCell(IReadOnlyList<string> states, int units, int inputs, T[] initial)
        => (_states, Units, Inputs, StateLength, _initial) = (string.Join(", ", states), units, inputs, states.Count * units, initial);

    internal static StreamingCell<T> Of<F>(F formula, IReadOnlyList<KeyValuePair<string, Tensor<T>>> coefficients, IReadOnlyList<Tensor<T>> initial)
        where F : unmanaged, ICellFormula<T>
    {
        var layout = formula.Layout;
        var plan = new CellPlan(layout, [.. coefficients.Select(c => c.Key)]);
        var n = initial.Count > 0 ? initial[0].Length : 0;
        if (initial.Count != layout.States.Count || initial.Any(s => s.Shape != [n]))
            throw new ShapeException($"StreamingCell: `initial` must be {string.Join(", ", layout.States)}, each of one shape [units].");
        var input = layout.Products.SelectMany(p => p.Terms).First(t => t.Source == CellLayout.Input).Weights;
        var d = coefficients.First(c => c.Key == input).Value.Shape[^1];
        for (var i = 0; i < coefficients.Count; i++)
            if (coefficients[i].Value.Shape != plan.ShapeOf(i, n, d))
                throw new ShapeException(
                    $"StreamingCell: `{coefficients[i].Key}` is {coefficients[i].Value.Shape} but must be {plan.ShapeOf(i, n, d)} with {n} units and {d} inputs.");
        return VectorWidth.Open(new Creation<F>(formula, plan, layout.States, n, d, coefficients, initial));
    }

    sealed class Creation<F>(
        F formula, CellPlan plan, IReadOnlyList<string> states, int units, int inputs, IReadOnlyList<KeyValuePair<string, Tensor<T>>> coefficients,
        IReadOnlyList<Tensor<T>> initial) : ISimdProgram<T, StreamingCell<T>>
        where F : unmanaged, ICellFormula<T>
    {
        public StreamingCell<T> Run<S>() where S : unmanaged, ISimdReal<S, T>
            => new StreamingCell<T, S, F>(formula, plan, states, units, inputs, coefficients, initial);
    }

    /// <summary>Numbers n in each part of the state.</summary>
    public int Units { get; }

    /// <summary>Inputs d.</summary>
    public int Inputs { get; }

    /// <summary>Numbers in the whole state.</summary>
    public int StateLength { get; }

    /// <summary>Back to the first state.</summary>
    public void Reset() => Restore(_initial);

    /// <summary>Takes one step.</summary>
    /// <param name="x">Inputs, d elements.</param>
    /// <param name="y">Out: the first part of the state after the step, n elements.</param>
    /// <exception cref="ShapeException">A length does not fit.</exception>
    public void Step(ReadOnlySpan<T> x, Span<T> y)
    {
        if (x.Length != Inputs) throw new ShapeException($"StreamingCell: `x` holds {x.Length} values; give one for each of the {Inputs} inputs.");
        if (y.Length != Units) throw new ShapeException($"StreamingCell: `y` holds {y.Length} values; give room for the {Units} neurons.");
        Advance(x, y);
    }

    /// <summary>Copies the whole state, part after part.</summary>
    /// <param name="state"><see cref="StateLength"/> elements.</param>
    /// <exception cref="ShapeException">The length does not fit.</exception>
    public void CopyState(Span<T> state)
    {
        Check(state.Length);
        Copy(state);
    }

    /// <summary>Goes on from a state that <see cref="CopyState"/> gave.</summary>
    /// <param name="state"><see cref="StateLength"/> elements.</param>
    /// <exception cref="ShapeException">The length does not fit.</exception>
    public void Restore(ReadOnlySpan<T> state)
    {
        Check(state.Length);
        Put(state);
    }

    void Check(int length)
    {
        if (length != StateLength)
            throw new ShapeException($"StreamingCell: a state holds {length} values where {_states} of {Units} neurons are {StateLength}; give a span of that length.");
    }

    private protected abstract void Advance(ReadOnlySpan<T> x, Span<T> y);

    private protected abstract void Copy(Span<T> state);

    private protected abstract void Put(ReadOnlySpan<T> state);
}

/// <summary>The program with the vectors of this machine.</summary>
sealed class StreamingCell<T, S, F> : StreamingCell<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where S : struct, ISimdReal<S, T>
    where F : unmanaged, ICellFormula<T>
{
    readonly SequenceProgram<T, S, F> _program;
    readonly T[] _weights, _slabs;
    int _current;

    public StreamingCell(
        F formula, CellPlan plan, IReadOnlyList<string> states, int units, int inputs, IReadOnlyList<KeyValuePair<string, Tensor<T>>> coefficients,
        IReadOnlyList<Tensor<T>> initial) : base(states, units, inputs, [.. initial.SelectMany(s => s.ToArray())])
    {
        _program = new(formula, plan, units, inputs);
        _weights = new T[_program.WeightsLength];
        _slabs = new T[_program.SlabsLength(rows: 1, steps: 1)];
        using var workspace = new Workspace<T>();
        _program.Pack([.. coefficients.Select(c => workspace.From(c.Value).View)], _weights);
        Reset();
    }

    private protected override void Advance(ReadOnlySpan<T> x, Span<T> y)
    {
        var next = _program.Slab(_slabs, 1 - _current, 1);
        _program.Step(_weights, x, _program.Slab(_slabs, _current, 1), next, 1);
        _current = 1 - _current;
        _program.Store(next, 0, y, 1);
    }

    private protected override void Copy(Span<T> state)
    {
        for (var k = 0; k * Units < state.Length; k++) _program.Store(_program.Slab(_slabs, _current, 1), k, state.Slice(k * Units, Units), 1);
    }

    private protected override void Put(ReadOnlySpan<T> state)
    {
        var slab = _program.Slab(_slabs, _current, 1);
        slab.Clear();
        for (var k = 0; k * Units < state.Length; k++) _program.Put(state.Slice(k * Units, Units), k, slab, 1);
        _program.Begin(slab, 1);
    }
}
