using System.Numerics;
using System.Runtime.Intrinsics;

namespace Organics;

/// <summary>
/// The recurrent circuit as a component: one sample, one step at a time, without allocation. Not for use by several threads at a time.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed class StreamingCircuit<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly Stepper _stepper;
    readonly T[] _initial;

    /// <summary>A circuit at its first state.</summary>
    /// <param name="variant">Which rectifiers there are.</param>
    /// <param name="coefficients">From <see cref="RecurrentCircuit{T}.Prepare"/>; their values are copied.</param>
    /// <param name="initial">y, a, b0 and b before the first step, each of shape [n]; copied.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public StreamingCircuit(CircuitVariant variant, CircuitCoefficients<T> coefficients, IReadOnlyList<Tensor<T>> initial)
    {
        ArgumentNullException.ThrowIfNull(coefficients);
        ArgumentNullException.ThrowIfNull(initial);
        (Units, Inputs) = (coefficients.Wzx.Shape[0], coefficients.Wzx.Shape[1]);
        if (initial.Count != 4 || initial.Any(s => s.Shape != [Units]))
            throw new ShapeException($"StreamingCircuit: `initial` must be y, a, b0 and b, each [{Units}].");
        _stepper = Vector512.IsHardwareAccelerated ? new Stepper<Simd512<T>>(variant, coefficients) : new Stepper<Simd256<T>>(variant, coefficients);
        _initial = [.. initial.SelectMany(s => s.ToArray())];
        Reset();
    }

    /// <summary>Neuron pairs n.</summary>
    public int Units { get; }

    /// <summary>Inputs d.</summary>
    public int Inputs { get; }

    /// <summary>Back to the first state.</summary>
    public void Reset() => Restore(_initial);

    /// <summary>Takes one step.</summary>
    /// <param name="x">Inputs, d elements.</param>
    /// <param name="y">Out: principal activity after the step, n elements.</param>
    /// <exception cref="ShapeException">A length does not fit.</exception>
    public void Step(ReadOnlySpan<T> x, Span<T> y)
    {
        if (x.Length != Inputs) throw new ShapeException($"StreamingCircuit: `x` holds {x.Length} values; give one for each of the {Inputs} inputs.");
        if (y.Length != Units) throw new ShapeException($"StreamingCircuit: `y` holds {y.Length} values; give room for the {Units} neurons.");
        _stepper.Step(x, y);
    }

    /// <summary>Copies the whole state: y, a, b0 and b, one after the other.</summary>
    /// <param name="state">4n elements.</param>
    public void CopyState(Span<T> state)
    {
        Check(state.Length);
        _stepper.CopyState(state);
    }

    /// <summary>Goes on from a state that <see cref="CopyState"/> gave.</summary>
    /// <param name="state">4n elements.</param>
    public void Restore(ReadOnlySpan<T> state)
    {
        Check(state.Length);
        _stepper.Restore(state);
    }

    void Check(int length)
    {
        if (length != 4 * Units)
            throw new ShapeException(
                $"StreamingCircuit: a state holds {length} values where y, a, b0 and b of {Units} neurons are {4 * Units}; give a span of that length.");
    }

    /// <summary>The program with the vectors of this machine.</summary>
    abstract class Stepper
    {
        public abstract void Step(ReadOnlySpan<T> x, Span<T> y);

        public abstract void CopyState(Span<T> state);

        public abstract void Restore(ReadOnlySpan<T> state);
    }

    sealed class Stepper<S> : Stepper where S : struct, ISimdReal<S, T>
    {
        readonly SequenceProgram<T, S> _program;
        readonly T[] _weights, _slabs, _x;
        readonly int _n;
        int _current;

        public Stepper(CircuitVariant variant, CircuitCoefficients<T> coefficients)
        {
            _n = coefficients.Wzx.Shape[0];
            var d = coefficients.Wzx.Shape[1];
            _program = new(_n, d, variant);
            _weights = new T[_program.WeightsLength];
            _slabs = new T[_program.SlabsLength(rows: 1, steps: 1)];
            _x = new T[d];
            using var workspace = new Workspace<T>();
            _program.Pack([.. coefficients.List().Select(c => workspace.From(c.Value).View)], _weights);
        }

        public override void Step(ReadOnlySpan<T> x, Span<T> y)
        {
            x.CopyTo(_x);
            var next = _program.Slab(_slabs, 1 - _current, 1);
            _program.Step(_weights, _x, _program.Slab(_slabs, _current, 1), next, 1);
            _current = 1 - _current;
            next[.._n].CopyTo(y);
        }

        public override void CopyState(Span<T> state)
            => _program.Store(_program.Slab(_slabs, _current, 1), state[.._n], state.Slice(_n, _n), state.Slice(2 * _n, _n), state.Slice(3 * _n, _n), 1);

        public override void Restore(ReadOnlySpan<T> state)
            => _program.Load(state[.._n], state.Slice(_n, _n), state.Slice(2 * _n, _n), state.Slice(3 * _n, _n), _program.Slab(_slabs, _current, 1), 1);
    }
}
