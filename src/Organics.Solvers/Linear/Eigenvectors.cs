using System.Numerics;

namespace Organics;

/// <summary>An eigenvalue of a real matrix with a right and a left eigenvector, A·v = λv and uᴴA = λuᴴ, each of norm 1.</summary>
public sealed class EigenPair
{
    readonly Neighbourhood _around;

    internal EigenPair(Complex value, Complex[] right, Complex[] left, double residual, double condition, int multiplicity, Neighbourhood around)
        => (Value, Right, Left, Residual, Condition, Multiplicity, _around) = (value, right, left, residual, condition, multiplicity, around);

    /// <summary>λ, improved by the Rayleigh quotient uᴴAv/uᴴv where that lowers the residual. In units of A.</summary>
    public Complex Value { get; }

    /// <summary>v, n elements; real where λ is.</summary>
    public Complex[] Right { get; }

    /// <summary>u, n elements; real where λ is.</summary>
    public Complex[] Left { get; }

    /// <summary>
    /// The larger of ‖Av − λv‖₂ and ‖Aᵀu − λ̄u‖₂ relative to ‖A‖_F: λ is an exact eigenvalue of a matrix that near. A few rounding errors where the value
    /// that was given is one of A's, also where it is defective.
    /// </summary>
    public double Residual { get; }

    /// <summary>
    /// 1/|uᴴv|: how many times a small perturbation of A is magnified in λ. Infinite at a defective eigenvalue, and at one that rounding errors, n·ε‖A‖_F,
    /// make defective. Of several eigenvectors
    /// the pair is taken for which it is largest.
    /// </summary>
    public double Condition { get; }

    /// <summary>Independent eigenvectors of λ to rounding errors: its geometric multiplicity.</summary>
    public int Multiplicity { get; }

    /// <summary>
    /// How far λ is at most from eigenvalues of A + E, <see cref="Multiplicity"/> of them, for every E with ‖E‖_F up to <paramref name="perturbation"/>;
    /// that of 0 is an error bound of λ itself. In units of A.
    /// Rounding errors, n·ε‖A‖_F, and what the vectors leave of A − λI are added to E; let e be the sum. With V orthonormal eigenvectors, QᴴAQ = [[λI, W],
    /// [0, T]] and X = [V, V⊥ + VP] such that X⁻¹AX = diag(λI, T),
    /// X⁻¹EX has blocks of the norms κe, κ²e, e and κe, κ the condition; so the bound is κe(1 + 2κe/(δ − 2κe)) where 4κe &lt; δ = σ_min(T − λI) (Stewart
    /// &amp; Sun, Matrix Perturbation Theory, V.2.7). It holds
    /// for perturbations of any size, not to first order only; that δ is computed is its one estimate. Where κ is too large, as at a defective eigenvalue,
    /// it is Elsner's
    /// (‖A‖ + ‖A + E‖)^(1−1/n)·e^(1/n) (ibid., IV.1.3), for one eigenvalue.
    /// </summary>
    /// <param name="perturbation">‖E‖_F, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or not a number.</exception>
    public double ErrorBound(double perturbation)
    {
        if (!(perturbation >= 0)) throw new ArgumentOutOfRangeException(nameof(perturbation), perturbation, "The norm of a perturbation must be 0 or more.");
        var e = Math.ScaleB(perturbation, -_around.Exponent) + _around.Rounding + _around.Defect;
        var exponent = 1.0 / Right.Length;
        var (first, bound) = (Condition * e, Math.Pow(2 * _around.Norm + e, 1 - exponent) * Math.Pow(e, exponent));
        if (4 * first < _around.Separation) bound = Math.Min(bound, first * (1 + 2 * first / (_around.Separation - 2 * first)));
        return Math.ScaleB(bound, _around.Exponent);
    }

    /// <summary>
    /// The gradient of Re λ with respect to A: Re(u v̄ᵀ/(vᴴu)), from dλ = uᴴ·dA·v/(uᴴv) (Magnus, Econometric Theory 1, 1985). n × n, row-major.
    /// It exists where λ is simple; where it has several eigenvectors this is a directional derivative for one of them.
    /// </summary>
    /// <exception cref="ArithmeticException">λ is defective: it moves by a root of the perturbation.</exception>
    public double[] RealPartGradient()
    {
        if (double.IsPositiveInfinity(Condition))
            throw new ArithmeticException($"The eigenvalue {Value} is defective to rounding errors and has no gradient; "
                + "change a parameter a little, so that it splits.");
        var n = Right.Length;
        var overlap = Vectors.Dot(Left, Right);
        var gradient = new double[n * n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) gradient[i * n + j] = (Complex.Conjugate(Left[i]) * Right[j] / overlap).Real;
        return gradient;
    }
}

