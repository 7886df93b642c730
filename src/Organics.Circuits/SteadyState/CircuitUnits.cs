namespace Organics;

/// <summary>
/// The size that responses y have by themselves, η_j = 1/√(max_i w_ij), as a power of two: divided by it, W(y⊙y) is at most ‖y‖², however the caller measures
/// y. For y → D(α)y with z → D(α)z, W → W·D(1/α²) and Wr → D(α)·Wr·D(1/α) leaves a, σ, b, b0 and the time constants alone and is the same circuit, and η goes
/// with it. Searches and continuation measure y so, and compare log a as it is.
/// </summary>
static class CircuitUnits
{
    /// <summary>η of one circuit, or of several of a family: the least, so that nothing is overlooked; n elements.</summary>
    public static double[] Of(params ReadOnlySpan<Circuit> circuits)
    {
        var (n, drive) = (circuits[0].N, 0.0);
        var weight = new double[n];
        foreach (var circuit in circuits)
            for (var i = 0; i < n; i++)
            {
                drive = Math.Max(drive, Math.Abs(circuit.Drive[i]));
                for (var j = 0; j < n; j++) weight[j] = Math.Max(weight[j], circuit.W[i * n + j]);
            }
        // A unit that is in no pool has the units of the others; where nothing is normalized, y is as large as what drives it.
        var least = weight.Where(w => w > 0).DefaultIfEmpty(drive > 0 ? 1 / drive / drive : 1).Min();
        return [.. weight.Select(w => Math.ScaleB(1, (int)Math.Round(-Math.Log2(w > 0 ? w : least) / 2)))];
    }

    /// <summary>How far two states (y, a) are from one another: the largest difference of a y in its units, or of a log a.</summary>
    public static double Distance(ReadOnlySpan<double> state, ReadOnlySpan<double> other, double[] units)
    {
        var (n, largest) = (units.Length, 0.0);
        for (var i = 0; i < n; i++)
            largest = Math.Max(largest, Math.Max(Math.Abs(state[i] - other[i]) / units[i], Math.Abs(Math.Log(state[n + i] / other[n + i]))));
        return largest;
    }

    /// <summary>The same circuit with y, z, W and Wr in units of y: exact, for units are powers of two. Null where that leaves the range of double.</summary>
    public static Circuit? Scaled(Circuit circuit, double[] units)
    {
        var n = circuit.N;
        var (z, w, wr) = (circuit.Z.ToArray(), circuit.W.ToArray(), circuit.Wr.ToArray());
        for (var i = 0; i < n; i++)
        {
            z[i] /= units[i];
            for (var j = 0; j < n; j++)
            {
                w[i * n + j] *= units[j] * units[j];
                wr[i * n + j] *= units[j] / units[i];
            }
        }
        return z.All(double.IsFinite) && w.All(double.IsFinite) && wr.All(double.IsFinite)
            ? new(z, circuit.B, circuit.B0, circuit.Sigma, circuit.TauY, circuit.TauA, w, wr) : null;
    }
}
