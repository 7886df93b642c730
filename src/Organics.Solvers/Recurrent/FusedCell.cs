using System.Numerics;

namespace Organics;

/// <summary>
/// A recurrent cell from its equations for one neuron (<see cref="ICellFormula{T}"/>): over a sequence it runs as one program, on the CPU or a GPU, and a step
/// by itself in tape ops.
/// </summary>
/// <typeparam name="P">Its trained parameters.</typeparam>
/// <typeparam name="C">What a step uses of them, under the names of the layout.</typeparam>
/// <typeparam name="F">The equations.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="formula">The equations.</param>
/// <exception cref="ArgumentException">They do not keep to their layout: a number is read before it is set, or is not set at all.</exception>
public abstract class FusedCell<P, C, F, T>(F formula) : IRecurrentCell<P, C, T>
    where P : IParameters<P, T>
    where C : IParameters<C, T>
    where F : unmanaged, ICellFormula<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The equations.</summary>
    public F Formula { get; } = CellCheck.Of<T, F>(formula);

    /// <summary>Parts of the state, each [batch, n].</summary>
    public IReadOnlyList<string> States { get; } = formula.Layout.States;

    /// <inheritdoc/>
    public abstract C Prepare(P parameters);

    /// <inheritdoc/>
    public virtual IRecurrentCell<P, C, T>? WithStep(double factor) => null;

    /// <summary>The state after one step, in tape ops: matrix products, and of the formula one op for each of its operations. This is the form against which the
    /// program is tested.</summary>
    /// <inheritdoc/>
    public IReadOnlyList<Tensor<T>> Step(C coefficients, Tensor<T> x, IReadOnlyList<Tensor<T>> state)
    {
        ArgumentNullException.ThrowIfNull(coefficients);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(state);
        var layout = Formula.Layout;
        CheckCount(state);
        var named = coefficients.List().ToDictionary(c => c.Key, c => c.Value);
        Tensor<T> Named(string name) => named.TryGetValue(name, out var found) ? found : throw CellPlan.Missing(name, named.Keys);
        var step = new TapeStep<T>(
            x.Device, [.. state], new Tensor<T>[layout.Products.Count], [.. layout.Coefficients.Select(name => Named(name))], new Tensor<T>[layout.States.Count],
            new Tensor<T>[layout.Sources.Count]);
        Formula.Sources<TapeReal<T>, TapeStep<T>>(step);
        var slots = layout.States.Zip(step.State).Concat(layout.Sources.Zip(step.Sources)).Append((CellLayout.Input, x)).ToDictionary(s => s.Item1, s => s.Item2);
        for (var round = 0; round < layout.Rounds; round++)
        {
            for (var i = 0; i < layout.Products.Count; i++)
            {
                var product = layout.Products[i];
                if (product.Round != round) continue;
                // x first, as the program sums.
                var sum = product.Terms.OrderBy(t => t.Source != CellLayout.Input).Select(t => slots[t.Source].MatMul(Named(t.Weights), transposeOther: true))
                    .Aggregate((a, b) => a + b);
                if (product.Bias is { } bias) sum += Named(bias);
                step.Products[i] = product.Activation switch { Activation.Sigmoid => sum.Sigmoid(), Activation.Tanh => sum.Tanh(), _ => sum };
            }
            Formula.Step<TapeReal<T>, TapeStep<T>>(round, step);
            for (var i = 0; i < step.After.Length; i++)
                if (step.After[i] is { } set) slots[layout.States[i] + "'"] = set;
        }
        return step.After;
    }

    /// <summary>The state after a sequence, by one op whose program keeps a sample on one thread from its first step to its last.</summary>
    /// <inheritdoc cref="IRecurrentCell{P, C, T}.Run"/>
    public IReadOnlyList<Tensor<T>> Run(C coefficients, Tensor<T> x, IReadOnlyList<Tensor<T>> state, SequenceMemory memory)
    {
        var after = Apply(coefficients, x, state, memory, course: false);
        return [.. Enumerable.Range(0, state.Count).Select(i => after[i])];
    }

    /// <summary>The first part of the state after every step, and the state after the last one, by the same op as <see cref="Run"/>.</summary>
    /// <inheritdoc cref="IRecurrentCell{P, C, T}.Course"/>
    public CellCourse<T> Course(C coefficients, Tensor<T> x, IReadOnlyList<Tensor<T>> state, SequenceMemory memory)
    {
        var after = Apply(coefficients, x, state, memory, course: true);
        return new(after.Slice(state.Count, after.Shape[0] - state.Count), [.. Enumerable.Range(0, state.Count).Select(i => after[i])]);
    }

    void CheckCount(IReadOnlyList<Tensor<T>> state)
    {
        if (state.Count != States.Count)
            throw new ShapeException($"Sequence: {state.Count} states were given, but the cell has {string.Join(", ", States)}; give one tensor for each.");
    }

    Tensor<T> Apply(C coefficients, Tensor<T> x, IReadOnlyList<Tensor<T>> state, SequenceMemory memory, bool course)
    {
        ArgumentNullException.ThrowIfNull(coefficients);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(state);
        CheckCount(state);
        var named = coefficients.List();
        return SequenceOp.For<T, F>(Formula, [.. named.Select(c => c.Key)], memory, course).Apply([.. named.Select(c => c.Value), x, .. state]);
    }

    /// <inheritdoc/>
    public IReadOnlyList<R> Formulas<R>(C coefficients, ICellFormulaProgram<T, R> program)
    {
        ArgumentNullException.ThrowIfNull(coefficients);
        ArgumentNullException.ThrowIfNull(program);
        return [program.Run(Formula, coefficients.List())];
    }

    /// <summary>The cell as a component that takes its inputs one by one.</summary>
    /// <param name="coefficients">From <see cref="Prepare"/>; their values are copied.</param>
    /// <param name="initial">The state before the first step, each part of shape [n]; copied.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public StreamingCell<T> Stream(C coefficients, IReadOnlyList<Tensor<T>> initial)
    {
        ArgumentNullException.ThrowIfNull(coefficients);
        ArgumentNullException.ThrowIfNull(initial);
        return StreamingCell<T>.Of(Formula, coefficients.List(), initial);
    }
}

/// <summary>The numbers of a step as tensors: all neurons and samples at once.</summary>
readonly struct TapeStep<T>(Device device, Tensor<T>[] state, Tensor<T>[] products, Tensor<T>[] coefficients, Tensor<T>[] after, Tensor<T>[] sources)
    : ICellForward<TapeReal<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public Tensor<T>[] State => state;

    public Tensor<T>[] Products => products;

    public Tensor<T>[] After => after;

    public Tensor<T>[] Sources => sources;

    TapeReal<T> ICellForward<TapeReal<T>>.State(int i) => new(state[i]);

    public TapeReal<T> Product(int i) => new(products[i]);

    public TapeReal<T> Coefficient(int i) => new(coefficients[i]);

    TapeReal<T> ICellForward<TapeReal<T>>.After(int i) => new(after[i]);

    public void SetAfter(int i, TapeReal<T> value) => after[i] = value.On(device);

    public void SetSource(int i, TapeReal<T> value) => sources[i] = value.On(device);
}