/// <summary>The other eigenvalues as seen from λ, all of 2⁻ᵉA: with V orthonormal eigenvectors, QᴴAQ = [[VᴴAV, W], [G, T]].</summary>
/// <param name="Exponent">e.</param>
/// <param name="Norm">‖A‖_F.</param>
/// <param name="Rounding">n·ε‖A‖_F.</param>
/// <param name="Defect">‖AV − λV‖_F.</param>
/// <param name="Separation">σ_min(T − λI), infinite where T has order 0.</param>
/// <param name="Gap">The smallest |μ − λ| of an eigenvalue μ of T.</param>
readonly record struct Neighbourhood(int Exponent, double Norm, double Rounding, double Defect, double Separation, double Gap);

/// <summary>
/// Eigenvectors of a real matrix at known eigenvalues: the singular vectors of A − λI whose singular value is a rounding error. They have the least residual
/// there is, also where λ is defective, which steps of inverse
/// iteration on A − λI itself have not (Ipsen, SIAM Review 39, 1997, §6).
/// </summary>
public static class Eigenvectors
{
    /// <summary>The eigenvectors of A at the eigenvalue nearest to <paramref name="lambda"/>. O(n³).</summary>
    /// <param name="matrix">A, n × n, row-major.</param>
    /// <param name="n">Order, 1 or more.</param>
    /// <param name="lambda">An eigenvalue, as <see cref="Eigenvalues"/> gives it.</param>
    /// <exception cref="ArgumentException">The matrix does not hold n × n elements.</exception>
    /// <exception cref="ArithmeticException">The matrix or the eigenvalue is not finite.</exception>
    public static EigenPair Of(ReadOnlySpan<double> matrix, int n, Complex lambda) => Of(matrix, n, [lambda])[0];

    /// <summary>
    /// The eigenvectors of A at each of several eigenvalues: O(n³) once, and O(n²) for each and for each of its eigenvectors. Eigenvalues that differ by
    /// rounding errors, n·ε‖A‖_F, and have several eigenvectors
    /// share one pair.
    /// </summary>
    /// <param name="matrix">A, n × n, row-major.</param>
    /// <param name="n">Order, 1 or more.</param>
    /// <param name="lambdas">Eigenvalues, as <see cref="Eigenvalues"/> gives them.</param>
    /// <exception cref="ArgumentException">The matrix does not hold n × n elements.</exception>
    /// <exception cref="ArithmeticException">The matrix or an eigenvalue is not finite.</exception>
    public static EigenPair[] Of(ReadOnlySpan<double> matrix, int n, ReadOnlySpan<Complex> lambdas)
    {
        if (n == 0) throw new ArgumentException("A matrix of order 0 has no eigenvectors; give one of order 1 or more.", nameof(n));
        var form = new HessenbergForm(matrix, n);
        var pairs = new EigenPair[lambdas.Length];
        for (var i = 0; i < pairs.Length; i++)
        {
            var lambda = form.Scaled(lambdas[i]);
            pairs[i] = Array.Find(pairs[..i], p => p.Multiplicity > 1 && (form.Scaled(p.Value) - lambda).Magnitude <= form.Rounding) ?? Of(form, lambda);
        }
        return pairs;
    }

