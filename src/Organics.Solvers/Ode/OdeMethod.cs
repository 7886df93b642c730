using System.Collections.Immutable;

namespace Organics;

/// <summary>
/// A one-step method for ẋ = f(t, x): a table of coefficients with a name. The values are in <see cref="RungeKutta"/> and <see cref="Rosenbrock"/>, whose
/// constructors take a table of your own.
/// </summary>
public abstract record OdeMethod
{
    private protected OdeMethod(string name, int order, int embeddedOrder, string citation)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(citation);
        if (order < 1 || embeddedOrder < 0)
            throw new ArgumentException(
                $"{name}: orders {order} and {embeddedOrder} are claimed; a method has order 1 or more, and its embedded solution too, "
                + "or 0 where there is none.");
        (Name, Order, EmbeddedOrder, Citation) = (name, order, embeddedOrder, citation);
    }

    /// <summary>Refuses a table of another length, with a number that is not finite or, where it is s × s, with one on or above the diagonal.</summary>
    private protected static ImmutableArray<double> Table(string method, string name, ImmutableArray<double> values, int stages, bool isMatrix)
    {
        var expected = isMatrix ? stages * stages : stages;
        if (values.IsDefault || values.Length != expected)
            throw new ArgumentException(
                $"{method}: {name} has {(values.IsDefault ? 0 : values.Length)} coefficients, but with {stages} stages there are {expected}; give all, "
                + "row by row.");
        for (var i = 0; i < expected; i++)
        {
            if (!double.IsFinite(values[i])) throw new ArgumentException($"{method}: coefficient {i} of {name} is {values[i]}; it must be a finite number.");
            if (isMatrix && i % stages >= i / stages && values[i] != 0)
                throw new ArgumentException(
                    $"{method}: coefficient ({i / stages + 1}, {i % stages + 1}) of {name} is {values[i]}, but must be 0: a stage uses only those before it.");
        }
        return values;
    }

    /// <summary>Short name in lower case.</summary>
    public string Name { get; }

    /// <summary>Order p: halving the step divides the error at a given time by 2ᵖ.</summary>
    public int Order { get; }

    /// <summary>Order of the second solution whose difference to the first estimates the error of a step; 0 when there is none.</summary>
    public int EmbeddedOrder { get; }

    /// <summary>Where the coefficients come from.</summary>
    public string Citation { get; }

    internal abstract OdeStepper Stepper(IOdeSystem system);
}
