namespace Organics;

/// <summary>What a search for circuits without a stable fixed point came to.</summary>
/// <param name="Restarts">Random starts that were tried.</param>
/// <param name="Circuits">Circuits examined, those on the way of the ascents included.</param>
/// <param name="LargestAbscissa">The largest spectral abscissa at the most stable fixed point of any circuit, in units of 1/τ.</param>
/// <param name="CounterExample">A circuit without a stable fixed point, as simple as it could be made; null where none was found.</param>
/// <param name="FoundAt">The restart that found it, or −1.</param>
public sealed record CounterExampleResult(int Restarts, int Circuits, double LargestAbscissa, Circuit? CounterExample, int FoundAt);

/// <summary>
/// Looks for circuits that have ‖z‖ &lt; 1 and a Wr of largest singular value at most 1, but no stable fixed point, against Conjecture 5.3: random restarts,
/// and from each the gradient ascent of the spectral abscissa. What it finds is made as small and as round as it stays a counter-example.
/// </summary>
public static class CounterExampleSearch
{
    const int AscentSteps = 40;
    const double FirstStep = 0.3, LeastStep = 1e-3;

    /// <summary>Searches circuits of n pairs.</summary>
    /// <param name="n">Pairs.</param>
    /// <param name="restarts">The most random starts; the search ends at the first counter-example. Each depends on the seed and its number alone.</param>
    /// <param name="hypothesis">What is asked of Wr besides its size.</param>
    /// <param name="seed">The same seed gives the same search.</param>
    /// <param name="onProgress">Hears how many restarts are done.</param>
    /// <param name="first">The number of the first restart.</param>
    /// <param name="cancellation">Gives up.</param>
    public static CounterExampleResult Run(
        int n, int restarts, RecurrenceHypothesis hypothesis, int seed, Action<int>? onProgress = null, int first = 0,
        CancellationToken cancellation = default)
    {
        var (examined, largest) = (0, double.NegativeInfinity);
        for (var restart = 0; restart < restarts; restart++)
        {
            cancellation.ThrowIfCancellationRequested();
            var random = StabilitySweep.Generator(seed, first + restart);
            var circuit = Shortened(RandomCircuits.Recurrent(n, 1, hypothesis, random), Math.Pow(random.NextDouble(), 1.0 / n) * (1 - 1e-12));
            for (var (step, length) = (0, FirstStep); step < AscentSteps; step++)
            {
                examined++;
                var found = StableSearch.Of(circuit, new());
                if (found.IsFixedPoint) largest = Math.Max(largest, found.Abscissa);
                if (found.Report.Verdict == StabilityVerdict.Unstable)
                    return new(restart + 1, examined, largest, Simplest(circuit, hypothesis), first + restart);
                if (Climb(circuit, hypothesis, found, ref length) is not { } next) break;
                circuit = next;
            }
            onProgress?.Invoke(restart + 1);
        }
        return new(restarts, examined, largest, null, -1);
    }

    /// <summary>One step along the gradient of the spectral abscissa, positive parameters in their logarithm, then back into the hypotheses; null where none
    /// climbs.</summary>
    static Circuit? Climb(Circuit circuit, RecurrenceHypothesis hypothesis, StableSearchResult from, ref double length)
    {
        SpectralAbscissaGradient gradient;
        try
        {
            gradient = SpectralAbscissaGradient.Of(circuit, from.Point);
        }
        catch (ArithmeticException)
        {
            return null;
        }
        double[] Scaled(double[] g, ReadOnlySpan<double> value)
        {
            var scaled = (double[])g.Clone();
            for (var i = 0; i < scaled.Length; i++) scaled[i] *= value[i];
            return scaled;
        }
        double[][] logarithmic =
            [Scaled(gradient.B, circuit.B), Scaled(gradient.B0, circuit.B0), Scaled(gradient.Sigma, circuit.Sigma), Scaled(gradient.W, circuit.W)];
        var norm = Math.Sqrt(logarithmic.Sum(g => g.Sum(v => v * v)) + gradient.Z.Sum(v => v * v) + gradient.Wr.Sum(v => v * v));
        if (!(norm > 0) || !double.IsFinite(norm)) return null;
        for (; length >= LeastStep; length /= 2)
        {
            var step = length / norm;
            double[] Multiplied(ReadOnlySpan<double> value, double[] g)
            {
                var moved = value.ToArray();
                for (var i = 0; i < moved.Length; i++) moved[i] *= Math.Exp(step * g[i]);
                return moved;
            }
            double[] Added(ReadOnlySpan<double> value, double[] g)
            {
                var moved = value.ToArray();
                for (var i = 0; i < moved.Length; i++) moved[i] += step * g[i];
                return moved;
            }
            var wr = Added(circuit.Wr, gradient.Wr);
            RandomCircuits.Satisfy(wr, circuit.N, 1, hypothesis, scaleUp: false);
            var z = Added(circuit.Z, gradient.Z);
            var size = Math.Sqrt(z.Sum(v => v * v));
            if (size >= 1)
                for (var i = 0; i < z.Length; i++) z[i] /= size * (1 + 1e-12);
            var next = new Circuit(z, Multiplied(circuit.B, logarithmic[0]), Multiplied(circuit.B0, logarithmic[1]), Multiplied(circuit.Sigma, logarithmic[2]),
                circuit.TauY, circuit.TauA, Multiplied(circuit.W, logarithmic[3]), wr);
            if (StabilitySweep.Examine(next, out var reached) == StabilityVerdict.Unstable || reached > from.Abscissa) return next;
        }
        return null;
    }

