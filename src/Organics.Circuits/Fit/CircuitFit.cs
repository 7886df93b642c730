namespace Organics;

/// <summary>A parameter that is fitted.</summary>
/// <param name="Path">A path of <see cref="CircuitDescription"/>, or "gain": what rates ⌊y⌋² are multiplied by.</param>
/// <param name="Low">Its least value; −∞ for none.</param>
/// <param name="High">Its greatest.</param>
public sealed record FreeParameter(string Path, double Low, double High)
{
    /// <summary>The name of the factor of all rates.</summary>
    public const string Gain = "gain";

    static readonly string[] AlwaysPositive = ["b", "b0", "sigma", "tauY", "tauA"], PositiveForms = ["width", "tuning", "orientation"];

    /// <summary>Whether it has no meaning but above 0, so that its logarithm is fitted.</summary>
    public bool IsPositive { get; } = Low >= 0
        || Path == Gain || AlwaysPositive.Contains(Path.Split('.', '[')[0]) || PositiveForms.Contains(Path.Split('.')[^1]) || Path == "W.scale";
}

/// <summary>What a fit found of one parameter.</summary>
/// <param name="Path">Which.</param>
/// <param name="Value">Its value.</param>
/// <param name="StandardError">To first order, with the variance that the residuals show; NaN where the data say nothing of it by itself.</param>
/// <param name="IsAtBound">Whether a bound holds it there: it then has no error.</param>
public sealed record FittedParameter(string Path, double Value, double StandardError, bool IsAtBound)
{
    /// <summary>0 or ∞ where the data tell a parameter that is above 0 from no value down, or up, to there: one a hundred times smaller, or larger, fits as
    /// well. It then has no error, and its value no meaning but that. NaN otherwise.</summary>
    public double Limit { get; init; } = double.NaN;
}

/// <summary>A fit of a circuit to responses.</summary>
/// <param name="Parameters">What was fitted.</param>
/// <param name="Circuit">The description with these values.</param>
/// <param name="Gain">What rates are multiplied by.</param>
/// <param name="Correlations">Of the parameters' errors, m × m; NaN where there is no error.</param>
/// <param name="Rmse">The root of the mean squared residual, of what was fitted.</param>
/// <param name="R2">The part of the variance of what was measured that the fit explains; NaN where it does not vary.</param>
/// <param name="HeldOutRmse">The same of what was held out; NaN where nothing was.</param>
/// <param name="HeldOutR2">The same.</param>
/// <param name="Predicted">What the fit says of every row and column.</param>
/// <param name="IsHeldOut">Rows that were held out.</param>
/// <param name="Unstable">Rows at whose fixed point the fitted circuit is not known to be stable.</param>
/// <param name="Starts">How many starts came to rest, and how many of them at this fit, to a thousandth of its sum of squares.</param>
/// <param name="HasConverged">Whether the best came to rest.</param>
public sealed record CircuitFitResult(
    IReadOnlyList<FittedParameter> Parameters, CircuitDescription Circuit, double Gain, double[] Correlations, double Rmse, double R2, double HeldOutRmse,
        double HeldOutR2,
    IReadOnlyList<double[]> Predicted, IReadOnlyList<bool> IsHeldOut, int Unstable, (int Done, int Same) Starts, bool HasConverged);

/// <summary>
/// Fits parameters of a circuit to measured responses by least squares. The derivatives of a fixed point are implicit, dx/dp = −J⁻¹·∂f/∂p; those of a course
/// are of the steps of Runge's and Kutta's method themselves (discretise, then optimise). ∂f/∂p at a fixed state is a central difference, for a parameter may
/// enter through any form.
/// </summary>
public sealed class CircuitFit
{
    // Differences of ∂f/∂p, steps of a course within the shortest time constant, and the spread of starts by factors of e.
    const double Difference = 1e-5, StepsInTime = 20, Spread = 1.0;

    // A sum of squares of this part of that of the data is as good as 0.
    const double Rounding = 1e-16;

    // In the logarithm, a hundredfold; and the squared residuals, of the variance of one, by which a fit is told from another (two standard errors).
    const double Hundredfold = 4.605170185988092, Told = 4;

