namespace Organics;

/// <summary>The fixed points of a family of circuits: every combination of the values of one or more parameters. What is measured at a point follows from its
/// circuit and, where <see cref="CircuitMeasure.Others"/> is measured, those of its neighbours, so that neither threads nor parts, nor the order in which they
/// are computed, change a number. Where a circuit has several stable fixed points it is the first that the search finds, and neighbours may differ in it;
/// <see cref="CircuitMeasure.Others"/> counts those that are known besides. Where the search finds none, it is the first that is known from a
/// neighbour.</summary>
public sealed class CircuitSweep
{
    const int Together = StabilityReport.GroupSize;

    // Of y in its units and of log a.
    const double Same = 1e-6;

    readonly string? _seed;

    /// <summary>A sweep; nothing is computed yet.</summary>
    /// <param name="circuit">What does not vary.</param>
    /// <param name="axes">What varies, the last the fastest; one or more.</param>
    /// <param name="measures">What is measured at each point; one or more.</param>
    /// <param name="draws">How many circuits of a random family are averaged at each point, 1 or more.</param>
    /// <param name="seed">The path of the number that is counted up from draw to draw; needed where there are several draws.</param>
    /// <exception cref="ArgumentException">An axis names no parameter of the circuit, or one is missing.</exception>
    public CircuitSweep(CircuitDescription circuit, IReadOnlyList<SweepAxis> axes, IReadOnlyList<CircuitMeasure> measures, int draws = 1, string? seed = null)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        ArgumentNullException.ThrowIfNull(axes);
        ArgumentNullException.ThrowIfNull(measures);
        ArgumentOutOfRangeException.ThrowIfLessThan(draws, 1);
        if (axes.Count == 0) throw new ArgumentException("Nothing varies; give one axis or more.", nameof(axes));
        if (measures.Count == 0) throw new ArgumentException("Nothing is measured; give one measure or more.", nameof(measures));
        if (draws > 1 && seed is null)
            throw new ArgumentException("Several draws need the path of a seed; without one they would be the same circuit.", nameof(seed));
        (Circuit, Axes, Measures, Draws, _seed) = (circuit, axes, measures, draws, seed);
        for (var k = 0; k < axes.Count; k++)
            for (var j = 0; j < k; j++) CircuitDescription.CheckApart(axes[j].Path, axes[k].Path);
        var count = 1L;
        foreach (var axis in axes)
        {
            // What cannot be set is said now.
            _ = circuit.With(axis.Path, axis.Values[0]);
            count *= axis.Values.Count;
        }
        if (seed is not null) _ = circuit.Value(seed);
        Count = count <= int.MaxValue ? (int)count
            : throw new ArgumentException($"{count} combinations are more than a sweep has, {int.MaxValue}; give fewer values.", nameof(axes));
        Columns = [.. axes.Select(a => a.Path), .. measures.SelectMany(m => m.Columns(circuit.N))];
    }

    /// <summary>What does not vary.</summary>
    public CircuitDescription Circuit { get; }

    /// <summary>What varies.</summary>
    public IReadOnlyList<SweepAxis> Axes { get; }

    /// <summary>What is measured.</summary>
    public IReadOnlyList<CircuitMeasure> Measures { get; }

    /// <summary>Circuits at each point.</summary>
    public int Draws { get; }

    /// <summary>The number of points.</summary>
    public int Count { get; }

    /// <summary>What the numbers of a point are: the parameters, then the measures.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The parameters at a point.</summary>
    public double[] Parameters(int point)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)point, (uint)Count, nameof(point));
        var values = new double[Axes.Count];
        for (var k = Axes.Count - 1; k >= 0; k--) (values[k], point) = (Axes[k].Values[point % Axes[k].Values.Count], point / Axes[k].Values.Count);
        return values;
    }

    /// <summary>The circuit at a point.</summary>
    /// <exception cref="InvalidDataException">There are values of which there is no circuit: the message names them.</exception>
    public Circuit CircuitAt(int point, int draw = 0)
    {
        var (circuit, values) = (Circuit, Parameters(point));
        for (var k = 0; k < values.Length; k++) circuit = circuit.With(Axes[k].Path, values[k]);
        if (_seed is not null && draw > 0) circuit = circuit.With(_seed, circuit.Value(_seed) + draw);
        return circuit.Build();
    }

    /// <summary>Computes some points: a row of <see cref="Columns"/> for each. Means over draws leave out those that have no number. Where
    /// <see cref="CircuitMeasure.Others"/> is measured, neighbours beyond them are found as well, and all are kept until the end.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many.</param>
    /// <param name="threads">On how many threads.</param>
    /// <param name="onProgress">Hears how many points are done, now and then.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InvalidDataException">There are values of which there is no circuit: the message names them.</exception>
    public double[][] Run(int first, int count, int threads, Action<int>? onProgress = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count - first);
        var rows = new double[count][];
        var others = Columns.ToList().IndexOf(CircuitMeasure.Others);
        int[] asked = [.. Enumerable.Range(first, count)];
        if (others >= 0) asked = [.. asked.Concat(asked.SelectMany(Neighbours)).Distinct().Order()];
        var (kept, group, done) = (new Dictionary<int, StableSearchResult[]>(), Math.Max(1, Together / Draws), 0);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        try
        {
            Parallel.For(0, (asked.Length + group - 1) / group, parallel, g =>
            {
                var points = asked.AsSpan(g * group, Math.Min(group, asked.Length - g * group)).ToArray();
                Circuit[] circuits = [.. points.SelectMany(p => Enumerable.Range(0, Draws).Select(draw => CircuitAt(p, draw)))];
                var found = Measures.All(m => m.IsOfPoint) && circuits.All(c => c.IsIdentityRecurrence)
                    ? [.. circuits.Select(OfTheorem)] : StableSearch.OfEach(circuits, new());
                for (var k = 0; k < points.Length; k++)
                {
                    var here = found.AsSpan(k * Draws, Draws);
                    if (IsIn(points[k])) rows[points[k] - first] = Row(points[k], circuits.AsSpan(k * Draws, Draws), here);
                    if (others < 0) continue;
                    lock (kept) kept[points[k]] = here.ToArray();
                }
                onProgress?.Invoke(Interlocked.Add(ref done, points.Count(IsIn)));
            });
            if (others >= 0) Parallel.For(0, count, parallel, p => rows[p] = AmongNeighbours(first + p, rows[p], others, kept));
        }
        catch (AggregateException error) when (error.InnerExceptions[0] is InvalidDataException wrong)
        {
            throw new InvalidDataException(wrong.Message, wrong);
        }
        return rows;

        bool IsIn(int point) => point >= first && point - first < count;
    }

    // The points that differ in one parameter, by one place.
    IEnumerable<int> Neighbours(int point)
    {
        for (var (k, stride) = (Axes.Count - 1, 1); k >= 0; stride *= Axes[k--].Values.Count)
        {
            var at = point / stride % Axes[k].Values.Count;
            if (at > 0) yield return point - stride;
            if (at + 1 < Axes[k].Values.Count) yield return point + stride;
        }
    }

    // The row of a point whose neighbours have been searched, too: where its own search found no stable fixed point, one that they know is measured instead;
    // how many they know of besides is counted, in the mean over draws.
    double[] AmongNeighbours(int point, double[] row, int others, Dictionary<int, StableSearchResult[]> found)
    {
        Circuit[] circuits = [.. Enumerable.Range(0, Draws).Select(draw => CircuitAt(point, draw))];
        var (here, count, isReplaced) = (found[point].ToArray(), 0, false);
        for (var draw = 0; draw < Draws; draw++)
        {
            if (circuits[draw].IsIdentityRecurrence) continue;
            var known = KnownToNeighbours(point, draw, circuits[draw], found);
            count += known.Count;
            if (here[draw].IsStable || known.Count == 0) continue;
            (here[draw], isReplaced) = (known[0], true);
            count--;
        }
        if (isReplaced) row = Row(point, circuits, here);
        row[others] = (double)count / Draws;
        return row;
    }

    // The stable fixed points that Newton's method reaches from those of the neighbours, but for that of the point itself.
    List<StableSearchResult> KnownToNeighbours(int point, int draw, Circuit circuit, Dictionary<int, StableSearchResult[]> found)
    {
        var (here, units) = (found[point][draw], CircuitUnits.Of(circuit));
        List<double[]> known = here.IsFixedPoint ? [[.. here.Point.Y, .. here.Point.A]] : [];
        List<StableSearchResult> stable = [];
        foreach (var neighbour in Neighbours(point).Select(p => found[p][draw]).Where(f => f.IsStable))
            if (CircuitEquilibria.Reached(circuit, neighbour.Point) is { } reached && known.All(k => CircuitUnits.Distance(k, reached, units) > Same))
            {
                known.Add(reached);
                var result = new SteadyStateResult(SteadyStateStatus.Converged, 0, 0, 0, SteadyStateMethod.Deflation);
                var solution = new SteadyStateSolution(reached[..circuit.N], reached[circuit.N..], result);
                var report = StabilityReport.Of(circuit, solution);
                if (report.IsStable) stable.Add(new(solution, report));
            }
        return stable;
    }

    // With Wr = I the fixed point is unique and stable (Theorems 4.1–4.3).
    static StableSearchResult OfTheorem(Circuit circuit)
    {
        var point = SteadyState.Of(circuit);
        var verdict = point.Result.Status == SteadyStateStatus.Converged ? StabilityVerdict.Stable : StabilityVerdict.Unknown;
        return new(point, new([], double.NaN, double.NaN, verdict, point.Result.Residual, double.NaN));
    }

    double[] Row(int point, ReadOnlySpan<Circuit> circuits, ReadOnlySpan<StableSearchResult> found)
    {
        var row = new List<double>(Parameters(point));
        foreach (var measure in Measures)
        {
            var (sums, counts) = (new double[measure.IsPerUnit ? Circuit.N : 1], new int[measure.IsPerUnit ? Circuit.N : 1]);
            for (var d = 0; d < circuits.Length; d++)
            {
                var values = measure.Of(circuits[d], found[d].Point, found[d].Report);
                for (var i = 0; i < values.Length; i++)
                    if (!double.IsNaN(values[i])) (sums[i], counts[i]) = (sums[i] + values[i], counts[i] + 1);
            }
            for (var i = 0; i < sums.Length; i++) row.Add(counts[i] == 0 ? double.NaN : sums[i] / counts[i]);
        }
        return [.. row];
    }
}
