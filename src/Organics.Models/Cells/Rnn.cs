using System.Numerics;
using System.Runtime.CompilerServices;

namespace Organics;

/// <summary>Elman's network (Cognitive Science 14, 1990): h ← tanh(Wx + Uh + b).</summary>
/// <typeparam name="T">float or double.</typeparam>
public readonly struct RnnFormula<T> : ICellFormula<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    const int H = 0, P = 0;

    /// <inheritdoc/>
    public CellLayout Layout => new()
    {
        States = ["h"],
        Products = [new("p", Activation.Tanh, "b", new CellTerm(CellLayout.Input, "W"), new CellTerm("h", "U"))],
    };

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct => m.SetAfter(H, m.Product(P));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StepVjp<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct => m.SetProduct(P, m.AfterCotangent(H));

    /// <inheritdoc/>
    public void Sources<V, M>(M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct
    {
    }

    /// <inheritdoc/>
    public void SourcesVjp<V, M>(M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct
    {
    }
}

/// <summary>Elman's network by its name, with parameters under PyTorch's.</summary>
public sealed class RnnKind : FormulaKind
{
    /// <inheritdoc/>
    public override string Name => "rnn";

    /// <inheritdoc/>
    public override string Description => "Elman's network (1990) with tanh as PyTorch has it.";

    /// <inheritdoc/>
    public override double LearningRate => 1e-3;

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, int[] Shape)> Parameters(CellSize size) =>
        [("weight_ih_l0", [size.Units, size.Channels]), ("weight_hh_l0", [size.Units, size.Units]), ("bias_ih_l0", [size.Units]), ("bias_hh_l0", [size.Units])];

    /// <inheritdoc/>
    protected override IRecurrentCell<CellWeights<T>, CellWeights<T>, T> Cell<T>(IReadOnlyDictionary<string, double> numbers)
        => new FormulaCell<RnnFormula<T>, T>(default, p => new(("W", p["weight_ih_l0"]), ("U", p["weight_hh_l0"]), ("b", p["bias_ih_l0"] + p["bias_hh_l0"])));
}
