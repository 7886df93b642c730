namespace Organics;

/// <summary>f = 0 of any system, with x = state/scale.</summary>
sealed class SystemEquations : EquilibriumEquations
{
    // Beyond this part of a contraction nothing shows that an equilibrium is there.
    const double Contraction = 0.5;

    // Of the scale: how far f is looked at for its typical size.
    const double Neighbourhood = 0.1;

    // How often a tenth of that is looked at, where an element of f has no value there.
    const int Nearer = 12;

    // Of the state: what Newton's method reaches beyond it is not the equilibrium that is meant.
    const double Farthest = 1e-3;

    const int Improvements = 40, Directions = 4;

    readonly double[] _scale;

    public double[] Scale => _scale;

    /// <summary>The equations of a system.</summary>
    /// <param name="system">The system.</param>
    /// <param name="scale">n positive numbers, or null.</param>
    /// <param name="parameter">The caller's parameter that is to blame for the system.</param>
    public SystemEquations(IOdeSystem system, double[]? scale, string parameter)
    {
        ArgumentNullException.ThrowIfNull(system, parameter);
        _scale = AutonomousSystem.Scale(system, scale, parameter);
        System = AutonomousSystem.WithJacobian(system, _scale);
    }

    public override IStiffOdeSystem System { get; }

    public override double[] Coordinates(ReadOnlySpan<double> state)
    {
        if (state.Length != Dimension) throw new ArgumentException($"The state has {state.Length} elements; this system asks for {Dimension}.", nameof(state));
        var x = state.ToArray();
        for (var i = 0; i < x.Length; i++) x[i] /= _scale[i];
        return x;
    }

    public override double[] State(ReadOnlySpan<double> x)
    {
        var state = x.ToArray();
        for (var i = 0; i < state.Length; i++) state[i] *= _scale[i];
        return state;
    }

    // f by its own change nearby: the Jacobian alone is 0 where an element of f turns. No two elements move equally far, for then their difference, as of a
    // unit and what follows it, would not change.
    public override double Residual(ReadOnlySpan<double> x, Span<double> f)
    {
        var n = Dimension;
        var (state, beside, typical) = (State(x), new double[n], new double[n]);
        System.Rate(0, state, f);
        var isSeen = new bool[n];
        // A side that leaves the domain of an element, as of a root or a logarithm, tells nothing of it; where both do, a nearer one may.
        for (var (reach, nearer) = (Neighbourhood, 0); nearer <= Nearer && isSeen.Contains(false) && Vectors.IsFinite(f); reach /= 10, nearer++)
        {
            var wasSeen = (bool[])isSeen.Clone();
            foreach (var side in (ReadOnlySpan<double>)[reach, -reach])
            {
                for (var i = 0; i < n; i++) state[i] = (x[i] + side * Sign(0, i) * (1 + new CounterRandom(2, 0).Uniform((ulong)i) / 8)) * _scale[i];
                System.Rate(0, state, beside);
                for (var i = 0; i < n; i++)
                {
                    if (wasSeen[i] || !double.IsFinite(beside[i])) continue;
                    (typical[i], isSeen[i]) = (Math.Max(typical[i], Math.Abs(beside[i] - f[i]) / reach), true);
                }
            }
        }
        double largest = 0;
        for (var i = 0; i < n; i++)
            // A NaN stays, and an element of f that changes nowhere is measured by itself.
            largest = Math.Max(largest, f[i] == 0 ? 0 : Math.Abs(f[i]) / (typical[i] > 0 ? typical[i] : Math.Abs(f[i])));
        return Vectors.IsFinite(f) ? largest : double.NaN;
    }

    public override void Jacobian(ReadOnlySpan<double> x, Span<double> jacobian)
    {
        var n = Dimension;
        System.Jacobian(0, State(x), jacobian);
        for (var i = 0; i < n * n; i++) jacobian[i] *= _scale[i % n];
    }

    // A fixed set of signs for each probe, so that the same point has the same verdict.
    static double Sign(int probe, int i) => (new CounterRandom(0, (ulong)probe).Bits((ulong)i) & 1) == 0 ? 1 : -1;

    /// <summary>
    /// The point's error is what J⁻¹ makes of f and of its noise, the scatter of f beside its linearisation within a few units in the last place. Over a box so
    /// large J changes by R, estimated from two corners, all axes and some directions: where |J⁻¹|·R contracts, Newton's method from anywhere in the box stays
    /// in it (Newton and Kantorovich), and R is the error of J besides. Where f is not 0, or the box is no small part of the state, there is no verdict.
    /// </summary>
    public override Equilibrium Examine(ReadOnlySpan<double> x)
    {
        var n = Dimension;
        var root = Improved(x);
        var (state, residual) = (State(root), Residual(root, new double[n]));
        var (f, jacobian) = (new double[n], new double[n * n]);
        System.Rate(0, state, f);
        System.Jacobian(0, state, jacobian);
        var values = Eigenvalues.Of(jacobian, n).OrThrow().Values;
        var unknown = new Equilibrium(state, values, StabilityVerdict.Unknown, double.NaN, residual);
        if (!(residual <= LargestResidual) || Inverse(jacobian) is not { } inverse) return unknown;
        var reach = Reach(state, inverse, f, Noise(state, f, jacobian));
        if (!reach.Zip(state, _scale).All(v => v.First <= Farthest * Math.Max(v.Third, Math.Abs(v.Second)))) return unknown;
        var spread = Spread(state, jacobian, reach);
        if (!Contracts(inverse, spread, reach)) return unknown;
        var (abscissa, uncertainty) = SpectralBound.Largest(jacobian, spread, n, values, StabilityRegion.LeftHalfPlane);
        return unknown with { Verdict = SpectralBound.Verdict(abscissa, uncertainty), Uncertainty = uncertainty };
    }

