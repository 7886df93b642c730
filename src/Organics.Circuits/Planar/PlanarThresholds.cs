namespace Organics;

/// <summary>A parameter of a <see cref="PlanarCircuit"/> that may be varied.</summary>
public enum PlanarParameter
{
    /// <summary>Input drive z.</summary>
    Z,

    /// <summary>Modulator gain b0.</summary>
    B0,

    /// <summary>Semi-saturation constant σ.</summary>
    Sigma,

    /// <summary>Recurrent weight wr.</summary>
    Wr,

    /// <summary>Input gain b.</summary>
    B,
}

/// <summary>What happens at a threshold.</summary>
public enum PlanarThresholdKind
{
    /// <summary>A saddle and another fixed point meet and vanish: the astroid.</summary>
    Fold,

    /// <summary>With z = 0, the fixed point y = 0 becomes unstable and two others branch off: b0σ = θ.</summary>
    Pitchfork,

    /// <summary>The upper extra fixed point changes stability and a periodic orbit is born.</summary>
    Hopf,

    /// <summary>A fixed point goes to infinity; it may come back from the other side with another stability.</summary>
    Escape,

    /// <summary>In a rectified circuit, fixed points cross or meet on the border y = 0.</summary>
    Border,
}

/// <summary>A value of a parameter at which the number of fixed points, or of stable ones, changes.</summary>
/// <param name="Value">The value.</param>
/// <param name="Kind">What happens there.</param>
public readonly record struct PlanarThreshold(double Value, PlanarThresholdKind Kind);

/// <summary>
/// The thresholds of a <see cref="PlanarCircuit"/>: every value that can be one comes from a closed form (one scalar equation for folds in wr), and those stay
/// that separate different numbers of fixed points or of stable ones.
/// </summary>
static class PlanarThresholds
{
    public static PlanarThreshold[] Of(PlanarCircuit circuit, PlanarParameter parameter)
    {
        var signed = parameter is PlanarParameter.Z or PlanarParameter.Wr;
        var candidates = Candidates(circuit, parameter)
            .Where(t => double.IsFinite(t.Value) && (signed || t.Value > 0))
            .DistinctBy(t => t.Value).OrderBy(t => t.Value).ToArray();
        if (candidates.Length == 0) return [];

        // One sample of each interval between neighbours, and of the two outer ones.
        var (first, last) = (candidates[0].Value, candidates[^1].Value);
        double[] samples =
        [
            signed ? first - Math.Max(1, Math.Abs(first)) : first / 2,
            .. candidates.Zip(candidates.Skip(1), (u, v) => u.Value / 2 + v.Value / 2),
            signed ? last + Math.Max(1, Math.Abs(last)) : last * 2,
        ];
        var counts = Array.ConvertAll(samples, v => Count(circuit.With(parameter, v)));
        return [.. candidates.Where((_, i) => counts[i] != counts[i + 1])];
    }

    static (int All, int Stable) Count(PlanarCircuit circuit)
    {
        var points = circuit.FixedPoints();
        return (points.Length, points.Count(p => p.IsStable));
    }

    static IEnumerable<PlanarThreshold> Candidates(PlanarCircuit circuit, PlanarParameter parameter) => parameter switch
    {
        PlanarParameter.Z => OfDrive(circuit, Math.Sqrt(circuit.W) * circuit.B)
            .SelectMany(t => (PlanarThreshold[])[t, t with { Value = -t.Value }])
            .Append(new(0, PlanarThresholdKind.Border)),
        PlanarParameter.B => OfDrive(circuit, Math.Sqrt(circuit.W) * Math.Abs(circuit.Z)),
        PlanarParameter.B0 => OfFloor(circuit, circuit.Sigma),
        PlanarParameter.Sigma => OfFloor(circuit, circuit.B0),
        PlanarParameter.Wr => OfRecurrence(circuit).Append(new(0, PlanarThresholdKind.Escape)),
        _ => throw new ArgumentException($"{parameter} is not a parameter of a planar circuit; name one of {nameof(PlanarParameter)}.", nameof(parameter)),
    };

    /// <summary>Values of a factor of √w|bz|, given the product of the other factors.</summary>
    static IEnumerable<PlanarThreshold> OfDrive(PlanarCircuit circuit, double others)
    {
        if (others == 0) yield break;
        var (k, wr) = (circuit.B0 * circuit.Sigma, circuit.Wr);
        if (wr == 0) yield return new(1 / others, PlanarThresholdKind.Escape);
        else yield return new(AstroidSide(PlanarRoots.TwoThirds(wr - 1) - PlanarRoots.TwoThirds(wr * k), wr) / others, PlanarThresholdKind.Fold);
        if (wr <= 1) yield break;

        // At the Hopf point s²(θ − s) = cτ_y/(wr·τ_a), whatever the drive.
        var theta = circuit.Theta;
        foreach (var (t, complement) in Hump(k / theta * (k / theta) * (circuit.TauY / circuit.TauA) / (wr * theta)))
            yield return new((wr - 1) * complement * Math.Sqrt((1 - k / (theta * t)) * (1 + k / (theta * t))) / others, PlanarThresholdKind.Hopf);
    }

