using System.Globalization;
using System.Numerics;

namespace Organics;

/// <summary>A number that a kind of cell may be set to.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value where none is given.</param>
/// <param name="Least">The least that makes sense.</param>
/// <param name="Most">The largest.</param>
public readonly record struct CellNumber(string Name, double Value, double Least, double Most = double.PositiveInfinity);

/// <summary>A kind of cell that is written as a formula (<see cref="ICellFormula{T}"/>) with parameters known by their names. Its state begins at 0.</summary>
public abstract class FormulaKind : CellKind
{
    /// <inheritdoc/>
    public override string Prefix => Name + ".";

    /// <summary>The parameters, in the order in which they are drawn.</summary>
    protected abstract IEnumerable<(string Name, int[] Shape)> Parameters(CellSize size);

    /// <summary>The numbers that it may be set to, with their values for sequences of so many steps.</summary>
    protected virtual IReadOnlyList<CellNumber> Numbers(int steps) => [];

    /// <summary>Draws a parameter; uniform within ±1/√n if not overridden, as PyTorch's recurrent cells are.</summary>
    protected virtual Tensor<T> Draw<T>(string name, Shape shape, CellSize size, IReadOnlyDictionary<string, double> numbers, Initializer<T> init)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(init);
        var bound = 1 / Math.Sqrt(size.Units);
        return init.Uniform(shape, -bound, bound);
    }

    /// <summary>The cell.</summary>
    protected abstract IRecurrentCell<CellWeights<T>, CellWeights<T>, T> Cell<T>(IReadOnlyDictionary<string, double> numbers) where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>The numbers with one of them, Δt, times a factor.</summary>
    protected static IReadOnlyDictionary<string, double> Times(IReadOnlyDictionary<string, double> numbers, string name, double factor)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        return new Dictionary<string, double>(numbers) { [name] = factor * numbers[name] };
    }

    /// <inheritdoc/>
    public sealed override IReadOnlyDictionary<string, string> Settings(int steps)
        => Numbers(steps).ToDictionary(n => n.Name, n => n.Value.ToString("R", CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public sealed override void Check(IReadOnlyDictionary<string, string> settings) => Read(settings);

    Dictionary<string, double> Read(IReadOnlyDictionary<string, string> settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return Numbers(steps: 1).ToDictionary(n => n.Name, n =>
            double.TryParse(settings[n.Name], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= n.Least && value <= n.Most && double.IsFinite(value)
                ? value
                : throw new FormatException(string.Create(CultureInfo.InvariantCulture,
                    $"{n.Name} of the cell {Name} is '{settings[n.Name]}', not a number {(double.IsFinite(n.Most) ? $"from {n.Least} to {n.Most}" : $"of {n.Least} or more")}.")));
    }

    /// <inheritdoc/>
    public sealed override IEnumerable<(string Name, int[] Shape)> Sizes(CellSize size) => Parameters(size);

    /// <inheritdoc/>
    public sealed override R Open<T, R>(ICellProgram<T, R> program)
    {
        ArgumentNullException.ThrowIfNull(program);
        return program.Run<CellWeights<T>, CellWeights<T>>(Create);
    }

    NewCell<CellWeights<T>, CellWeights<T>, T> Create<T>(CellSize size, IReadOnlyDictionary<string, string> settings, Initializer<T> init, Initializer<T> state)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var numbers = Read(settings);
        var cell = Cell<T>(numbers);
        return new(cell, new([.. Parameters(size).Select(p => (p.Name, Draw(p.Name, Shape.Of(p.Shape), size, numbers, init)))]),
            [.. cell.States.Select(_ => Tensor.Zeros<T>([size.Units], init.Device))]);
    }
}
