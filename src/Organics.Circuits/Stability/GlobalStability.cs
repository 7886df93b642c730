namespace Organics;

/// <summary>
/// Whether the normalization fixed point of a circuit with identity recurrence attracts every start (a theorem derived for this project; docs/theory.md). The
/// units fall into groups that can reach each other along W; each group sees those before it as part of its c. A group of one unit always comes to rest. A
/// larger one does where, for every driven unit i of it,
/// <para>C_i + (τ_a,i/τ_y,i)·C_i^{3/2} &gt; (W g²)_i within the group,</para>
/// with any iterate of C ← c + W(λ²g²) from c on, λ_j = 1/(1 + τ_y,j/(3√3·τ_a,j·√C_j)): bounds below which no a_i stays.
/// </summary>
/// <param name="Holds">Whether the condition is proven to hold, rounding errors included. Where it is not, nothing is said: the circuit may come to rest from
/// everywhere all the same.</param>
/// <param name="Margin">A lower bound of the least ratio of the condition's sides, less 1; infinite where no driven unit of a group of several has a driven
/// one of it in its pool, and −1 where a side is beyond what double holds.</param>
/// <param name="C">The iterate, n elements: a lower bound of a in the end, whether the condition holds or not.</param>
/// <param name="Iterations">Which iterate it is.</param>
public sealed record GlobalStability(bool Holds, double Margin, IReadOnlyList<double> C, int Iterations)
{
    const int MostIterations = 1000;

    const double MinNormal = 2.2250738585072014e-308;

    // √3, not above it.
    const double Root3 = 1.7320508075688772;

    /// <summary>Examines a circuit.</summary>
    /// <exception cref="ArgumentException">Wr is not the identity.</exception>
    public static GlobalStability Of(Circuit circuit)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        if (!circuit.IsIdentityRecurrence)
            throw new ArgumentException("Wr is not the identity; the theorem of global stability is for Wr = I.", nameof(circuit));
        var n = circuit.N;
        var group = Groups(circuit.W, n);
        var (c, pools, squares) = (new Interval[n], new Interval[n], new double[n]);
        for (var i = 0; i < n; i++)
        {
            squares[i] = Normal(Interval.Square(PoolBounds.Drive(circuit, i)).Low);
            c[i] = PoolBounds.SemiSaturation(circuit, i) + PoolBounds.Pool(circuit, i, j => group[j] != group[i]);
            pools[i] = PoolBounds.Pool(circuit, i, j => group[j] == group[i]);
        }
        // Every term of a step is positive, so that its n + 20 roundings change it by less than this; what is below normal numbers, whose roundings may, is
        // left out.
        static double Normal(double v) => v < MinNormal ? 0 : v;
        var below = 1 - (2 * n + 64) * Math.ScaleB(1, -53);
        var (bound, next, excited, iterations) = (new double[n], new double[n], new double[n], 0);
        for (var i = 0; i < n; i++) bound[i] = Math.Max(c[i].Low, 0);
        while (iterations < MostIterations)
        {
            for (var j = 0; j < n; j++)
            {
                // λ: in the end √a·|y| is at least λ|g|, where a ≥ C and the pool, c + W(a⊙y²), is too.
                var lambda = 1 / (1 + circuit.TauY[j] / circuit.TauA[j] / (3 * Root3 * Math.Sqrt(bound[j])));
                excited[j] = Normal(Normal(lambda * lambda) * squares[j]);
            }
            var grows = false;
            for (var i = 0; i < n; i++)
            {
                var sum = Math.Max(c[i].Low, 0);
                for (var j = 0; j < n; j++)
                    if (group[j] == group[i]) sum += Normal(circuit.W[i * n + j] * excited[j]);
                next[i] = Math.Max(sum * below, bound[i]);
                grows |= next[i] > bound[i] * (1 + 1e-9);
            }
            if (!grows) break;
            (bound, next) = (next, bound);
            iterations++;
        }
        var (holds, margin) = Condition(circuit, group, i => bound[i], i => circuit.Z[i] == 0 ? 0.0 : pools[i]);
        return new(holds, margin, bound, iterations);
    }

    /// <summary>Whether C + (τ_a/τ_y)C^{3/2} exceeds the pool of every unit of a group of several, and by what part at least.</summary>
    /// <param name="circuit">Has the time constants.</param>
    /// <param name="group">Of every unit.</param>
    /// <param name="bound">C of a unit.</param>
    /// <param name="pool">The pool of a unit within its group; exactly 0 where nothing is asked of it.</param>
    internal static (bool Holds, double Margin) Condition(Circuit circuit, int[] group, Func<int, Interval> bound, Func<int, Interval> pool)
    {
        var (holds, margin, sizes) = (true, double.PositiveInfinity, new int[group.Length]);
        foreach (var g in group) sizes[g]++;
        for (var i = 0; i < group.Length; i++)
        {
            if (sizes[group[i]] == 1 || pool(i) is not { High: not 0 and var most }) continue;
            var at = bound(i);
            var side = at + (Interval)circuit.TauA[i] / circuit.TauY[i] * at * Interval.Sqrt(at);
            holds &= side.Low > most;
            var ratio = (side / most - 1).Low;
            // No number where a side overflows.
            margin = Math.Min(margin, double.IsFinite(ratio) ? ratio : -1);
        }
        return (holds, margin);
    }

    /// <summary>Examines the rectified circuit (Eq. 87): units with z ≤ 0 end silent, and the others are as without rectification.</summary>
    /// <exception cref="ArgumentException">Wr is not the identity.</exception>
    public static GlobalStability Of(RectifiedSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        var circuit = system.Circuit;
        return Of(new Circuit(
            [.. circuit.Z.ToArray().Select(z => Math.Max(z, 0))], circuit.B, circuit.B0, circuit.Sigma, circuit.TauY, circuit.TauA, circuit.W, circuit.Wr));
    }

    /// <summary>The theorem, in words.</summary>
    public string Conclusion
        => Holds ? "The fixed point attracts every start: the circuit is globally asymptotically stable."
            : "Whether the fixed point attracts every start is not known: the sufficient condition for it is not proven to hold.";

    /// <summary>The strongly connected components of W's graph, an edge from j to i where w_ij &gt; 0, numbered (Tarjan 1972, without recursion).</summary>
    internal static int[] Groups(ReadOnlySpan<double> w, int n)
    {
        var (order, low, group, at) = (new int[n], new int[n], new int[n], new int[n]);
        Array.Fill(group, -1);
        var (path, open, found, groups) = (new Stack<int>(), new Stack<int>(), 0, 0);
        for (var start = 0; start < n; start++)
        {
            if (order[start] != 0) continue;
            Enter(start);
            while (path.TryPeek(out var i))
            {
                if (at[i] < n)
                {
                    var j = at[i]++;
                    if (!(w[i * n + j] > 0)) continue;
                    if (order[j] == 0) Enter(j);
                    else if (group[j] < 0) low[i] = Math.Min(low[i], order[j]);
                    continue;
                }
                path.Pop();
                if (path.TryPeek(out var parent)) low[parent] = Math.Min(low[parent], low[i]);
                if (low[i] != order[i]) continue;
                while (true)
                {
                    var member = open.Pop();
                    group[member] = groups;
                    if (member == i) break;
                }
                groups++;
            }
        }
        return group;

        void Enter(int i)
        {
            order[i] = low[i] = ++found;
            path.Push(i);
            open.Push(i);
        }
    }
}
