using System.Numerics;

namespace Organics;

/// <summary>The Jacobian of the circuit and, for Wr = I, the quadratic eigenvalue problem λ²I + λB + K that has the same spectrum (Eq. 6–12).</summary>
public static class CircuitJacobian
{
    /// <summary>
    /// J = ∂(ẏ,ȧ)/∂(y,a) at a state with a &gt; 0, for any Wr; with h = Wr·y and s = √a:
    /// <para>J11 = D(1/τ_y)(−I + D(1−s)Wr), J12 = −D(h/(2sτ_y)), J21 = 2D(1/τ_a) W D(a⊙y), J22 = D(1/τ_a)(−I + W D(y²)).</para>
    /// With Wr = I this is Eq. 6.
    /// </summary>
    /// <param name="circuit">The circuit.</param>
    /// <param name="y">Principal activity, n elements.</param>
    /// <param name="a">Modulator activity, n elements, all positive.</param>
    /// <param name="jacobian">Out: 2n × 2n, row-major, y before a.</param>
    /// <exception cref="ArgumentException">A length is wrong or an element of a is not positive.</exception>
    public static void Write(Circuit circuit, ReadOnlySpan<double> y, ReadOnlySpan<double> a, Span<double> jacobian)
    {
        var n = circuit.N;
        CircuitShape.Check(n, y.Length, nameof(y));
        CircuitShape.Check(n, a.Length, nameof(a));
        CircuitShape.Check(4 * n * n, jacobian.Length, nameof(jacobian));
        for (var i = 0; i < n; i++)
        {
            if (!(a[i] > 0)) throw new ArgumentException($"a[{i}] is {a[i]}; the Jacobian exists only where a is positive.", nameof(a));
            var s = Math.Sqrt(a[i]);
            var (tauY, tauA) = (circuit.TauY[i], circuit.TauA[i]);
            var top = jacobian.Slice(i * 2 * n, 2 * n);
            var bottom = jacobian.Slice((n + i) * 2 * n, 2 * n);
            top[n..].Clear();
            double h = 0;
            for (var j = 0; j < n; j++)
            {
                var wr = circuit.Wr[i * n + j];
                h += wr * y[j];
                var w = circuit.W[i * n + j];
                // On the diagonal −1 + (1−s)wr = (wr−1) − s·wr keeps its digits when wr = 1 and s is tiny.
                top[j] = (i == j ? wr - 1 - s * wr : (1 - s) * wr) / tauY;
                bottom[j] = 2 * w * a[j] * y[j] / tauA;
                bottom[n + j] = (w * y[j] * y[j] - (i == j ? 1 : 0)) / tauA;
            }
            top[n + i] = -h / (2 * s * tauY);
        }
    }

