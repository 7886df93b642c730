using System.Numerics;

namespace Organics;

/// <summary>A circuit with a trajectory that does not come to rest.</summary>
/// <param name="Trial">Which trial found it.</param>
/// <param name="Circuit">The circuit.</param>
/// <param name="Start">Where the trajectory starts: (y, a), 2n elements.</param>
/// <param name="Period">Of the limit cycle that it runs on; NaN where none was found, and the trajectory was only not at rest in the end.</param>
public sealed record RestlessCircuit(int Trial, Circuit Circuit, IReadOnlyList<double> Start, double Period);

/// <summary>How hard a search against global stability looked, and what it found.</summary>
/// <param name="Circuits">Circuits drawn.</param>
/// <param name="Covered">Those that <see cref="GlobalStability"/> proves globally stable; none of them was followed, or they alone were.</param>
/// <param name="Followed">Circuits of which trajectories were followed, those on the way of the ascents included.</param>
/// <param name="Trajectories">Trajectories followed.</param>
/// <param name="InBasin">Trajectories that entered the certified basin.</param>
/// <param name="Near">Trajectories that came within 10⁻⁴ of the fixed point, where the basin was smaller or not known.</param>
/// <param name="FollowedLonger">Trajectories that were not at rest after 60 times the time in which the slowest mode decays by e, or 20,000 steps.</param>
/// <param name="Unknown">Trajectories that neither came to rest nor could be followed to 10⁴ such times.</param>
/// <param name="Slowest">The longest time to come to rest, in that unit.</param>
/// <param name="AscentSteps">Circuits tried by the ascents.</param>
/// <param name="LeastDamping">The least damping ratio of a mode, among the circuits that were followed.</param>
/// <param name="CounterExamples">Every trajectory that does not come to rest, by trial.</param>
public sealed record GlobalSearchResult(
    int Circuits, int Covered, long Followed, long Trajectories, long InBasin, long Near, long FollowedLonger, long Unknown, double Slowest, long AscentSteps,
    double LeastDamping, IReadOnlyList<RestlessCircuit> CounterExamples);

/// <summary>
/// Looks for circuits with Wr = I whose fixed point does not attract every start, where <see cref="GlobalStability"/> does not decide. Trajectories start
/// decades away, at random or along the least damped mode. Some circuits are changed step by step so that they are ever less damped, and then so that they take
/// ever longer to come to rest. What an integration with an error of 10⁻⁴ a step finds at rest counts as that; only what it does not is followed more closely.
/// </summary>
public static class GlobalSearch
{
    const int Starts = 3, AscentEvery = 16, DampingSteps = 60, TimeSteps = 12;

    // Less damping than this and a trajectory costs seconds; parameters beyond these decades are no circuits of interest.
    const double LeastDamping = 0.01, MostDecades = 5;

    // Of the basin's θ and of what is near, in η and ln a.
    const double Theta = 0.9, Nearness = 1e-4;

    // Trials between two words of progress.
    const int Often = 64;

