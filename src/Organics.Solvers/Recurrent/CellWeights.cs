using System.Numerics;

namespace Organics;

/// <summary>Named tensors of a cell: its parameters, or what its layout names.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="tensors">Names and tensors, in order.</param>
public sealed class CellWeights<T>(params IReadOnlyList<(string Name, Tensor<T> Tensor)> tensors) : IParameters<CellWeights<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The tensor of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Tensor<T> this[string name]
    {
        get
        {
            foreach (var (own, tensor) in tensors)
                if (own == name) return tensor;
            throw new KeyNotFoundException($"There is no tensor '{name}' among {string.Join(", ", tensors.Select(t => t.Name))}; give one of these.");
        }
    }

    /// <inheritdoc/>
    public CellWeights<T> Map(Func<string, Tensor<T>, Tensor<T>> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new([.. tensors.Select(t => (t.Name, f(t.Name, t.Tensor)))]);
    }
}

/// <summary>A cell from its equations, with parameters known by their names.</summary>
/// <typeparam name="F">The equations.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="formula">The equations.</param>
/// <param name="prepare">What the layout names, derived from the parameters in tape ops, once a sequence.</param>
public sealed class FormulaCell<F, T>(F formula, Func<CellWeights<T>, CellWeights<T>> prepare) : FusedCell<CellWeights<T>, CellWeights<T>, F, T>(formula)
    where F : unmanaged, ICellFormula<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Makes the cell of steps so many times as long; null where the cell is no discretised ODE.</summary>
    public Func<double, IRecurrentCell<CellWeights<T>, CellWeights<T>, T>>? OtherStep { get; init; }

    /// <inheritdoc/>
    public override IRecurrentCell<CellWeights<T>, CellWeights<T>, T>? WithStep(double factor) => OtherStep?.Invoke(factor);

    /// <inheritdoc/>
    public override CellWeights<T> Prepare(CellWeights<T> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return prepare(parameters);
    }
}
