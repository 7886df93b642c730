using System.Numerics;
using System.Numerics.Tensors;

namespace Organics;

/// <summary>
/// What is tried when Algorithm 1 cycles or diverges, in double whatever T is: Newton's method in x = log a along Wr(t) = I + t(Wr − I), led by secants
/// (Allgower &amp; Georg, Introduction to Numerical Continuation Methods, §2), then the damped iteration a ← √(a·Φ(a)), where
/// Φ(a) = c + W(a⊙y(a)²) and y(a) = (I − D(1−√a)Wr)⁻¹g. What is found is polished in u = √a⊙y, without that inverse.
/// </summary>
sealed class SteadyStateFallback
{
    const int NewtonCap = 30;
    const int DampedCap = 1000;
    const int PolishCap = 5;
    const double FirstStep = 0.05, LeastStep = 1e-5, LargestChange = 2;

    readonly int _n;
    readonly double[] _g, _c, _w, _wr, _path, _e, _dPhi, _z, _y, _h, _phi, _step;
    readonly int[] _pivots;

    SteadyStateFallback(double[] g, double[] c, double[] w, double[] wr)
    {
        var n = _n = g.Length;
        (_g, _c, _w, _wr) = (g, c, w, wr);
        (_path, _e, _dPhi, _z) = (new double[n * n], new double[n * n], new double[n * n], new double[n * n]);
        (_y, _h, _phi, _step) = (new double[n], new double[n], new double[n], new double[n]);
        _pivots = new int[n];
    }