    /// <summary>Runs trials first … first + trials − 1, each of which depends on the seed and its number alone.</summary>
    /// <param name="n">Pairs.</param>
    /// <param name="trials">How many circuits to draw.</param>
    /// <param name="seed">The same seed gives the same search.</param>
    /// <param name="threads">How many threads, 1 or more; they change no result.</param>
    /// <param name="covered">Whether, as a trial of the theorem, the circuits that it covers are followed instead; there are no ascents then.</param>
    /// <param name="onProgress">Hears how many trials are done, now and then.</param>
    /// <param name="onFound">Hears of each circuit that is found, with its number within its trial, as soon as the trial is over; from one thread at a
    /// time.</param>
    /// <param name="first">The number of the first trial.</param>
    /// <param name="cancellation">Gives up.</param>
    public static GlobalSearchResult Run(
        int n, int trials, int seed, int threads, bool covered = false, Action<int>? onProgress = null, Action<RestlessCircuit, int>? onFound = null,
        int first = 0, CancellationToken cancellation = default)
    {
        var (total, gate, done) = (new Tally(), new Lock(), 0);
        Parallel.For(0, trials, new() { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, index =>
        {
            var (trial, tally) = (first + index, new Tally());
            Examine(n, trial, StabilitySweep.Generator(seed, trial), covered, tally, cancellation);
            int now;
            lock (gate)
            {
                total.Add(tally);
                for (var k = 0; k < tally.Examples.Count; k++) onFound?.Invoke(tally.Examples[k], k);
                now = ++done;
            }
            if (now % Often == 0 || now == trials) onProgress?.Invoke(now);
        });
        return new(trials, total.Covered, total.Followed, total.Trajectories, total.InBasin, total.Near, total.Longer, total.Unknown, total.Slowest,
            total.AscentSteps, total.LeastDamping, [.. total.Examples.OrderBy(e => e.Trial)]);
    }

    static void Examine(int n, int trial, Random random, bool covered, Tally tally, CancellationToken cancellation)
    {
        var circuit = PoolFamilies.Draw(trial % PoolFamilies.Count, n, random);
        var isCovered = GlobalStability.Of(circuit).Holds;
        tally.Covered += isCovered ? 1 : 0;
        if (isCovered != covered) return;
        Follow(new(circuit), trial, random, tally, isMarginal: false, cancellation);
        if (covered || trial / PoolFamilies.Count % AscentEvery != 0) return;
        // Towards a marginal spectrum, which costs no trajectory, and from there towards a long time.
        var linear = new Linear(circuit);
        for (var step = 0; step < DampingSteps; step++)
        {
            tally.AscentSteps++;
            if (Changed(circuit, random) is not { } next || GlobalStability.Of(next).Holds) continue;
            var changed = new Linear(next);
            if (changed.Damping < linear.Damping && changed.Damping >= LeastDamping) (circuit, linear) = (next, changed);
        }
        var slowest = Follow(linear, trial, random, tally, isMarginal: true, cancellation);
        for (var step = 0; step < TimeSteps; step++)
        {
            tally.AscentSteps++;
            if (Changed(circuit, random) is not { } next || GlobalStability.Of(next).Holds) continue;
            var changed = new Linear(next);
            if (!(changed.Damping >= LeastDamping)) continue;
            if (Follow(changed, trial, random, tally, isMarginal: true, cancellation) is var time && time > slowest) (circuit, slowest) = (next, time);
        }
    }

    /// <summary>Follows trajectories and returns the longest time to come to rest, infinite where one did not.</summary>
    static double Follow(Linear linear, int trial, Random random, Tally tally, bool isMarginal, CancellationToken cancellation)
    {
        var (circuit, n) = (linear.Circuit, linear.Circuit.N);
        var system = new MatchedSystem(circuit);
        var basin = CertifiedBasin.Of(circuit, Theta);
        var (y, a) = (new double[n], new double[n]);
        double slowest = 0;
        tally.Followed++;
        tally.LeastDamping = Math.Min(tally.LeastDamping, linear.Damping);
        for (var k = 0; k < Starts; k++)
        {
            var start = isMarginal && k > 0 ? linear.AlongMode(random) : Far(linear.Rest, random);
            var settling = Settling.Of(system, Distance, linear.Timescale, start, cancellation);
            system.Write(settling.End, y, a);
            tally.Add(settling, settling.Outcome == SettlingOutcome.AtRest && basin?.Contains(y, a) == true);
            slowest = Math.Max(slowest, settling.Outcome == SettlingOutcome.AtRest ? settling.Time : double.PositiveInfinity);
            if (settling.Outcome != SettlingOutcome.Restless) continue;
            system.Write(start, y, a);
            tally.Examples.Add(new(trial, circuit, [.. y, .. a], settling.Period));
        }
        return slowest;

        // Falls to 0 a little inside of the basin, so that rounding does not matter there, or where the trajectory is near.
        double Distance(double t, ReadOnlySpan<double> x)
        {
            double farthest = 0;
            for (var i = 0; i < x.Length; i++) farthest = Math.Max(farthest, Math.Abs(x[i] - linear.Rest[i]));
            var near = farthest / Nearness - 1;
            if (basin is null) return near;
            system.Write(x, y, a);
            return Math.Min(basin.Energy.Value(y, a) / basin.Level - 0.999, near);
        }
    }

    /// <summary>Up to three decades from the fixed point in y and a, all of either partly together; now and then a y of the wrong sign.</summary>
    static double[] Far(double[] rest, Random random)
    {
        var (start, n, length) = ((double[])rest.Clone(), rest.Length / 2, (0.5 + random.NextDouble()) * Math.Log(10));
        double Symmetric() => length * (2 * random.NextDouble() - 1);
        var (ofY, ofA) = (Symmetric(), Symmetric());
        for (var i = 0; i < n; i++)
        {
            var logarithm = ofA + Symmetric();
            start[n + i] += logarithm;
            start[i] = Math.Exp(ofY + Symmetric() + logarithm / 2) * (random.NextDouble() < 0.1 ? -1 : 1);
        }
        return start;
    }

    /// <summary>The circuit with every parameter, in its logarithm, a little off; null where that leads too far.</summary>
    static Circuit? Changed(Circuit circuit, Random random)
    {
        var (length, isFar) = (0.5 * random.NextDouble(), false);
        double[] Moved(ReadOnlySpan<double> values)
        {
            var moved = values.ToArray();
            for (var i = 0; i < moved.Length; i++)
            {
                // A zero of W stays one.
                moved[i] *= Math.Exp(length * RandomCircuits.Normal(random));
                isFar |= moved[i] != 0 && !(Math.Abs(Math.Log10(Math.Abs(moved[i]))) <= MostDecades);
            }
            return moved;
        }
        var (g, c, tauY, tauA, w) = (Moved(circuit.Drive), Moved(circuit.C), Moved(circuit.TauY), Moved(circuit.TauA), Moved(circuit.W));
        return isFar ? null : PoolFamilies.With(g, c, tauY, tauA, w);
    }

    /// <summary>A circuit beside its fixed point, in the coordinates of <see cref="MatchedSystem"/>.</summary>
    sealed class Linear
    {
        readonly double[] _jacobian;
        readonly Complex _mode;

        public Linear(Circuit circuit)
        {
            var n = circuit.N;
            (Circuit, Rest, _jacobian) = (circuit, new double[2 * n], new double[4 * n * n]);
            SteadyState.Identity(circuit.Drive, circuit.C, circuit.W, Rest.AsSpan(0, n), Rest.AsSpan(n));
            for (var i = 0; i < n; i++) (Rest[i], Rest[n + i]) = (1, Math.Log(Rest[n + i]));
            new MatchedSystem(circuit).Jacobian(0, Rest, _jacobian);
            var spectrum = Eigenvalues.Of(_jacobian, 2 * n).OrThrow();
            Timescale = 1 / Math.Abs(spectrum.SpectralAbscissa);
            _mode = spectrum.Values.MinBy(Ratio);
            Damping = Ratio(_mode);
        }

        public Circuit Circuit { get; }

        public double[] Rest { get; }

        /// <summary>1/|Re λ| of the slowest eigenvalue.</summary>
        public double Timescale { get; }

        /// <summary>The least damping ratio.</summary>
        public double Damping { get; }

        /// <summary>A start along the least damped mode, in the logarithms of √a⊙y and a, up to three decades away.</summary>
        public double[] AlongMode(Random random)
        {
            var (start, n, phase) = ((double[])Rest.Clone(), Rest.Length / 2, Complex.FromPolarCoordinates(1, 2 * Math.PI * random.NextDouble()));
            double[] direction = [.. Eigenvectors.Of(_jacobian, 2 * n, _mode).Right.Select(v => (v * phase).Real)];
            var length = 3 * Math.Log(10) * random.NextDouble() / direction.Max(Math.Abs);
            for (var i = 0; i < n; i++) (start[i], start[n + i]) = (Math.Exp(length * direction[i]), start[n + i] + length * direction[n + i]);
            return start;
        }

        static double Ratio(Complex value) => -value.Real / value.Magnitude;
    }

    /// <summary>The counts of a trial, or of all. Sums and extrema: their order does not matter.</summary>
    sealed class Tally
    {
        public int Covered;
        public long Followed, Trajectories, InBasin, Near, Longer, Unknown, AscentSteps;
        public double Slowest, LeastDamping = double.PositiveInfinity;
        public readonly List<RestlessCircuit> Examples = [];

        public void Add(Settling settling, bool isInBasin)
        {
            Trajectories++;
            Longer += settling.IsLong ? 1 : 0;
            if (settling.Outcome == SettlingOutcome.Unknown) Unknown++;
            if (settling.Outcome != SettlingOutcome.AtRest) return;
            if (isInBasin) InBasin++;
            else Near++;
            Slowest = Math.Max(Slowest, settling.Time);
        }

        public void Add(Tally other)
        {
            Covered += other.Covered;
            Followed += other.Followed;
            Trajectories += other.Trajectories;
            InBasin += other.InBasin;
            Near += other.Near;
            Longer += other.Longer;
            Unknown += other.Unknown;
            AscentSteps += other.AscentSteps;
            Slowest = Math.Max(Slowest, other.Slowest);
            LeastDamping = Math.Min(LeastDamping, other.LeastDamping);
            Examples.AddRange(other.Examples);
        }
    }
}