    /// <summary>Drops pairs, then rounds every number, as far as the circuit stays a counter-example to the hypothesis.</summary>
    static Circuit Simplest(Circuit circuit, RecurrenceHypothesis hypothesis)
    {
        // It must keep a fixed point that is surely unstable: one without any would be no less a counter-example, but says less.
        bool Stays(Circuit c) => Fits(c, hypothesis) && StabilitySweep.Examine(c, out _) == StabilityVerdict.Unstable;
        for (var i = circuit.N - 1; i >= 0 && circuit.N > 1; i--)
            if (circuit.Without(i) is var smaller && Stays(smaller)) circuit = smaller;
        // Ever more digits, until every number has as few as it can.
        var lists = Lists(circuit);
        foreach (var list in lists)
        {
            for (var i = 0; i < list.Length; i++)
            {
                var exact = list[i];
                foreach (var candidate in Rounder(exact))
                {
                    list[i] = candidate;
                    if (Of(lists) is { } rounder && Stays(rounder)) break;
                    list[i] = exact;
                }
            }
        }
        return Of(lists)!;
    }

    static IEnumerable<double> Rounder(double exact)
    {
        yield return Math.Sign(exact);
        if (exact == 0) yield break;
        yield return 0;
        var unit = Math.Pow(10, Math.Floor(Math.Log10(Math.Abs(exact))));
        for (var digits = 0; digits < 6; digits++)
        {
            var scaled = exact / unit * Math.Pow(10, digits);
            foreach (var whole in (double[])[Math.Round(scaled), Math.Floor(scaled), Math.Ceiling(scaled)])
                yield return double.Parse(
                    (whole / Math.Pow(10, digits) * unit).ToString("G10", System.Globalization.CultureInfo.InvariantCulture),
                    System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    static bool Fits(Circuit circuit, RecurrenceHypothesis hypothesis)
    {
        var n = circuit.N;
        var wr = circuit.Wr;
        double norm = 0;
        foreach (var v in circuit.Z) norm += v * v;
        return norm < 1 && SingularValues.Largest(wr, n) <= 1 + 1e-12 && hypothesis switch
        {
            RecurrenceHypothesis.NonNegative => !wr.ContainsAnyInRange(double.NegativeInfinity, -double.Epsilon),
            RecurrenceHypothesis.SemiDefinite => SingularValues.LeastOfSymmetricPart(wr, n) >= -1e-12,
            _ => true,
        };
    }

    static double[][] Lists(Circuit c)
        => [c.Wr.ToArray(), c.W.ToArray(), c.Sigma.ToArray(), c.B0.ToArray(), c.B.ToArray(), c.Z.ToArray(), c.TauY.ToArray(), c.TauA.ToArray()];

    static Circuit? Of(double[][] lists)
    {
        if (lists[2].Concat(lists[3]).Concat(lists[4]).Any(v => !(v > 0)) || lists[1].Any(v => v < 0) || lists[6].Concat(lists[7]).Any(v => !(v > 0)))
            return null;
        return new(lists[5], lists[4], lists[3], lists[2], lists[6], lists[7], lists[1], lists[0]);
    }

    // ‖z‖ uniform in the ball.
    static Circuit Shortened(Circuit c, double length)
        => new([.. c.Z.ToArray().Select(v => v * length)], c.B, c.B0, c.Sigma, c.TauY, c.TauA, c.W, c.Wr);
}
