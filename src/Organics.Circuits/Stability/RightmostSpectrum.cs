using System.Numerics;
using System.Numerics.Tensors;

namespace Organics;

/// <summary>
/// The rightmost eigenvalues of a large circuit's Jacobian, by Arnoldi's method: of J itself, which shows the edge of the spectrum, and of (J − σI)⁻¹ with σ a
/// little right of 0, which shows what is near the origin, such as slow modes. Products with J cost 4n² operations; the inverse is that of one n × n matrix, or
/// of two where Wr is no diagonal. What is found are eigenvalues; that there are no others farther right is not proven.
/// </summary>
/// <param name="Eigenvalues">The rightmost first, each of a conjugate pair, in units of 1/τ.</param>
/// <param name="Errors">For each the residual ‖Jx − λx‖ of its vector of length 1.</param>
public sealed record RightmostSpectrum(IReadOnlyList<Complex> Eigenvalues, IReadOnlyList<double> Errors)
{
    // What has a larger residual, as a part of the largest |λ|, is left out. Where thousands of eigenvalues crowd, as those of units without input do, none of
    // them converges further, and the edge of the crowd is known to this.
    const double Known = 1e-3;

    /// <summary>Finds the rightmost eigenvalues at a fixed point.</summary>
    /// <param name="circuit">The circuit.</param>
    /// <param name="y">The fixed point's y, n elements.</param>
    /// <param name="a">Its a, all positive.</param>
    /// <param name="count">How many are wanted; fewer where fewer converge.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ArithmeticException">J − σI is singular.</exception>
    public static RightmostSpectrum Of(Circuit circuit, ReadOnlySpan<double> y, ReadOnlySpan<double> a, int count = 12,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        var blocks = new Blocks(circuit, y, a);
        var n2 = 2 * circuit.N;
        count = Math.Min(count, n2);
        List<RitzValue> found = [.. Arnoldi.Of(blocks.Product, n2, count, v => -v.Real, most: 200, cancellation: cancellation).Values];
        var largest = Arnoldi.Of(blocks.Product, n2, 1, v => -v.Magnitude, most: 40, tolerance: 1e-2, cancellation: cancellation).Values[0].Value.Magnitude;
        var shift = 1e-3 * largest;
        blocks.Factor(shift);
        var (inner, direction) = Arnoldi.Of(blocks.Inverse, n2, count, v => -v.Magnitude, most: 120, cancellation: cancellation);
        // (J − σI)⁻¹x = θx + ρd gives Jx − λx = −(ρ/θ)(J − σI)d with λ = σ + 1/θ.
        var image = new double[n2];
        blocks.Product(direction, image);
        for (var i = 0; i < n2; i++) image[i] -= shift * direction[i];
        var stretch = Math.Sqrt(TensorPrimitives.Dot<double>(image, image));
        found.AddRange(inner.Select(r => new RitzValue(shift + 1 / r.Value, r.Residual * stretch / r.Value.Magnitude)));
        List<RitzValue> distinct = [];
        foreach (var ritz in found.Where(r => r.Value.Imaginary >= 0 && r.Residual <= Known * largest).OrderBy(r => r.Residual))
            // One that is seen in both spaces counts once.
            if (distinct.All(d => (d.Value - ritz.Value).Magnitude > d.Residual + ritz.Residual + 1e-12 * largest)) distinct.Add(ritz);
        var ordered = distinct.OrderByDescending(r => r.Value.Real).Take(count).ToArray();
        return new([.. ordered.Select(r => r.Value)], [.. ordered.Select(r => r.Residual)]);
    }

    /// <summary>
    /// A fixed point of a large circuit right of which no eigenvalue is found, if a search meets one: that of <see cref="SteadyState.Of"/>, the one at the end
    /// of the homotopy from the identity circuit, or where a trajectory settles; the first of them. Where there is none, the fixed point whose rightmost
    /// eigenvalue is least. It is what <see cref="SteadyState.StableOf"/> is for smaller circuits, without its proofs.
    /// </summary>
    /// <param name="circuit">The circuit.</param>
    /// <param name="count">How many eigenvalues are wanted.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The point, and its spectrum; null where no fixed point was found.</returns>
    /// <exception cref="ArithmeticException">J − σI is singular at a fixed point.</exception>
    public static (SteadyStateSolution Point, RightmostSpectrum? Spectrum) StableOf(Circuit circuit, int count = 12, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        (SteadyStateSolution Point, RightmostSpectrum? Spectrum)? best = null;
        foreach (var point in StableSearch.OfLarge(circuit, new()))
        {
            cancellation.ThrowIfCancellationRequested();
            var isPoint = point.Result.Status == SteadyStateStatus.Converged && point.A.All(a => a > 0);
            var spectrum = isPoint ? Of(circuit, point.Y, point.A, count, cancellation) : null;
            if (best is null || Rightmost(spectrum) < Rightmost(best.Value.Spectrum)) best = (point, spectrum);
            if (Rightmost(spectrum) < 0) break;
        }
        return best!.Value;

        static double Rightmost(RightmostSpectrum? spectrum) => spectrum is { Eigenvalues.Count: > 0 } ? spectrum.Eigenvalues[0].Real : double.PositiveInfinity;
    }