    static EigenPair Of(HessenbergForm form, Complex lambda)
    {
        var (n, isReal, tolerance) = (form.Order, lambda.Imaginary == 0, form.Tolerance);
        var qr = form.At(lambda);
        var (sigma, u, v) = qr.Smallest(isReal);
        while (sigma > tolerance)
        {
            var next = lambda + Vectors.Dot(u, form.Multiply(v, lambda)) / Vectors.Dot(u, v);
            var better = form.At(next);
            var (s, l, r) = better.Smallest(isReal);
            // Nor where the step is no number.
            if (!(s < sigma / 2)) break;
            (lambda, qr, sigma, u, v) = (next, better, s, l, r);
        }

        // All eigenvectors: B = [[H − λI, U], [Vᴴ, 0]] is regular when none is missing.
        var bordered = new BorderedQr(qr);
        List<Complex[]> lefts = [u], rights = [v];
        while (sigma <= tolerance && rights.Count < n)
        {
            qr.Border(lefts[^1], rights[^1], 0);
            (sigma, u, v) = qr.Smallest(isReal);
            (u, v) = (u[..n], v[..n]);
            if (!(sigma <= tolerance && Vectors.Orthogonalize(u, lefts) > 0.5 && Vectors.Orthogonalize(v, rights) > 0.5)) break;
            lefts.Add(u);
            rights.Add(v);
        }
        var around = Around(form, bordered, lambda, rights, isReal);

        // Of all pairs of a left and a right one, that of the least overlap.
        var overlaps = new BorderedQr(Eigenvalues.Epsilon, rights.Count);
        for (var j = 0; j < rights.Count; j++)
            overlaps.Border(
                [.. lefts.Take(j).Select(l => Vectors.Dot(l, rights[j]))], [.. rights.Take(j).Select(r => Vectors.Dot(r, lefts[j]))],
                Vectors.Dot(lefts[j], rights[j]));
        var (_, fromLefts, fromRights) = overlaps.Smallest(isReal);
        var (left, right) = (Vectors.Combine(lefts, fromLefts), Vectors.Combine(rights, fromRights));
        form.ToOriginal(left);
        form.ToOriginal(right);
        var overlap = Vectors.Dot(left, right).Magnitude;
        // The rounding errors that make λ defective are, of two eigenvalues, a fourth of their distance over the condition (Wilkinson, Numer. Math. 19, 1972).
        var condition = 4 * form.Rounding < around.Gap * overlap ? 1 / overlap : double.PositiveInfinity;

        var (image, adjointImage) = form.Images(right, left);
        double Residual(Complex value) => Math.Max(Vectors.Distance(image, value, right), Vectors.Distance(adjointImage, Complex.Conjugate(value), left));
        var residual = Residual(lambda);
        var quotient = Vectors.Dot(left, image) / Vectors.Dot(left, right);
        if (rights.Count == 1 && double.IsFinite(condition) && Residual(quotient) < residual)
        {
            around = around with { Defect = around.Defect + (quotient - lambda).Magnitude };
            (lambda, residual) = (quotient, Residual(quotient));
        }
        return new(form.Original(lambda), right, left, form.Norm > 0 ? residual / form.Norm : residual, condition, rights.Count, around);
    }

    /// <summary>What T − λI, the matrix on the orthogonal complement of the eigenvectors, is like.</summary>
    static Neighbourhood Around(HessenbergForm form, BorderedQr qr, Complex lambda, List<Complex[]> rights, bool isReal)
    {
        double defect = 0;
        foreach (var v in rights) defect += Vectors.SquareOf(form.Multiply(v, lambda));
        var (separation, n) = (double.PositiveInfinity, form.Order);
        var gap = double.PositiveInfinity;
        if (rights.Count < n)
        {
            // B = [[H − λI, V], [Vᴴ, 0]] solves with T − λI.
            foreach (var v in rights) qr.Border(v, v, 0);
            var (sigma, _, x) = qr.Smallest(isReal);
            x = x[..n];
            separation = sigma;
            if (Vectors.Orthogonalize(x, rights) > 0)
            {
                var image = form.Multiply(x, lambda);
                Vectors.Project(image, rights);
                separation = Math.Sqrt(Vectors.SquareOf(image));
            }
            gap = Gap(qr, n);
        }
        return new(form.Exponent, form.Norm, form.Rounding, Math.Sqrt(defect), separation, gap);
    }

    /// <summary>1/ρ((T − λI)⁻¹), by its powers.</summary>
    static double Gap(BorderedQr qr, int n)
    {
        const int steps = 12;
        var x = new Complex[qr.Order];
        for (var i = 0; i < n; i++) x[i] = 1 + 0.41 * Math.Sin(2.1 * i);
        double logarithm = 0;
        for (var step = 0; step < steps; step++)
        {
            var before = BorderedQr.Normalize(x);
            if (step > steps / 2) logarithm += Math.Log(before);
            if (before == 0) return double.PositiveInfinity;
            var scale = qr.SolveScaled(x);
            for (var i = 0; i < n; i++) x[i] /= scale;
            // With 0 there, what is solved for is orthogonal to the eigenvectors.
            x.AsSpan(n).Clear();
        }
        return Math.Exp(-logarithm / (steps - 1 - steps / 2));
    }
}