    /// <summary>Values of a factor of k = b0σ, given the other factor.</summary>
    static IEnumerable<PlanarThreshold> OfFloor(PlanarCircuit circuit, double other)
    {
        var (q, wr) = (Math.Sqrt(circuit.W) * Math.Abs(circuit.Drive), circuit.Wr);
        if (q == 0)
        {
            yield return new(circuit.Theta / other, WithoutDrive(circuit));
            yield break;
        }
        yield return new(AstroidSide(PlanarRoots.TwoThirds(wr - 1) - PlanarRoots.TwoThirds(q), wr) / (Math.Abs(wr) * other), PlanarThresholdKind.Fold);
        foreach (var (e, t) in HopfLeaks(circuit, q)) yield return new((wr - 1 - e) / wr * Math.Sqrt(t) / other, PlanarThresholdKind.Hopf);
    }

    static IEnumerable<PlanarThreshold> OfRecurrence(PlanarCircuit circuit)
    {
        var (q, k) = (Math.Sqrt(circuit.W) * Math.Abs(circuit.Drive), circuit.B0 * circuit.Sigma);
        if (q == 0)
        {
            yield return new(1 / (1 - k), WithoutDrive(circuit));
            yield break;
        }
        // In x = 1/|wr| the astroid is (k^⅔ + (qx)^⅔)^(3/2) = |1 ∓ x|. For wr > 1 it has a solution when k < 1. For wr < 0 the ratio of its sides rises
        // from k to √(k² + q²) at x = (q/k)² and falls to q; the falling part is the rising one with k and q exchanged and x inverted.
        if (k < 1) yield return new(1 / Crossing(k, q, -1, 1), PlanarThresholdKind.Fold);
        if (k * k + q * q > 1)
        {
            if (k < 1) yield return new(-1 / Crossing(k, q, 1, q / k * (q / k)), PlanarThresholdKind.Fold);
            if (q < 1) yield return new(-Crossing(q, k, 1, k / q * (k / q)), PlanarThresholdKind.Fold);
        }
        foreach (var (e, t) in HopfLeaks(circuit, q))
        {
            var s = k / Math.Sqrt(t);
            if (s < 1) yield return new((1 + e) / (1 - s), PlanarThresholdKind.Hopf);
        }
    }

    /// <summary>
    /// The values of e = −(1 − wr + wr·s) at which the trace of the Jacobian is zero, τ_a·e/τ_y = 1 − (q/e)² = c/a, with that ratio c/a.
    /// Neither wr nor k is in them.
    /// </summary>
    static IEnumerable<(double E, double Ratio)> HopfLeaks(PlanarCircuit circuit, double q)
    {
        var slowness = circuit.TauA / circuit.TauY;
        return Hump(slowness * q * (slowness * q)).Select(root => (root.T / slowness, root.T));
    }

    /// <summary>The x in (0, high) with (k^⅔ + (qx)^⅔)^(3/2) = 1 + sign·x.</summary>
    static double Crossing(double k, double q, double sign, double high) => MonotoneRoot.Of(x =>
    {
        var (floor, drive) = (PlanarRoots.TwoThirds(k), PlanarRoots.TwoThirds(q * x));
        return (1.5 * Math.Log(floor + drive) - Math.Log(1 + sign * x), drive / (floor + drive) - sign * x / (1 + sign * x));
    }, 0, high);

    /// <summary>difference^(3/2), where the astroid exists; not a number elsewhere.</summary>
    static double AstroidSide(double difference, double wr) => difference > 0 && wr is < 0 or > 1 ? difference * Math.Sqrt(difference) : double.NaN;

    static PlanarThresholdKind WithoutDrive(PlanarCircuit circuit)
        => circuit.W == 0 ? PlanarThresholdKind.Escape : circuit.Rectified ? PlanarThresholdKind.Border : PlanarThresholdKind.Pitchfork;

    /// <summary>The two roots t of t²(1 − t) = v in (0, 1), each with 1 − t, when v is less than the maximum 4/27; none otherwise.</summary>
    static IEnumerable<(double T, double Complement)> Hump(double v)
    {
        if (!(v < 4.0 / 27)) yield break;
        // t = (1 + 2cos φ)/3 with cos 3φ = 1 − 27v/2, written so that small roots keep their digits.
        var phi = Math.Asin(Math.Sqrt(27 * v) / 2) * (2.0 / 3);
        var small = 4.0 / 3 * Math.Sin(phi / 2) * Math.Sin(phi / 2 + Math.PI / 3);
        yield return (small, 1 - small);
        var complement = 4.0 / 3 * Math.Sin(phi / 2) * Math.Sin(phi / 2);
        yield return (1 - complement, complement);
    }
}
