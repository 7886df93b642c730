namespace Organics;

/// <summary>The samples of a search between two evaluations of f: what a <see cref="FixedPointMethod"/> sees. Each sample moves by itself; f is evaluated for
/// all at once.</summary>
/// <param name="count">How many samples there are.</param>
/// <param name="width">Elements of a sample, n.</param>
/// <param name="start">y0, count × n.</param>
/// <param name="map">Rounds its first argument to the precision of f and writes f of it into the second.</param>
/// <param name="jacobian">∂f/∂y of every sample at a state, count × n × n.</param>
/// <param name="relative">The relative tolerance.</param>
/// <param name="absolute">The absolute tolerance.</param>
/// <param name="epsilon">The rounding of f's precision.</param>
sealed class FixedPointBatch(
    int count, int width, double[] start, Action<double[], double[]> map, Func<double[], double[]> jacobian, double relative, double absolute, double epsilon)
{
    const int Recent = 5;

    readonly double[] _state = [.. start], _residual = new double[start.Length], _next = [.. start], _image = new double[start.Length];
    readonly double[] _best = [.. start], _bestResidual = new double[start.Length], _left = new double[width];
    string _method = "start";
    readonly Sample[] _samples = [.. Enumerable.Range(0, count).Select(_ => new Sample())];

    public int Count => count;

    public int Width => width;

    public double Epsilon => epsilon;

    /// <summary>The best states found, count × n.</summary>
    public double[] Best => _best;

    public bool AnyBusy => Array.Exists(_samples, s => s.IsBusy);

    public bool IsBusy(int sample) => _samples[sample].IsBusy;

    /// <summary>y of a sample.</summary>
    public ReadOnlySpan<double> State(int sample) => Part(_state, sample);

    /// <summary>f(y) − y of a sample.</summary>
    public ReadOnlySpan<double> Residual(int sample) => Part(_residual, sample);

    /// <summary>Where a sample goes next: y, to be changed.</summary>
    public Span<double> Next(int sample) => Part(_next, sample);

    /// <summary>∂f/∂y at the present states.</summary>
    public double[] Jacobian() => jacobian(_state);

    /// <summary>Takes the samples as far as the methods lead them, one method after the other.</summary>
    public void Run(IReadOnlyList<FixedPointMethod> methods, int maxIterations)
    {
        foreach (var sample in _samples) sample.IsBusy = true;
        Evaluate();
        SampleIndependence.Check("FixedPoint: f", map, _best, _image, count);
        foreach (var method in methods)
        {
            if (Array.TrueForAll(_samples, s => s.Status == FixedPointStatus.Converged)) return;
            for (var s = 0; s < count; s++)
            {
                var sample = _samples[s];
                if (sample.Status == FixedPointStatus.Converged || double.IsNaN(sample.BestSize)) continue;
                (sample.IsBusy, sample.Status) = (true, FixedPointStatus.IterationCap);
                sample.Forget();
                Part(_best, s).CopyTo(Part(_next, s));
            }
            // The residual of the best state may not be that of the last.
            Evaluate();
            _method = method.Name;
            method.Run(this, maxIterations);
            foreach (var sample in _samples) sample.IsBusy = false;
        }
    }

    /// <summary>Moves all busy samples to their next states, whatever the residual there.</summary>
    public void Step()
    {
        foreach (var sample in _samples)
            if (sample.IsBusy) sample.Iterations++;
        Evaluate();
    }

    /// <summary>Evaluates f at the next states of some samples and moves those whose residual there is accepted; the others' next states are their present ones
    /// again.</summary>
    /// <param name="which">The samples that are asked for.</param>
    /// <param name="accept">Whether a sample moves, from its number and its residuals before and after, both relative to the tolerances at the larger of both
    /// states; the latter is infinite where f is not finite, and 0 where the sample is done.</param>
    public void Try(bool[] which, Func<int, double, double, bool> accept)
    {
        for (var s = 0; s < count; s++)
            if (which[s]) _samples[s].Iterations++;
        Evaluate((s, before, after) => which[s] && accept(s, before, after));
    }

    /// <summary>f at the next states, which become the present ones again. Count × n.</summary>
    public double[] Probe()
    {
        map(_next, _image);
        _state.CopyTo(_next, 0);
        return _image;
    }

    /// <summary>Gives a sample up, for this method.</summary>
    public void Stop(int sample, FixedPointStatus status) => (_samples[sample].IsBusy, _samples[sample].Status) = (false, status);

    public FixedPointSample Outcome(int sample)
    {
        var s = _samples[sample];
        return new(s.Status, s.BestResidual, s.BestSize, s.Iterations, s.Method, s.Contraction);
    }

    // Without a question every busy sample moves to its next state.
    void Evaluate(Func<int, double, double, bool>? accept = null)
    {
        map(_next, _image);
        for (var s = 0; s < count; s++)
        {
            var sample = _samples[s];
            Span<double> y = Part(_state, s), next = Part(_next, s), residual = Part(_residual, s), image = Part(_image, s);
            if (!sample.IsBusy)
            {
                y.CopyTo(next);
                continue;
            }
            for (var i = 0; i < width; i++) _left[i] = image[i] - next[i];
            var (size, largest) = (Size(_left, next, next), Vectors.Largest(_left));
            // Where y_i = 0 and there is no absolute tolerance, the size is infinite and the values need not be.
            var isFinite = double.IsFinite(largest);
            var (before, after) = (Size(residual, y, next), isFinite ? Size(_left, y, next) : double.PositiveInfinity);
            if (accept is not null && !accept(s, before, size <= 1 ? 0 : after))
            {
                y.CopyTo(next);
                continue;
            }
            if (!isFinite)
            {
                (sample.IsBusy, sample.Status) = (false, FixedPointStatus.NotFinite);
                y.CopyTo(next);
                continue;
            }
            next.CopyTo(y);
            _left.CopyTo(residual);
            Span<double> best = Part(_best, s), bestResidual = Part(_bestResidual, s);
            if (double.IsNaN(sample.BestSize) || size <= 1 || Size(residual, y, best) < Size(bestResidual, y, best))
            {
                y.CopyTo(best);
                residual.CopyTo(bestResidual);
                sample.Found(size, largest, _method);
            }
            sample.Move(size, after / before);
        }
    }

    /// <summary>The largest element of a residual, relative to the tolerances at the larger of two states: by each state's own, one that runs off to infinity would
    /// come nearer and nearer.</summary>
    double Size(ReadOnlySpan<double> residual, ReadOnlySpan<double> y, ReadOnlySpan<double> other)
    {
        var size = 0.0;
        for (var i = 0; i < width; i++)
        {
            var r = Math.Abs(residual[i]);
            // A NaN is the worst there is.
            size = Math.Max(size, r == 0 ? 0 : r / (absolute + relative * Math.Max(Math.Abs(y[i]), Math.Abs(other[i]))));
        }
        return size;
    }

    Span<double> Part(double[] v, int sample) => v.AsSpan(sample * width, width);

    sealed class Sample
    {
        // The factors by which the last iterations changed the residual.
        readonly Queue<double> _recent = [];
        bool _isFirst = true;

        public bool IsBusy { get; set; }

        public FixedPointStatus Status { get; set; } = FixedPointStatus.NotFinite;

        public int Iterations { get; set; }

        public string Method { get; private set; } = "start";

        public double BestSize { get; private set; } = double.NaN;

        public double BestResidual { get; private set; } = double.NaN;

        public double Contraction => _recent.Count == 0 ? double.NaN : Math.Exp(_recent.Average(Math.Log));

        /// <summary>What comes next is no iteration, but the best state once more.</summary>
        public void Forget()
        {
            _recent.Clear();
            _isFirst = true;
        }

        public void Found(double size, double largest, string method) => (BestSize, BestResidual, Method) = (size, largest, method);

        public void Move(double size, double factor)
        {
            if (!_isFirst) _recent.Enqueue(factor);
            _isFirst = false;
            if (_recent.Count > Recent) _recent.Dequeue();
            Status = size <= 1 ? FixedPointStatus.Converged : FixedPointStatus.IterationCap;
            if (size <= 1) IsBusy = false;
        }
    }

    /// <summary>LU factors of I − ∂f/∂y of one sample; null where it is singular or not finite.</summary>
    /// <param name="jacobian">∂f/∂y, n × n, row-major.</param>
    /// <param name="n">Order.</param>
    public static (double[] Factors, int[] Pivots)? Factored(ReadOnlySpan<double> jacobian, int n)
    {
        var (matrix, pivots) = (new double[n * n], new int[n]);
        for (var i = 0; i < n * n; i++) matrix[i] = (i % (n + 1) == 0 ? 1 : 0) - jacobian[i];
        return Vectors.IsFinite(matrix) && !Lu.Factor<double>(matrix, n, pivots).IsSingular ? (matrix, pivots) : null;
    }
}
