namespace Organics;

/// <summary>A named list of points: a curve, or eigenvalues as (Re, Im).</summary>
public sealed class PlotSeries
{
    /// <summary>Wraps the coordinates, without copying.</summary>
    /// <param name="name">The name in the legend.</param>
    /// <param name="x">Horizontal coordinates.</param>
    /// <param name="y">Vertical coordinates, as many; a NaN is a gap.</param>
    public PlotSeries(string name, ReadOnlyMemory<double> x, ReadOnlyMemory<double> y)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (x.Length != y.Length) throw new ArgumentException($"Series '{name}' has {x.Length} x and {y.Length} y; give each point both.", nameof(y));
        (Name, X, Y) = (name, x, y);
    }

    /// <summary>The name in the legend.</summary>
    public string Name { get; }

    /// <summary>Horizontal coordinates.</summary>
    public ReadOnlyMemory<double> X { get; }

    /// <summary>Vertical coordinates.</summary>
    public ReadOnlyMemory<double> Y { get; }

    /// <summary>Whether a curve is dashed.</summary>
    public bool IsDashed { get; init; }
}

/// <summary>A lower panel of a figure, over the same x.</summary>
/// <param name="Label">Name and unit of y.</param>
/// <param name="Series">Its curves: in the colours of those above, one by one; a single one in ink.</param>
public sealed record PlotStrip(string Label, IReadOnlyList<PlotSeries> Series);
