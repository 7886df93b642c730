using System.Numerics;
using System.Runtime.CompilerServices;

namespace Organics;

/// <summary>
/// Gated recurrent unit (Cho et al., EMNLP 2014) with the reset after the product, as PyTorch has it:
/// <para>r, z = σ(Wx + b + Uh), ñ = tanh(Wx + b + r⊙(Uh + u)), h ← (1 − z)⊙ñ + z⊙h.</para>
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public readonly struct GruFormula<T> : ICellFormula<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    const int H = 0, Shown = 0, R = 1, Z = 2, Own = 3;

    /// <inheritdoc/>
    public CellLayout Layout => new()
    {
        States = ["h"],
        Products =
        [
            new("Wx + b", Activation.None, "bn", new CellTerm(CellLayout.Input, "Wn")),
            new("r", Activation.Sigmoid, "br", new CellTerm(CellLayout.Input, "Wr"), new CellTerm("h", "Ur")),
            new("z", Activation.Sigmoid, "bz", new CellTerm(CellLayout.Input, "Wz"), new CellTerm("h", "Uz")),
            new("Uh + u", Activation.None, "un", new CellTerm("h", "Un")),
        ],
    };

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct
    {
        var n = default(Tanh<T>).F(V.Fma(m.Product(R), m.Product(Own), m.Product(Shown)));
        m.SetAfter(H, V.Fma(m.Product(Z), m.State(H) - n, n));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StepVjp<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct
    {
        V r = m.Product(R), z = m.Product(Z), toH = m.AfterCotangent(H), n = default(Tanh<T>).F(V.Fma(r, m.Product(Own), m.Product(Shown)));
        var toN = toH * (V.One - z) * (V.One - n * n);
        m.SetProduct(Shown, toN);
        m.SetProduct(Own, toN * r);
        m.SetProduct(R, toN * m.Product(Own));
        m.SetProduct(Z, toH * (m.State(H) - n));
        m.AddToState(H, toH * z);
    }

    /// <inheritdoc/>
    public void Sources<V, M>(M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct
    {
    }

    /// <inheritdoc/>
    public void SourcesVjp<V, M>(M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct
    {
    }
}

/// <summary>The gated recurrent unit by its name, with parameters under PyTorch's: r, z, n lie one below the other.</summary>
public sealed class GruKind : FormulaKind
{
    /// <inheritdoc/>
    public override string Name => "gru";

    /// <inheritdoc/>
    public override string Description => "Gated recurrent unit (Cho et al. 2014) as PyTorch has it.";

    /// <inheritdoc/>
    public override double LearningRate => 5e-3;

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, int[] Shape)> Parameters(CellSize size) =>
        [("weight_ih_l0", [3 * size.Units, size.Channels]), ("weight_hh_l0", [3 * size.Units, size.Units]), ("bias_ih_l0", [3 * size.Units]), ("bias_hh_l0", [3 * size.Units])];

    /// <inheritdoc/>
    protected override IRecurrentCell<CellWeights<T>, CellWeights<T>, T> Cell<T>(IReadOnlyDictionary<string, double> numbers)
        => new FormulaCell<GruFormula<T>, T>(default, p =>
        {
            var n = p["weight_hh_l0"].Shape[1];
            Tensor<T> Gate(string name, int k) => p[name].Slice(k * n, n);
            // Of r and z only the sum of both biases matters.
            var both = p["bias_ih_l0"] + p["bias_hh_l0"];
            return new(
                ("Wr", Gate("weight_ih_l0", 0)), ("Wz", Gate("weight_ih_l0", 1)), ("Wn", Gate("weight_ih_l0", 2)),
                ("Ur", Gate("weight_hh_l0", 0)), ("Uz", Gate("weight_hh_l0", 1)), ("Un", Gate("weight_hh_l0", 2)),
                ("br", both.Slice(0, n)), ("bz", both.Slice(n, n)), ("bn", Gate("bias_ih_l0", 2)), ("un", Gate("bias_hh_l0", 2)));
        });
}