    /// <summary>The Jacobians of a batch at states with a &gt; 0, as <see cref="Write"/> has them, by tensors: on any device, and differentiable. Their spectra
    /// are found there, too, by <see cref="Eigenvalues.OfEach{T}(Tensor{T}, Span{T}, Span{T})"/>.</summary>
    /// <param name="W">Normalization weights. Shape [n, n], row = target; or [batch, n, n], where every circuit has its own.</param>
    /// <param name="Wr">Recurrent weights. Shaped as W may be.</param>
    /// <param name="tauY">τ_y. Shape [n] or [batch, n].</param>
    /// <param name="tauA">τ_a. Shape [n] or [batch, n].</param>
    /// <param name="y">Principal activity. Shape [batch, n].</param>
    /// <param name="a">Modulator activity. Shape [batch, n].</param>
    /// <returns>∂(ẏ,ȧ)/∂(y,a), y before a. Shape [batch, 2n, 2n].</returns>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public static Tensor<T> Of<T>(Tensor<T> W, Tensor<T> Wr, Tensor<T> tauY, Tensor<T> tauA, Tensor<T> y, Tensor<T> a)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(y);
        ArgumentNullException.ThrowIfNull(tauY);
        ArgumentNullException.ThrowIfNull(tauA);
        ArgumentNullException.ThrowIfNull(a);
        if (y.Shape.Rank != 2) throw new ShapeException($"CircuitJacobian: y is {y.Shape}; it must be [batch, n].");
        var n = y.Shape[1];
        var identity = Tensor.Identity<T>(n, y.Device);
        // Element (i, j) is v_i, or v_j.
        Tensor<T> Rows(Tensor<T> v) => v.Expand(v.Shape.Rank, n);
        Tensor<T> Columns(Tensor<T> v) => v.Expand(v.Shape.Rank - 1, n);
        var (s, pool) = (a.Sqrt(), W * Columns(y));
        var h = (Wr * Columns(y)).Sum(2);
        // (Wr − I) − D(s)Wr: with Wr = I nothing is left of 1 − 1, however small s is.
        var yy = (Wr - identity - Wr * Rows(s)) / Rows(tauY);
        var ya = (Rows(-h / (s * tauY)) * identity).Affine(T.CreateTruncating(0.5), T.Zero);
        var ay = (pool * Columns(a) / Rows(tauA)).Affine(T.CreateTruncating(2), T.Zero);
        var aa = (pool * Columns(y) - identity) / Rows(tauA);
        return Tensor<T>.Concat(1, Tensor<T>.Concat(2, yy, ya), Tensor<T>.Concat(2, ay, aa));
    }

    /// <summary>
    /// The quadratic eigenvalue problem λ²I + λB + K of a circuit with Wr = I at its fixed point (Eq. 7–8), and the splitting B = M − N:
    /// <para>K = D(s/(τ_yτ_a)) (Eq. 10), M = D(s/τ_y + 1/τ_a), N = D(1/τ_a) W D(y²), B = M − N (Eq. 11–12), s = √a.</para>
    /// </summary>
    /// <exception cref="ArgumentException">The circuit has Wr ≠ I, or a length is wrong.</exception>
    public static QuadraticProblem Quadratic(Circuit circuit, ReadOnlySpan<double> y, ReadOnlySpan<double> a)
    {
        var n = circuit.N;
        if (!circuit.IsIdentityRecurrence)
            throw new ArgumentException(
                "Wr is not the identity; the quadratic eigenvalue problem exists only for Wr = I, so use the Jacobian.", nameof(circuit));
        CircuitShape.Check(n, y.Length, nameof(y));
        CircuitShape.Check(n, a.Length, nameof(a));
        var (B, K, M, N) = (new double[n * n], new double[n], new double[n], new double[n * n]);
        double bound = 0;
        for (var i = 0; i < n; i++)
        {
            var s = Math.Sqrt(a[i]);
            K[i] = s / (circuit.TauY[i] * circuit.TauA[i]);
            M[i] = s / circuit.TauY[i] + 1 / circuit.TauA[i];
            bound = Math.Max(bound, 1 - circuit.C[i] / a[i]);
            for (var j = 0; j < n; j++)
            {
                N[i * n + j] = circuit.W[i * n + j] * y[j] * y[j] / circuit.TauA[i];
                B[i * n + j] = (i == j ? M[i] : 0) - N[i * n + j];
            }
        }
        var iteration = new double[n * n];
        for (var i = 0; i < n * n; i++) iteration[i] = N[i] / M[i / n];
        var spectrum = Eigenvalues.Of(iteration, n);
        return new(n, B, K, M, N, spectrum.SpectralRadius, bound);
    }
}

/// <summary>λ²I + λB + K and the regular splitting B = M − N (Eq. 8–12). Matrices are n × n, row-major; K and M are diagonals.</summary>
/// <param name="Order">n.</param>
/// <param name="B">The damping matrix, a nonsingular M-matrix (Eq. 11).</param>
/// <param name="K">Diagonal of the positive stiffness matrix (Eq. 10).</param>
/// <param name="M">Diagonal of M (Eq. 12).</param>
/// <param name="N">N ≥ 0 (Eq. 12).</param>
/// <param name="SpectralRadius">ρ(M⁻¹N), less than one (Theorem 4.3).</param>
/// <param name="SpectralRadiusBound">max_i (1 − c_i/a_i), an upper bound of ρ(M⁻¹N) that is itself less than one (a result of this project).</param>
public sealed record QuadraticProblem(int Order, double[] B, double[] K, double[] M, double[] N, double SpectralRadius, double SpectralRadiusBound);
