using System.Numerics;
using System.Runtime.CompilerServices;
using Organics;
using Organics.Formulas;

namespace OrganicsCell;

/// <summary>What one neuron does: a unit that adapts to its own activity, y ← tanh(Vx + Wy + b) − u, u ← u + ρ⊙(y − u) of the new y.</summary>
/// <remarks>From this text come the program over whole sequences, its gradient, kernels on a GPU, and a stream of single samples.</remarks>
public readonly struct AdaptiveFormula<T> : ICellFormula<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // The numbers of states, products and coefficients, in the order of the layout.
    const int Y = 0, U = 1, P = 0, Rate = 0;

    /// <summary>What neurons exchange: p = tanh(V·x + W·y + b). The first part of the state is what the read-out sees.</summary>
    public CellLayout Layout => new()
    {
        States = ["y", "u"],
        Products = [new("p", Activation.Tanh, "b", new CellTerm(CellLayout.Input, "V"), new CellTerm("y", "W"))],
        Coefficients = ["ρ"],
    };

    /// <summary>The new state from the old one and the products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct
    {
        var y = m.Product(P) - m.State(U);
        m.SetAfter(Y, y);
        m.SetAfter(U, V.Fma(m.Coefficient(Rate), y - m.State(U), m.State(U)));
    }

    /// <summary>Its vector–Jacobian product: from the cotangents of the new state to those of the old one, of the products and of the coefficients.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StepVjp<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct
    {
        V toU = m.AfterCotangent(U), rate = m.Coefficient(Rate);
        var toY = V.Fma(rate, toU, m.AfterCotangent(Y));
        m.SetProduct(P, toY);
        m.AddToState(U, toU - rate * toU - toY);
        m.AddToCoefficient(Rate, toU * (m.After(Y) - m.State(U)));
    }

    /// <summary>Nothing: all that products read is the input and the state.</summary>
    public void Sources<V, M>(M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct
    {
    }

    /// <summary>Nothing, likewise.</summary>
    public void SourcesVjp<V, M>(M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct
    {
    }
}

/// <summary>
/// The cell with its parameters: weights V [n, d] of the input and W [n, n] of the activity, biases b [n], and the rates of adaptation before a sigmoid [n].
/// </summary>
public static class AdaptiveCell
{
    // The fastest a unit adapts, per step.
    const double Fastest = 0.2;

    /// <summary>The cell; what is trained becomes what the formula calls it once a sequence.</summary>
    public static FormulaCell<AdaptiveFormula<T>, T> Create<T>() where T : unmanaged, IFloatingPointIeee754<T>
        => new(default, p => new(("V", p["V"]), ("W", p["W"]), ("b", p["b"]), ("ρ", p["rate"].Sigmoid() * Fastest)));

    /// <summary>Initial parameters for n units and d inputs.</summary>
    public static CellWeights<T> Draw<T>(int n, int d, ulong seed) where T : unmanaged, IFloatingPointIeee754<T> => new(
        ("V", Tensor.Normal<T>([n, d], seed, deviation: 1 / Math.Sqrt(d), stream: 0)),
        ("W", Tensor.Normal<T>([n, n], seed, deviation: 0.9 / Math.Sqrt(n), stream: 1)),
        ("b", Tensor.Zeros<T>([n])),
        ("rate", Tensor.Normal<T>([n], seed, stream: 2)));
}
