namespace Organics;

/// <summary>The numbers of a circuit that certificates compare, with outward rounding.</summary>
static class PoolBounds
{
    /// <summary>|g_i| = b_i|z_i|.</summary>
    public static Interval Drive(Circuit circuit, int i) => (Interval)circuit.B[i] * Math.Abs(circuit.Z[i]);

    /// <summary>c_i = (b0_i σ_i)².</summary>
    public static Interval SemiSaturation(Circuit circuit, int i) => Interval.Square((Interval)circuit.B0[i] * circuit.Sigma[i]);

    /// <summary>(W g²)_i, exactly 0 where there is nothing to sum.</summary>
    public static Interval Pool(Circuit circuit, int i) => Pool(circuit, i, static _ => true);

    /// <summary>What some units bring to (W g²)_i.</summary>
    public static Interval Pool(Circuit circuit, int i, Func<int, bool> counts)
    {
        Interval pool = 0.0;
        for (var j = 0; j < circuit.N; j++)
            if (circuit.W[i * circuit.N + j] is var w and > 0 && circuit.Z[j] != 0 && counts(j)) pool += w * Interval.Square(Drive(circuit, j));
        return pool;
    }
}