    /// <summary>J by its blocks: [A, d; C, D] with d diagonal.</summary>
    sealed class Blocks
    {
        readonly Circuit _circuit;
        readonly double[] _s, _h, _y, _a;
        readonly bool _isDiagonal;
        double[] _upper = [], _schur = [];
        int[] _upperPivots = [], _schurPivots = [];

        public Blocks(Circuit circuit, ReadOnlySpan<double> y, ReadOnlySpan<double> a)
        {
            (_circuit, _y, _a) = (circuit, y.ToArray(), a.ToArray());
            var n = circuit.N;
            (_s, _h) = ([.. _a.Select(Math.Sqrt)], new double[n]);
            _isDiagonal = true;
            for (var i = 0; i < n; i++)
            {
                _h[i] = TensorPrimitives.Dot(circuit.Wr.Slice(i * n, n), y);
                _isDiagonal &= !circuit.Wr.Slice(i * n, i).ContainsAnyExcept(0) && !circuit.Wr.Slice(i * (n + 1) + 1, n - i - 1).ContainsAnyExcept(0);
            }
        }

        double Coupling(int i) => -_h[i] / (2 * _s[i] * _circuit.TauY[i]);

        public void Product(double[] x, double[] result)
        {
            var n = _circuit.N;
            double[] u = x[..n], v = [.. Enumerable.Range(0, n).Select(j => 2 * _a[j] * _y[j] * x[j] + _y[j] * _y[j] * x[n + j])];
            Parallel.For(0, n, i =>
            {
                var wr = _isDiagonal ? _circuit.Wr[i * (n + 1)] * u[i] : TensorPrimitives.Dot<double>(_circuit.Wr.Slice(i * n, n), u);
                result[i] = ((1 - _s[i]) * wr - u[i]) / _circuit.TauY[i] + Coupling(i) * x[n + i];
                result[n + i] = (TensorPrimitives.Dot<double>(_circuit.W.Slice(i * n, n), v) - x[n + i]) / _circuit.TauA[i];
            });
        }

        // D − σ − C(A − σ)⁻¹d and, where it is no diagonal, A − σ.
        public void Factor(double shift)
        {
            var n = _circuit.N;
            _upper = new double[_isDiagonal ? n : n * n];
            for (var i = 0; i < n; i++)
                for (var j = _isDiagonal ? i : 0; j < (_isDiagonal ? i + 1 : n); j++)
                    _upper[_isDiagonal ? i : i * n + j] = ((1 - _s[i]) * _circuit.Wr[i * n + j] - (i == j ? 1 : 0)) / _circuit.TauY[i] - (i == j ? shift : 0);
            _schur = new double[n * n];
            _schurPivots = new int[n];
            if (_isDiagonal)
                Parallel.For(0, n, i =>
                {
                    for (var j = 0; j < n; j++)
                        _schur[i * n + j] = _circuit.W[i * n + j] * (_y[j] * _y[j] - 2 * _a[j] * _y[j] * Coupling(j) / _upper[j]) / _circuit.TauA[i];
                });
            else
            {
                _upperPivots = new int[n];
                // Rows of C(A − σ)⁻¹, each by a solve with the transposed factors.
                Lu.Factor<double>(_upper, n, _upperPivots).OrThrow();
                Parallel.For(0, n, i =>
                {
                    var row = new double[n];
                    for (var j = 0; j < n; j++) row[j] = 2 * _circuit.W[i * n + j] * _a[j] * _y[j] / _circuit.TauA[i];
                    Lu.SolveTransposed<double>(_upper, n, _upperPivots, row);
                    for (var j = 0; j < n; j++) _schur[i * n + j] = _circuit.W[i * n + j] * _y[j] * _y[j] / _circuit.TauA[i] - row[j] * Coupling(j);
                });
            }
            for (var i = 0; i < n; i++) _schur[i * (n + 1)] -= 1 / _circuit.TauA[i] + shift;
            Lu.Factor<double>(_schur, n, _schurPivots).OrThrow();
        }

        public void Inverse(double[] x, double[] result)
        {
            var n = _circuit.N;
            double[] u = x[..n], v = x[n..];
            SolveUpper(u);
            double[] weighted = [.. Enumerable.Range(0, n).Select(j => 2 * _a[j] * _y[j] * u[j])];
            for (var i = 0; i < n; i++) v[i] -= TensorPrimitives.Dot<double>(_circuit.W.Slice(i * n, n), weighted) / _circuit.TauA[i];
            Lu.Solve<double>(_schur, n, _schurPivots, v);
            for (var i = 0; i < n; i++) u[i] = x[i] - Coupling(i) * v[i];
            SolveUpper(u);
            u.CopyTo(result, 0);
            v.CopyTo(result, n);
        }

        void SolveUpper(double[] u)
        {
            if (!_isDiagonal) Lu.Solve<double>(_upper, u.Length, _upperPivots, u);
            else
                for (var i = 0; i < u.Length; i++) u[i] /= _upper[i];
        }
    }
}