    readonly CircuitDescription _circuit;
    readonly ResponseData _data;
    readonly IReadOnlyList<FreeParameter> _free;
    readonly bool[] _heldOut;
    readonly double _gain, _spread;

    // Of courses, whose steps it sets: the shortest time constant of the description.
    readonly Lazy<double> _shortest;

    /// <summary>A fit; nothing is computed yet.</summary>
    /// <param name="circuit">What is not fitted, and where the fit begins.</param>
    /// <param name="data">What was measured.</param>
    /// <param name="free">What is fitted.</param>
    /// <param name="gain">What rates are multiplied by, or where the fit of it begins.</param>
    /// <param name="heldOut">Rows (of courses: whole trials) that are held out, as a part of all; 0 for none.</param>
    /// <param name="seed">Of the choice of these and of the starts.</param>
    /// <exception cref="ArgumentException">A path leads nowhere, a unit is not there, or there are fewer numbers than parameters.</exception>
    public CircuitFit(CircuitDescription circuit, ResponseData data, IReadOnlyList<FreeParameter> free, double gain = 1, double heldOut = 0, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(free);
        (_circuit, _data, _free, _gain, Seed) = (circuit, data, free, gain, seed);
        if (free.Count == 0) throw new ArgumentException("Nothing is free; name a parameter or more.", nameof(free));
        foreach (var parameter in free)
        {
            var value = parameter.Path == FreeParameter.Gain ? gain : circuit.Value(parameter.Path);
            if (parameter.IsPositive && !(value > 0)) throw new ArgumentException($"{parameter.Path} begins at {value}; begin above 0.", nameof(free));
            if (!(value >= parameter.Low && value <= parameter.High))
                throw new ArgumentException(
                    $"{parameter.Path} begins at {value}, outside of its bounds {parameter.Low} to {parameter.High}; begin within them.", nameof(free));
            if (data.Settings.Contains(parameter.Path)) throw new ArgumentException($"{parameter.Path} is set by the data; it cannot be fitted.", nameof(free));
            if (!data.IsCourse && parameter.Path.Split('.', '[')[0] is "tauY" or "tauA")
                throw new ArgumentException($"{parameter.Path} changes no fixed point; fit it to courses, with a column t.", nameof(free));
        }
        string[] paths = [.. data.Settings, .. free.Select(f => f.Path).Where(p => p != FreeParameter.Gain)];
        for (var k = 0; k < paths.Length; k++)
            for (var j = 0; j < k; j++) CircuitDescription.CheckApart(paths[j], paths[k]);
        if (free.Count(f => f.Path == FreeParameter.Gain) > 1) throw new ArgumentException("gain is to be fitted twice; name it once.", nameof(free));
        foreach (var path in data.Settings) _ = circuit.With(path, data.Rows[0].Settings[data.Settings.ToList().IndexOf(path)]);
        CheckRows();
        foreach (var column in data.Columns)
            if (column.Unit >= circuit.N)
                throw new ArgumentException($"The data measure {column.Name}, but the circuit has units 0 to {circuit.N - 1}.", nameof(data));
        _heldOut = HeldOut(heldOut);
        if (_heldOut.All(h => h))
            throw new ArgumentException(
                $"Of {data.Source} all {(data.IsCourse ? "trials" : $"{data.Rows.Count} rows")} would be held out, for {heldOut} of them leaves none to fit; "
                    + "hold out less.",
                nameof(heldOut));
        var count = data.Rows.Where((_, k) => !_heldOut[k]).Sum(r => r.Measured.Count(double.IsFinite));
        double[] measured = [.. data.Rows.SelectMany(r => r.Measured).Where(double.IsFinite)];
        var mean = measured.DefaultIfEmpty().Average();
        _spread = measured.Sum(x => (x - mean) * (x - mean));
        _shortest = new(() =>
        {
            var described = _circuit.Build();
            return Math.Min(described.TauY.ToArray().Min(), described.TauA.ToArray().Min());
        });
        if (count <= free.Count)
            throw new ArgumentException(
                $"Of {data.Source} {count} number{(count == 1 ? " is" : "s are")} left to fit {free.Count} parameter{(free.Count == 1 ? "" : "s")} by"
                + $"{(heldOut > 0 ? $", with {heldOut} of the rows held out" : "")}; more numbers than parameters are needed: give more rows, hold out less, "
                + "or fit fewer.",
                nameof(data));
    }