    /// <summary>Tries to do better than what was tried before; y and a change only where it does.</summary>
    public static SteadyStateResult Solve<T>(
        ReadOnlySpan<T> g, ReadOnlySpan<T> c, ReadOnlySpan<T> W, ReadOnlySpan<T> Wr, Span<T> y, Span<T> a, double tolerance, SteadyStateResult before,
        Span<T> h, Span<T> r)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var solver = new SteadyStateFallback(Widen(g), Widen(c), Widen(W), Widen(Wr));
        var found = new double[g.Length];
        var method = SteadyStateMethod.Homotopy;
        var (converged, iterations) = solver.Homotopy(found);
        if (!converged)
        {
            method = SteadyStateMethod.Damped;
            (converged, iterations) = solver.Damped(found);
        }
        converged &= solver.Polish(found, tolerance);
        // The state in T has a residual of its own: rounding to float may leave more of it.
        var (ty, ta) = (new T[y.Length], new T[y.Length]);
        TensorPrimitives.ConvertTruncating<double, T>(solver._y, ty);
        TensorPrimitives.ConvertTruncating<double, T>(found, ta);
        var residual = SteadyStateSolver<T>.Residual(g, c, W, Wr, ty, ta, h, r);
        if (!converged && !(residual < before.Residual) && !double.IsNaN(before.Residual)) return before;
        ty.CopyTo(y);
        ta.CopyTo(a);
        var accepted = converged && SteadyStateSolver<T>.Accepts(g, c, W, Wr, y, a, residual, tolerance);
        return new(accepted ? SteadyStateStatus.Converged : SteadyStateStatus.NotConverged, iterations, residual, 0, method);
    }

    /// <summary>The fixed point beside a state, by Newton's method in u from its a; y and a are what it reached.</summary>
    public static SteadyStateResult Polish(Circuit circuit, double[] y, double[] a, double tolerance)
    {
        var solver = new SteadyStateFallback([.. circuit.Drive], [.. circuit.C], [.. circuit.W], [.. circuit.Wr]);
        var found = (double[])a.Clone();
        var converged = solver.Polish(found, tolerance);
        solver._y.CopyTo(y, 0);
        found.CopyTo(a, 0);
        return new(converged ? SteadyStateStatus.Converged : SteadyStateStatus.NotConverged, 0, SteadyState.Residual(circuit, y, a), 0,
            SteadyStateMethod.Trajectory);
    }

    static double[] Widen<T>(ReadOnlySpan<T> values) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var wide = new double[values.Length];
        TensorPrimitives.ConvertTruncating<T, double>(values, wide);
        return wide;
    }

    (bool Converged, int Iterations) Homotopy(double[] a)
    {
        // The identity circuit's exact solution, a = c + W(g⊙g).
        for (var i = 0; i < _n; i++) _phi[i] = _g[i] * _g[i];
        Gemv.Multiply<double>(_w, _phi, a);
        for (var i = 0; i < _n; i++) a[i] += _c[i];
        var (t, step, iterations) = (0.0, FirstStep, 0);
        // The last point of the path before a, from which a secant leads on (Allgower & Georg, §2.1): a tenth of the iterations where the path is long.
        var (before, last) = (0.0, default(double[]));
        var trial = new double[_n];
        while (t < 1)
        {
            var target = Math.Min(1, t + step);
            for (var i = 0; i < _n * _n; i++) _path[i] = target * _wr[i] + (i % (_n + 1) == 0 ? 1 - target : 0);
            a.CopyTo(trial, 0);
            if (last is not null)
                for (var i = 0; i < _n; i++) trial[i] = a[i] * Math.Pow(a[i] / last[i], (target - t) / (t - before));
            var (converged, used) = Newton(trial);
            iterations += used;
            if (converged)
            {
                (before, last) = (t, (double[])a.Clone());
                trial.CopyTo(a, 0);
                t = target;
                step *= 2;
            }
            else if ((step /= 2) < LeastStep) return (false, iterations);
        }
        return (true, iterations);
    }

    /// <summary>(DΦ − I)D(a)·Δx = −(Φ(a) − a), |Δx| ≤ 2, backtracking on max |Φ−a|/a, for the recurrence in _path.</summary>
    (bool Converged, int Iterations) Newton(double[] a)
    {
        var n = _n;
        var error = Defect(a);
        var trial = new double[n];
        for (var iteration = 0; iteration < NewtonCap; iteration++)
        {
            if (error < 1e-13) return (true, iteration);
            if (!double.IsFinite(error)) return (false, iteration);
            // Z = E⁻¹D(h/2s), one column after another; DΦ = W D(y²) − 2W D(a⊙y) Z.
            for (var j = 0; j < n; j++)
            {
                Array.Clear(_step);
                _step[j] = _h[j] / (2 * Math.Sqrt(a[j]));
                Lu.Solve<double>(_e, n, _pivots, _step);
                for (var i = 0; i < n; i++) _z[i * n + j] = (i == j ? _y[j] * _y[j] : 0) - 2 * a[i] * _y[i] * _step[i];
            }
            for (var i = 0; i < n; i++)
            {
                Gemv.MultiplyTransposed<double>(_z, _w.AsSpan(i * n, n), _dPhi.AsSpan(i * n, n));
                _dPhi[i * n + i] -= 1;
                for (var j = 0; j < n; j++) _dPhi[i * n + j] *= a[j];
                _step[i] = a[i] - _phi[i];
            }
            if (Lu.Factor<double>(_dPhi, n, _pivots).IsSingular) return (false, iteration);
            Lu.Solve<double>(_dPhi, n, _pivots, _step);
            var length = Math.Min(1, LargestChange / Math.Abs(TensorPrimitives.MaxMagnitude<double>(_step)));
            var accepted = false;
            for (var halving = 0; halving < 12 && !accepted; halving++, length /= 2)
            {
                for (var i = 0; i < n; i++) trial[i] = a[i] * Math.Exp(length * _step[i]);
                var reached = Defect(trial);
                if (!(reached < error)) continue;
                accepted = true;
                error = reached;
                trial.CopyTo(a, 0);
            }
            // Rounding stops the descent just above zero: good enough for the path, and the final residual decides.
            if (!accepted) return (Defect(a) < 1e-10, iteration);
        }
        return (error < 1e-10, NewtonCap);
    }

    /// <summary>Fills y, h = Wr·y and Φ(a) for the recurrence in _path; returns max |Φ−a|/a, or not a number where E is singular.</summary>
    double Defect(double[] a)
    {
        var n = _n;
        for (var i = 0; i < n; i++)
        {
            var gain = 1 - Math.Sqrt(a[i]);
            for (var j = 0; j < n; j++) _e[i * n + j] = (i == j ? 1 : 0) - gain * _path[i * n + j];
        }
        if (Lu.Factor<double>(_e, n, _pivots).IsSingular) return double.NaN;
        _g.CopyTo(_y, 0);
        Lu.Solve<double>(_e, n, _pivots, _y);
        for (var i = 0; i < n; i++) _h[i] = a[i] * _y[i] * _y[i];
        Gemv.Multiply<double>(_w, _h, _phi);
        Gemv.Multiply<double>(_path, _y, _h);
        double largest = 0;
        for (var i = 0; i < n; i++)
        {
            _phi[i] += _c[i];
            var relative = Math.Abs(_phi[i] - a[i]) / a[i];
            if (!double.IsFinite(relative)) return double.NaN;
            largest = Math.Max(largest, relative);
        }
        return largest;
    }

    (bool Converged, int Iterations) Damped(double[] a)
    {
        _wr.CopyTo(_path, 0);
        Gemv.Multiply<double>(_wr, _g, _h);
        for (var i = 0; i < _n; i++) _h[i] *= _h[i];
        Gemv.Multiply<double>(_w, _h, a);
        for (var i = 0; i < _n; i++) a[i] += _c[i];
        var (best, least) = ((double[])a.Clone(), double.PositiveInfinity);
        var iteration = 0;
        for (; iteration < DampedCap; iteration++)
        {
            var error = Defect(a);
            if (!double.IsFinite(error)) break;
            if (error < least)
            {
                least = error;
                a.CopyTo(best, 0);
            }
            if (error < 1e-13) break;
            for (var i = 0; i < _n; i++) a[i] = Math.Sqrt(a[i] * _phi[i]);
        }
        best.CopyTo(a, 0);
        return (double.IsFinite(least), iteration);
    }

    /// <summary>
    /// Newton's method for r(u) = g − y + (1−s)⊙(Wr·y) = 0 in u = s⊙y, where a = c + W(u⊙u) and s = √a, while it brings the residual down. y(a) is known no
    /// better than the condition of E allows, but r(u) is known to the rounding of its terms. Leaves y in _y; true when the state is accepted.
    /// </summary>
    bool Polish(double[] a, double tolerance)
    {
        var n = _n;
        _wr.CopyTo(_path, 0);
        Defect(a);
        var (bestY, bestA) = ((double[])_y.Clone(), (double[])a.Clone());
        var least = Residual(a);
        var u = new double[n];
        for (var i = 0; i < n; i++) u[i] = Math.Sqrt(a[i]) * _y[i];
        for (var iteration = 0; iteration < PolishCap; iteration++)
        {
            for (var i = 0; i < n; i++) _phi[i] = u[i] * u[i];
            Gemv.Multiply<double>(_w, _phi, a);
            for (var i = 0; i < n; i++)
            {
                a[i] += _c[i];
                _y[i] = u[i] / Math.Sqrt(a[i]);
            }
            var reached = Residual(a);
            if (reached < least) (least, bestY, bestA) = (reached, (double[])_y.Clone(), (double[])a.Clone());
            else if (iteration > 0) break;
            // −r′ = E·D(1/s) − (E·D(y/s) − D(h))·D(1/s)·W·D(u)
            Gemv.Multiply<double>(_wr, _y, _h);
            for (var i = 0; i < n; i++)
            {
                var gain = 1 - Math.Sqrt(a[i]);
                for (var j = 0; j < n; j++) _e[i * n + j] = ((i == j ? 1 : 0) - gain * _wr[i * n + j]) / Math.Sqrt(a[j]);
                for (var j = 0; j < n; j++) _z[i * n + j] = _e[i * n + j] * _y[j] / Math.Sqrt(a[j]);
                _z[i * n + i] -= _h[i] / Math.Sqrt(a[i]);
                _step[i] = _g[i] - _y[i] + gain * _h[i];
            }
            for (var i = 0; i < n; i++)
            {
                var row = _dPhi.AsSpan(i * n, n);
                Gemv.MultiplyTransposed<double>(_w, _z.AsSpan(i * n, n), row);
                for (var j = 0; j < n; j++) row[j] = _e[i * n + j] - row[j] * u[j];
            }
            if (Lu.Factor<double>(_dPhi, n, _pivots).IsSingular) break;
            Lu.Solve<double>(_dPhi, n, _pivots, _step);
            for (var i = 0; i < n; i++) u[i] += _step[i];
        }
        bestY.CopyTo(_y, 0);
        bestA.CopyTo(a, 0);
        return SteadyStateSolver<double>.Accepts(_g, _c, _w, _wr, _y, a, least, tolerance);
    }

    double Residual(double[] a) => SteadyStateSolver<double>.Residual(_g, _c, _w, _wr, _y, a, _h, _step);
}
