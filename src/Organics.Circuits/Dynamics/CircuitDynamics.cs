namespace Organics;

/// <summary>The circuit as a system of ordinary differential equations.</summary>
public static class CircuitDynamics
{
    /// <summary>
    /// The time derivatives at any state, a &lt; 0 included (Eq. 15; Eq. 3 when Wr = I; both follow from Eq. 1):
    /// <para>τ_y ẏ = −y + g + (1 − √⌊a⌋)⊙(Wr·y),  τ_a ȧ = −a + c + W·(⌊a⌋⊙y²).</para>
    /// </summary>
    /// <param name="circuit">The circuit.</param>
    /// <param name="y">Principal activity, n elements.</param>
    /// <param name="a">Modulator activity, n elements.</param>
    /// <param name="dydt">Out: ẏ, n elements; must not overlap an input.</param>
    /// <param name="dadt">Out: ȧ, n elements; must not overlap an input.</param>
    /// <exception cref="ArgumentException">A span does not have n elements.</exception>
    public static void Rate(Circuit circuit, ReadOnlySpan<double> y, ReadOnlySpan<double> a, Span<double> dydt, Span<double> dadt)
    {
        var n = circuit.N;
        CircuitShape.Check(n, y.Length, nameof(y));
        CircuitShape.Check(n, a.Length, nameof(a));
        CircuitShape.Check(n, dydt.Length, nameof(dydt));
        CircuitShape.Check(n, dadt.Length, nameof(dadt));
        // dydt holds ⌊a⌋⊙y² until W has used it.
        for (var i = 0; i < n; i++) dydt[i] = Math.Max(a[i], 0) * y[i] * y[i];
        Gemv.Multiply(circuit.W, dydt, dadt);
        Gemv.Multiply(circuit.Wr, y, dydt);
        for (var i = 0; i < n; i++)
        {
            dydt[i] = (circuit.Drive[i] - y[i] + (1 - Math.Sqrt(Math.Max(a[i], 0))) * dydt[i]) / circuit.TauY[i];
            dadt[i] = (circuit.C[i] - a[i] + dadt[i]) / circuit.TauA[i];
        }
    }
}

/// <summary>One sentence for every span of the wrong length.</summary>
static class CircuitShape
{
    public static void Check(int expected, int length, string name)
    {
        if (length != expected) throw new ArgumentException($"{name} has {length} elements; this circuit asks for {expected}.", name);
    }
}