    /// <summary>Of starts and of what is held out.</summary>
    public ulong Seed { get; }

    // A row that makes no circuit where the fit begins makes none anywhere.
    void CheckRows()
    {
        HashSet<string> known = [];
        foreach (var row in _data.Rows.Where(r => known.Add(string.Join(' ', r.Settings))))
            try
            {
                _ = Built(_circuit, row);
            }
            catch (InvalidDataException error)
            {
                var set = string.Join(", ", _data.Settings.Zip(row.Settings, (path, x) => FormattableString.Invariant($"{path} = {x}")));
                throw new InvalidDataException($"{_data.Source} makes no circuit in line {row.Line}, {set}: {error.Message}", error);
            }
    }

    // Rows that belong together are held out together.
    bool[] HeldOut(double part)
    {
        var groups = _data.Rows.Select((r, k) => _data.IsCourse ? r.Trial : k).ToArray();
        double[] names = [.. groups.Distinct()];
        var chosen = new CounterRandom(Seed, 1).Permutation(names.Length).Take((int)Math.Round(part * names.Length)).Select(k => names[k]).ToHashSet();
        return [.. groups.Select(chosen.Contains)];
    }

    double[] Start(int start)
    {
        var random = new CounterRandom(Seed, 2);
        return [.. _free.Select((p, k) =>
        {
            var value = p.Path == FreeParameter.Gain ? _gain : _circuit.Value(p.Path);
            var away = start == 0 ? 0 : Spread * random.Normal((ulong)(start * _free.Count + k));
            return p.IsPositive ? Math.Log(Math.Clamp(value * Math.Exp(away), Math.Max(p.Low, double.Epsilon), p.High))
                : Math.Clamp(value + away * Math.Max(Math.Abs(value), 0.1), p.Low, p.High);
        })];
    }

