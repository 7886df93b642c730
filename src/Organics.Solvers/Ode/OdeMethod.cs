namespace Organics;

/// <summary>A one-step method for ẋ = f(t, x): a table of coefficients with a name. The values are in <see cref="RungeKutta"/> and <see cref="Rosenbrock"/>.</summary>
public abstract record OdeMethod
{
    private protected OdeMethod(string name, int order, int embeddedOrder, string citation) =>
        (Name, Order, EmbeddedOrder, Citation) = (name, order, embeddedOrder, citation);

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