    // Newton's method while its steps and the residual shrink: near a fold, or far below the scale, short steps are not yet small.
    double[] Improved(ReadOnlySpan<double> x)
    {
        var n = Dimension;
        var (root, step, jacobian, pivots) = (x.ToArray(), new double[n], new double[n * n], new int[n]);
        var (last, error) = (Farthest * Math.Max(1, Vectors.Largest(root)), Residual(root, step));
        for (var improvement = 0; improvement < Improvements && NewtonStep(root, step, jacobian, pivots); improvement++)
        {
            var next = (double[])root.Clone();
            Vectors.Add(-1, step, next);
            var length = Vectors.Largest(step);
            var residual = Residual(next, step);
            if (!(length < last / 2 && residual < error)) break;
            (root, last, error) = (next, length, residual);
        }
        return root;
    }

    /// <summary>How far rounding may have put each element of f from the one that is meant.</summary>
    double[] Noise(double[] state, double[] f, double[] jacobian)
    {
        var n = Dimension;
        var (noise, moved, beside) = (new double[n], new double[n], new double[n]);
        for (var probe = 0; probe < 6; probe++)
        {
            for (var i = 0; i < n; i++)
                moved[i] = state[i] + (1 + probe) * Sign(probe, i) * Eigenvalues.Epsilon * Math.Max(Math.Abs(state[i]), Eigenvalues.Epsilon * _scale[i]);
            System.Rate(0, moved, beside);
            for (var i = 0; i < n; i++)
            {
                var linear = f[i];
                for (var j = 0; j < n; j++) linear += jacobian[i * n + j] * (moved[j] - state[j]);
                noise[i] = Math.Max(noise[i], Math.Abs(beside[i] - linear));
            }
        }
        // Terms that cancel at the point leave the rounding of their size, which f shows where it is far from 0; where it is not finite, that side tells
        // nothing.
        foreach (var side in (ReadOnlySpan<double>)[1, -1, Neighbourhood, -Neighbourhood])
        {
            for (var i = 0; i < n; i++) moved[i] = state[i] + side * Sign(9, i) * _scale[i];
            System.Rate(0, moved, beside);
            for (var i = 0; i < n; i++)
                if (double.IsFinite(beside[i])) noise[i] = Math.Max(noise[i], 2 * Eigenvalues.Epsilon * Math.Abs(beside[i]));
        }
        return noise;
    }

    /// <summary>J⁻¹; null where it does not exist.</summary>
    double[]? Inverse(double[] jacobian)
    {
        var n = Dimension;
        var (factors, pivots, inverse) = ((double[])jacobian.Clone(), new int[n], new double[n * n]);
        if (Lu.Factor<double>(factors, n, pivots).IsSingular) return null;
        Lu.Invert<double>(factors, n, pivots, inverse);
        return Vectors.IsFinite(inverse) ? inverse : null;
    }

    /// <summary>Half the sides of the box in which the equilibrium lies.</summary>
    double[] Reach(double[] state, double[] inverse, double[] f, double[] noise)
    {
        var n = Dimension;
        var reach = new double[n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++) reach[i] += 2 * Math.Abs(inverse[i * n + j]) * (Math.Abs(f[j]) + 2 * noise[j]);
            reach[i] = Math.Max(reach[i], 8 * Eigenvalues.Epsilon * Math.Abs(state[i]));
        }
        // No side of the box is nothing.
        var widest = reach.Zip(_scale, (r, s) => r / s).Max();
        for (var i = 0; i < n; i++) reach[i] = Math.Max(reach[i], 1e-6 * widest * _scale[i]);
        return reach;
    }

    /// <summary>R: how far each element of J may be from the one at the equilibrium.</summary>
    double[] Spread(double[] state, double[] jacobian, double[] reach)
    {
        var n = Dimension;
        var (spread, moved, corner) = ((System as DifferencedSystem)?.Error(state) ?? new double[n * n], new double[n], new double[n * n]);
        // A kink through the point may run along the diagonal or an axis, not along all of them.
        for (var probe = 0; probe < 2 * (1 + n + Directions); probe++)
        {
            var (side, way) = (probe % 2 == 0 ? 1 : -1, probe / 2);
            var random = new CounterRandom(1, (ulong)way);
            for (var i = 0; i < n; i++)
                moved[i] = state[i] + side * reach[i] * (way == 0 ? 1 : way > n ? 2 * random.Uniform((ulong)i) - 1 : i == way - 1 ? 1 : 0);
            System.Jacobian(0, moved, corner);
            for (var i = 0; i < n * n; i++) spread[i] = Math.Max(spread[i], 2 * Math.Abs(corner[i] - jacobian[i]));
        }
        return spread;
    }

    /// <summary>Whether |J⁻¹|·R takes the box into a part of itself.</summary>
    bool Contracts(double[] inverse, double[] spread, double[] reach)
    {
        var n = Dimension;
        for (var i = 0; i < n; i++)
        {
            double contraction = 0;
            for (var j = 0; j < n; j++)
                for (var k = 0; k < n; k++) contraction += Math.Abs(inverse[i * n + j]) * spread[j * n + k] * reach[k];
            if (!(contraction <= Contraction * reach[i])) return false;
        }
        return true;
    }
}