    /// <summary>Fits from several starts and returns the best.</summary>
    /// <param name="starts">The first start is where the description is; the others are scattered around it.</param>
    /// <param name="threads">On how many threads; they change no result.</param>
    /// <param name="onProgress">Hears how many starts are done.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ArithmeticException">From no start was there a circuit with a fixed point for every row.</exception>
    public CircuitFitResult Run(int starts = 8, int threads = 1, Action<int>? onProgress = null, CancellationToken cancellation = default)
    {
        double[] low = [.. _free.Select(p => p.IsPositive ? p.Low > 0 ? Math.Log(p.Low) : double.NegativeInfinity : p.Low)];
        double[] high = [.. _free.Select(p => p.IsPositive ? Math.Log(p.High) : p.High)];
        var (results, done) = (new LeastSquaresResult?[starts], 0);
        Parallel.For(0, starts, new() { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, k =>
        {
            results[k] = LevenbergMarquardt.Minimize(x => Residuals(x, cancellation), Start(k), low, high);
            onProgress?.Invoke(Interlocked.Increment(ref done));
        });
        var best = results.Where(r => r is not null && double.IsFinite(r.SumOfSquares)).MinBy(r => r!.SumOfSquares)
            ?? throw new ArithmeticException(
                "From no start had the circuit a fixed point for every row of the data; begin elsewhere, or give narrower bounds.");
        return Describe(best, results.Count(r => r is not null),
            results.Count(r => r is not null && r.SumOfSquares <= best.SumOfSquares * 1.001 + Rounding * _spread), low, high);
    }

    (double[] Residuals, double[] Jacobian)? Residuals(double[] x, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (Predict(x, k => !_heldOut[k]) is not { } predicted) return null;
        var m = _free.Count;
        List<double> residuals = [], jacobian = [];
        for (var k = 0; k < _data.Rows.Count; k++)
            for (var c = 0; !_heldOut[k] && c < _data.Columns.Count; c++)
            {
                if (!double.IsFinite(_data.Rows[k].Measured[c])) continue;
                var (value, slopes) = Observed(predicted[k]!.Value, _data.Columns[c], x);
                residuals.Add(value - _data.Rows[k].Measured[c]);
                jacobian.AddRange(slopes);
                if (!double.IsFinite(value)) return null;
            }
        return jacobian.All(double.IsFinite) ? ([.. residuals], [.. jacobian]) : null;
    }

    double Value(int parameter, double x) => _free[parameter].IsPositive ? Math.Exp(x) : x;

    double GainOf(double[] x)
    {
        for (var k = 0; k < x.Length; k++)
            if (_free[k].Path == FreeParameter.Gain) return Value(k, x[k]);
        return _gain;
    }

    // A measured quantity, and its derivatives by the unknowns, for the state (y, a) with derivatives 2n × m.
    (double Value, double[] Slopes) Observed((double[] State, double[] Slopes) at, ResponseColumn column, double[] x)
    {
        var (m, y) = (_free.Count, at.State[column.Unit]);
        var gain = GainOf(x);
        var factor = column.IsRate ? 2 * gain * Math.Max(y, 0) : 1;
        double[] slopes = [.. Enumerable.Range(0, m).Select(k => factor * at.Slopes[column.Unit * m + k])];
        if (!column.IsRate) return (y, slopes);
        var rate = Math.Max(y, 0) * Math.Max(y, 0);
        for (var k = 0; k < m; k++)
            // Of its logarithm.
            if (_free[k].Path == FreeParameter.Gain) slopes[k] = gain * rate;
        return (gain * rate, slopes);
    }

    CircuitDescription Described(double[] x)
    {
        var circuit = _circuit;
        for (var k = 0; k < x.Length; k++)
            if (_free[k].Path != FreeParameter.Gain) circuit = circuit.With(_free[k].Path, Value(k, x[k]));
        return circuit;
    }

    Circuit Built(CircuitDescription circuit, ResponseRow row)
    {
        for (var s = 0; s < row.Settings.Length; s++) circuit = circuit.With(_data.Settings[s], row.Settings[s]);
        return circuit.Build();
    }

    // The state at each row and its derivatives by the unknowns; null where there is none.
    (double[] State, double[] Slopes)?[]? Predict(double[] x, Func<int, bool> isAsked)
    {
        var m = _free.Count;
        for (var k = 0; k < m; k++)
            if (!double.IsFinite(Value(k, x[k] + Difference)) || Value(k, x[k] - Difference) == 0) return null;
        var states = new (double[] State, double[] Slopes)?[_data.Rows.Count];
        try
        {
            var here = Described(x);
            (CircuitDescription More, CircuitDescription Less)[] beside = [.. Enumerable.Range(0, m).Select(k =>
            {
                CircuitDescription At(double away)
                {
                    var there = x.ToArray();
                    there[k] += away;
                    return Described(there);
                }

                return (At(Difference), At(-Difference));
            })];
            for (var k = 0; k < _data.Rows.Count; k++)
            {
                if (!isAsked(k)) continue;
                if (_data.IsCourse && k > 0 && _data.Rows[k].Trial == _data.Rows[k - 1].Trial && states[k - 1] is { } before)
                {
                    states[k] = Course(before, _data.Rows[k - 1], _data.Rows[k].Time - _data.Rows[k - 1].Time, here, beside);
                    continue;
                }
                if (Point(_data.Rows[k], here, beside) is not { } point) return null;
                states[k] = point;
            }
            return states;
        }
        catch (InvalidDataException)
        {
            // The unknowns make no circuit.
            return null;
        }
    }

    (double[] State, double[] Slopes)? Point(ResponseRow row, CircuitDescription here, (CircuitDescription More, CircuitDescription Less)[] beside)
    {
        var circuit = Built(here, row);
        var point = SteadyState.Of(circuit);
        if (point.Result.Status != SteadyStateStatus.Converged) point = SteadyState.StableOf(circuit);
        if (point.Result.Status != SteadyStateStatus.Converged || !point.A.All(a => a > 0)) return null;
        var (n2, m) = (2 * circuit.N, beside.Length);
        double[] state = [.. point.Y, .. point.A];
        var (jacobian, pivots, slopes, column) = (new double[n2 * n2], new int[n2], new double[n2 * m], new double[n2]);
        new CircuitSystem(circuit).Jacobian(0, state, jacobian);
        if (Lu.Factor<double>(jacobian, n2, pivots).IsSingular) return null;
        for (var k = 0; k < m; k++)
        {
            ByParameter(new(Built(beside[k].More, row)), new(Built(beside[k].Less, row)), state, column);
            for (var i = 0; i < n2; i++) column[i] = -column[i];
            Lu.Solve<double>(jacobian, n2, pivots, column);
            for (var i = 0; i < n2; i++) slopes[i * m + k] = column[i];
        }
        return (state, slopes);
    }

    // ∂f/∂p by the unknown.
    static void ByParameter(CircuitSystem more, CircuitSystem less, double[] state, Span<double> result)
    {
        var other = new double[state.Length];
        more.Rate(0, state, result);
        less.Rate(0, state, other);
        for (var i = 0; i < other.Length; i++) result[i] = (result[i] - other[i]) / (2 * Difference);
    }

    // RK4 for the state and for the derivatives of its own steps.
    (double[] State, double[] Slopes) Course(
        (double[] State, double[] Slopes) start, ResponseRow row, double duration, CircuitDescription here,
            (CircuitDescription More, CircuitDescription Less)[] beside)
    {
        var circuit = Built(here, row);
        var system = new CircuitSystem(circuit);
        (CircuitSystem More, CircuitSystem Less)[] sides = [.. beside.Select(b
            => (new CircuitSystem(Built(b.More, row)), new CircuitSystem(Built(b.Less, row))))];
        // The number of steps follows from the description, not from the unknowns: the derivative would miss its jumps.
        var count = Math.Max(1, (int)Math.Ceiling(duration / _shortest.Value * StepsInTime));
        var (h, n2, m) = (duration / count, 2 * circuit.N, beside.Length);
        var (x, s) = (start.State.ToArray(), start.Slopes.ToArray());
        var (jacobian, column) = (new double[n2 * n2], new double[n2]);
        double[][] k = [new double[n2], new double[n2], new double[n2], new double[n2]],
            dk = [new double[n2 * m], new double[n2 * m], new double[n2 * m], new double[n2 * m]];
        var (at, slopes) = (new double[n2], new double[n2 * m]);
        for (var step = 0; step < count; step++)
        {
            for (var stage = 0; stage < 4; stage++)
            {
                var part = stage == 0 ? 0 : stage == 3 ? h : h / 2;
                for (var i = 0; i < n2; i++) at[i] = x[i] + (stage == 0 ? 0 : part * k[stage - 1][i]);
                for (var i = 0; i < n2 * m; i++) slopes[i] = s[i] + (stage == 0 ? 0 : part * dk[stage - 1][i]);
                system.Rate(0, at, k[stage]);
                system.Jacobian(0, at, jacobian);
                for (var p = 0; p < m; p++)
                {
                    ByParameter(sides[p].More, sides[p].Less, at, column);
                    for (var i = 0; i < n2; i++)
                    {
                        var sum = column[i];
                        for (var j = 0; j < n2; j++) sum += jacobian[i * n2 + j] * slopes[j * m + p];
                        dk[stage][i * m + p] = sum;
                    }
                }
            }
            for (var i = 0; i < n2; i++) x[i] += h / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
            for (var i = 0; i < n2 * m; i++) s[i] += h / 6 * (dk[0][i] + 2 * dk[1][i] + 2 * dk[2][i] + dk[3][i]);
        }
        return (x, s);
    }

    CircuitFitResult Describe(LeastSquaresResult best, int done, int same, double[] low, double[] high)
    {
        var (m, x) = (_free.Count, best.X);
        var predicted = Predict(x, _ => true);
        double[][] values = [.. _data.Rows.Select((_, k)
            => _data.Columns.Select(c => predicted?[k] is { } at ? Observed(at, c, x).Value : double.NaN).ToArray())];
        var (rmse, r2) = Error(values, false);
        var (heldOutRmse, heldOutR2) = Error(values, true);
        bool[] isAtBound = [.. Enumerable.Range(0, m).Select(k => x[k] <= low[k] || x[k] >= high[k])];
        double[] limits = [.. Enumerable.Range(0, m).Select(k => isAtBound[k] ? double.NaN : Limit(best, k, low[k], high[k]))];
        bool[] isTold = [.. limits.Select(double.IsNaN)];
        // One that the data do not tell moves the others none the less, and they are told the less for it; only where nothing moves with it is it held.
        var isHeld = isAtBound;
        var covariance = Free(best, isHeld).Covariance();
        if (!isTold.All(told => told) && !covariance.All(double.IsFinite))
        {
            isHeld = [.. isAtBound.Zip(isTold, (bound, told) => bound || !told)];
            covariance = Free(best, isHeld).Covariance();
        }
        var variance = best.SumOfSquares / (best.Residuals.Length - isHeld.Count(b => !b));
        int[] index = [.. Enumerable.Range(0, m).Select(k => isHeld[k] ? -1 : isHeld[..k].Count(b => !b))];
        var (size, errors, correlations) = (isHeld.Count(b => !b), new double[m], new double[m * m]);
        for (var k = 0; k < m; k++) errors[k] = index[k] < 0 || !isTold[k] ? double.NaN : Math.Sqrt(variance * covariance[index[k] * (size + 1)]);
        for (var p = 0; p < m; p++)
            for (var q = 0; q < m; q++)
                correlations[p * m + q] = index[p] < 0 || index[q] < 0 || !isTold[p] || !isTold[q] ? double.NaN
                    : covariance[index[p] * size + index[q]] / Math.Sqrt(covariance[index[p] * (size + 1)] * covariance[index[q] * (size + 1)]);
        var circuit = Described(x);
        var unstable = _data.Rows.Count(row => !StabilityReport.Of(Built(circuit, row)).IsStable);
        return new(
            // d exp(x) = exp(x)·dx.
            [.. _free.Select((p, k) => new FittedParameter(p.Path, Value(k, x[k]), errors[k] * (p.IsPositive ? Value(k, x[k]) : 1), isAtBound[k])
                { Limit = limits[k] })],
            circuit, GainOf(x), correlations, rmse, r2, heldOutRmse, heldOutR2, values, _heldOut, unstable, (done, same), best.HasConverged);
    }

    // Where a parameter above 0 may go without a residual that shows it: to 0 or to ∞; NaN where the data tell.
    double Limit(LeastSquaresResult best, int parameter, double low, double high)
    {
        if (!_free[parameter].IsPositive) return double.NaN;
        var noise = Told * best.SumOfSquares / Math.Max(1, best.Residuals.Length - _free.Count) + Rounding * _spread;
        foreach (var (away, limit) in (ReadOnlySpan<(double, double)>)[(-Hundredfold, 0), (Hundredfold, double.PositiveInfinity)])
        {
            var x = best.X.ToArray();
            x[parameter] += away;
            if (x[parameter] > low && x[parameter] < high && Residuals(x, default) is { } there && there.Residuals.Sum(r => r * r) <= best.SumOfSquares + noise)
                return limit;
        }
        return double.NaN;
    }

    // Without the columns of parameters that have no error.
    static LeastSquaresResult Free(LeastSquaresResult result, bool[] isHeld)
    {
        var m = isHeld.Length;
        return result with
        {
            X = [.. result.X.Where((_, k) => !isHeld[k])],
            Jacobian = [.. result.Jacobian.Where((_, k) => !isHeld[k % m])],
        };
    }

    (double Rmse, double R2) Error(double[][] values, bool ofHeldOut)
    {
        var pairs = _data.Rows.SelectMany((row, k)
            => row.Measured.Select((measured, c) => (Measured: measured, Said: values[k][c], IsIn: _heldOut[k] == ofHeldOut)))
            .Where(p => p.IsIn && double.IsFinite(p.Measured)).ToArray();
        if (pairs.Length == 0) return (double.NaN, double.NaN);
        var (mean, sum) = (pairs.Average(p => p.Measured), pairs.Sum(p => (p.Said - p.Measured) * (p.Said - p.Measured)));
        var variance = pairs.Sum(p => (p.Measured - mean) * (p.Measured - mean));
        // Of what does not vary no part is explained.
        return (Math.Sqrt(sum / pairs.Length), variance > 0 ? 1 - sum / variance : double.NaN);
    }
}
