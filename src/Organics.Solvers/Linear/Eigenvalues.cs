using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Organics;

/// <summary>How a computation of eigenvalues ended.</summary>
public enum EigenvalueStatus
{
    /// <summary>All eigenvalues were found.</summary>
    Converged,

    /// <summary>The sweeps that all eigenvalues share were used up; the eigenvalues up to the stuck index are missing (not a number).</summary>
    IterationCap,

    /// <summary>The matrix holds an infinity or a value that is not a number.</summary>
    InvalidInput,
}

/// <summary>Outcome of the span form of <see cref="Eigenvalues"/>.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="StuckIndex">The last index of the block that did not deflate; where the input is invalid, the index in the row-major matrix of its first
/// entry that is not finite; or −1.</param>
/// <param name="Sweeps">Double-shift QR sweeps in all.</param>
/// <param name="TraceDefect">
/// max(|Σλ − tr A|/‖A‖_F, |Σλ² − tr A²|/‖A‖_F²)/n, computed from the original A. If the values are the exact spectrum of A + E, then
/// |Σλ − tr A| = |tr E| ≤ √n‖E‖_F, so √n·TraceDefect is, by its first term, a lower bound of the relative backward error: a large value proves that
/// the spectrum is wrong, a small one does not prove that it is right. <see cref="Eigenvalues.BackwardError"/> bounds from above, one value at a time.
/// </param>
/// <param name="DeflationError">Frobenius norm of the subdiagonal entries set to zero, relative to that of the balanced matrix: the part of the backward error
/// that was committed knowingly.</param>
public readonly record struct EigenvalueSummary(EigenvalueStatus Status, int StuckIndex, int Sweeps, double TraceDefect, double DeflationError);

/// <summary>The eigenvalues of a real matrix and how they were obtained.</summary>
/// <param name="Values">All n eigenvalues, conjugate pairs side by side; not a number where missing.</param>
/// <param name="Summary">Status, counts and error measures.</param>
public sealed record EigenvalueResult(Complex[] Values, EigenvalueSummary Summary)
{
    /// <summary>The largest real part, max Re λ: negative for a stable linear system. Not a number unless converged.</summary>
    public double SpectralAbscissa => Summary.Status == EigenvalueStatus.Converged ? Values.Select(v => v.Real).DefaultIfEmpty(double.NegativeInfinity).Max() : double.NaN;

    /// <summary>The largest modulus, max |λ|. Not a number unless converged.</summary>
    public double SpectralRadius => Summary.Status == EigenvalueStatus.Converged ? Values.Select(v => v.Magnitude).DefaultIfEmpty(0).Max() : double.NaN;

    /// <summary>What failed, where, and what to do, in a sentence; null where all eigenvalues were found.</summary>
    public string? Failure => Summary.Status switch
    {
        EigenvalueStatus.Converged => null,
        EigenvalueStatus.InvalidInput => NotFinite(Summary.StuckIndex, Values.Length),
        _ => $"QR used up its {Summary.Sweeps} sweeps with {Values.Count(v => double.IsNaN(v.Real))} of the {Values.Length} eigenvalues missing, "
            + $"those up to index {Summary.StuckIndex}; change the matrix by rounding errors, 1e-15 of its norm, and try again.",
    };

    /// <summary>Throws unless converged.</summary>
    /// <exception cref="ArithmeticException">Eigenvalues are missing.</exception>
    public EigenvalueResult OrThrow() => Failure is { } failure ? throw new ArithmeticException(failure) : this;

    internal static string NotFinite(int index, int n)
        => $"The entry in row {index / n} and column {index % n} of the matrix is not finite, so it has neither eigenvalues nor singular values; "
            + "look for an overflow or a division by zero in what computed it.";
}

/// <summary>
/// All eigenvalues, without vectors, of a general real matrix in double: permutation and scaling (Parlett &amp; Reinsch, Numer. Math. 13, 1969),
/// Householder reduction to Hessenberg form and implicit double-shift QR (Francis, Computer Journal 4, 1961–62; Golub &amp; Van Loan, 4th ed., §7.4–7.5).
/// </summary>
public static partial class Eigenvalues
{
    internal const double Epsilon = 2.220446049250313e-16;

    // Of a matrix whose largest entry is near one: the margin above underflow in which rounding errors are as large as what they belong to.
    const double Negligible = 1e-290;

    /// <summary>
    /// The sweeps that all eigenvalues of a matrix may use together, as in LAPACK's dhseqr. Most matrices need two for each; but where a spectrum is graded,
    /// the first may need a hundred, and
    /// the others hardly any then.
    /// </summary>
    internal static int MostSweeps(int n) => 30 * Math.Max(10, n);

    /// <summary>Elements that the scratch of the span form must hold for order n.</summary>
    public static int ScratchLength(int n) => n * n + 2 * n;

    /// <summary>The eigenvalues of a matrix of order n, row-major.</summary>
    /// <exception cref="ArgumentException">The matrix does not hold n × n elements.</exception>
    public static EigenvalueResult Of(ReadOnlySpan<double> matrix, int n)
    {
        var (re, im) = (new double[n], new double[n]);
        var summary = Of(matrix, n, re, im, new double[ScratchLength(n)]);
        var values = new Complex[n];
        for (var i = 0; i < n; i++) values[i] = new(re[i], im[i]);
        return new(values, summary);
    }

    /// <summary>The eigenvalues of a matrix of order n, row-major, without allocation. The matrix is left as it is.</summary>
    /// <param name="matrix">n × n elements.</param>
    /// <param name="n">Order.</param>
    /// <param name="re">Out: real parts, n elements.</param>
    /// <param name="im">Out: imaginary parts, n elements; conjugate pairs side by side, the positive one first.</param>
    /// <param name="scratch">At least <see cref="ScratchLength"/> elements.</param>
    /// <exception cref="ArgumentException">A span has the wrong length.</exception>
    public static EigenvalueSummary Of(ReadOnlySpan<double> matrix, int n, Span<double> re, Span<double> im, Span<double> scratch)
    {
        if (matrix.Length != n * n) throw new ArgumentException($"The matrix holds {matrix.Length} elements; order {n} needs {n * n}.", nameof(matrix));
        if (re.Length != n || im.Length != n || scratch.Length < ScratchLength(n))
            throw new ArgumentException($"Order {n} needs {n} real parts, {n} imaginary parts and a scratch of {ScratchLength(n)}.");
        re.Fill(double.NaN);
        im.Fill(double.NaN);
        double largest = 0;
        for (var i = 0; i < matrix.Length; i++)
        {
            if (!double.IsFinite(matrix[i])) return new(EigenvalueStatus.InvalidInput, i, 0, double.NaN, double.NaN);
            largest = Math.Max(largest, Math.Abs(matrix[i]));
        }
        if (largest == 0)
        {
            re.Clear();
            im.Clear();
            return new(EigenvalueStatus.Converged, -1, 0, 0, 0);
        }

        var h = scratch[..(n * n)];
        var work = scratch.Slice(n * n, 2 * n);
        // Two numbers of work hold four integers.
        var integers = MemoryMarshal.Cast<double, int>(work);
        var order = integers[..n];
        var (lo, hi) = Isolate(matrix, n, order, integers.Slice(n, 2 * n));
        // Balancing comes first, and scaling after it: what is small beside the largest entry may be all that an eigenvalue hangs on, and would be lost.
        // Only sums must not overflow.
        var reduction = Math.Max(0, Math.ILogB(largest) - 960);
        var reduced = Math.ScaleB(1, -reduction);
        for (var i = 0; i < n; i++)
        {
            var row = matrix.Slice(order[i] * n, n);
            for (var j = 0; j < n; j++) h[i * n + j] = row[order[j]] * reduced;
        }
        // Powers of two bring the largest entry near one, in two steps, for 2⁻ᵉ itself may overflow.
        var exponent = Math.ILogB(largest) - reduction;
        var (half, rest) = Halves(-exponent);
        double trace = 0, traceOfSquare = 0, norm = 0;
        for (var i = 0; i < n; i++)
        {
            trace += h[i * n + i] * half * rest;
            for (var j = 0; j < n; j++)
            {
                var v = h[i * n + j] * half * rest;
                traceOfSquare += v * (h[j * n + i] * half * rest);
                norm += v * v;
            }
        }
        for (var i = 0; i < n; i++)
            if (i < lo || i > hi) (re[i], im[i]) = (h[i * n + i], 0);
        Scale(h, n, lo, hi, []);
        largest = 0;
        for (var i = lo; i <= hi; i++)
            foreach (var v in h.Slice(i * n + lo, hi - lo + 1)) largest = Math.Max(largest, Math.Abs(v));
        var window = largest == 0 ? 0 : Math.ILogB(largest);
        var (windowHalf, windowRest) = Halves(-window);
        double balanced = 0;
        for (var i = lo; i <= hi; i++)
            foreach (ref var v in h.Slice(i * n + lo, hi - lo + 1))
            {
                v = v * windowHalf * windowRest;
                balanced += v * v;
            }

        var (stuck, sweeps, dropped) = Vector512.IsHardwareAccelerated && n >= 24
            ? Reduce<Simd512<double>>(h, n, lo, hi, re, im, work)
            : Reduce<Simd256<double>>(h, n, lo, hi, re, im, work);

        var unit = Math.ScaleB(1, window - exponent);
        double sum = -trace, sumOfSquares = -traceOfSquare;
        for (var i = 0; i < n; i++)
        {
            var isOutside = i < lo || i > hi;
            var (x, y) = isOutside ? (re[i] * half * rest, 0) : (re[i] * unit, im[i] * unit);
            sum += x;
            sumOfSquares += (x - y) * (x + y);
            var own = isOutside ? reduction : window + reduction;
            (re[i], im[i]) = (Math.ScaleB(re[i], own), Math.ScaleB(im[i], own));
        }
        return new(
            stuck < 0 ? EigenvalueStatus.Converged : EigenvalueStatus.IterationCap, stuck, sweeps,
            stuck < 0 ? Math.Max(Math.Abs(sum) / Math.Sqrt(norm), Math.Abs(sumOfSquares) / norm) / n : double.NaN,
            balanced > 0 ? Math.Sqrt(dropped / balanced) : 0);
    }

    /// <summary>Two factors with the product 2ᵉ, which itself may be beyond the numbers.</summary>
    internal static (double, double) Halves(int exponent) => (Math.ScaleB(1, exponent / 2), Math.ScaleB(1, exponent - exponent / 2));

    /// <summary>
    /// The eigenvalues of many matrices of one order on all cores. Small ones are done several at once, one in each lane of a vector. The backward error is
    /// that of the other forms, and the result depends neither on the width of the vectors nor on the number of threads.
    /// </summary>
    /// <param name="matrices">Row-major, one after the other.</param>
    /// <param name="n">Their order, at least 1.</param>
    /// <param name="re">Out: real parts, n for each matrix; not a number where missing.</param>
    /// <param name="im">Out: imaginary parts; conjugate pairs side by side, the positive one first.</param>
    /// <param name="threads">The most threads to use; 0 stands for one a core.</param>
    /// <returns>How many matrices lack eigenvalues, because they are not finite or QR reached its cap.</returns>
    /// <exception cref="ArgumentException">A length or the number of threads cannot be.</exception>
    public static int OfEach(ReadOnlyMemory<double> matrices, int n, Memory<double> re, Memory<double> im, int threads = 0)
    {
        if (n < 1 || matrices.Length % (n * n) != 0) throw new ArgumentException($"{matrices.Length} elements are no matrices of order {n}; give n² for each.", nameof(matrices));
        var count = matrices.Length / (n * n);
        CheckParts(count, n, re.Length, im.Length);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        // Beyond, the matrices of all lanes outgrow a cache of the second level.
        const int largestInLanes = 112;
        var lanes = n > largestInLanes ? 1 : VectorWidth.Bits / (8 * sizeof(double));
        var groups = (count + lanes - 1) / lanes;
        var parts = Math.Min(groups, threads == 0 ? Environment.ProcessorCount : threads);
        var missing = 0;
        if (parts <= 1) Part(0);
        else Parallel.For(0, parts, new() { MaxDegreeOfParallelism = parts }, Part);
        return missing;

        unsafe void Part(int part)
        {
            var length = Math.Max(ScratchLength(n), lanes > 1 ? EigenvalueLanes<Simd512<double>>.ScratchLength(n) : 0);
            fixed (double* start = new double[length + 64 / sizeof(double)])
            {
                // Vectors that begin at a cache line are read in half the time.
                var scratch = new Span<double>((double*)(((nuint)start + 63) / 64 * 64), length);
                for (var k = (int)((long)groups * part / Math.Max(1, parts)); k < (int)((long)groups * (part + 1) / Math.Max(1, parts)); k++) Group(k * lanes, Math.Min(lanes, count - k * lanes), scratch);
            }
        }

        void Group(int from, int size, Span<double> scratch)
        {
            var m = matrices.Span.Slice(from * n * n, size * n * n);
            var x = re.Span.Slice(from * n, size * n);
            var y = im.Span.Slice(from * n, size * n);
            var left = lanes == 1 ? 1
                : lanes == Simd512<double>.Count ? EigenvalueLanes<Simd512<double>>.Of(m, size, n, x, y, scratch)
                : lanes == Simd256<double>.Count ? EigenvalueLanes<Simd256<double>>.Of(m, size, n, x, y, scratch)
                : EigenvalueLanes<Simd128<double>>.Of(m, size, n, x, y, scratch);
            for (var i = 0; i < size; i++)
                if ((left >> i & 1) != 0 && Of(m.Slice(i * n * n, n * n), n, x.Slice(i * n, n), y.Slice(i * n, n), scratch).Status != EigenvalueStatus.Converged) Interlocked.Increment(ref missing);
        }
    }

    /// <summary>
    /// An upper bound, up to rounding in a reduction to Hessenberg form, of σ_min(A − λI)/‖A‖_F: the least relative perturbation of A that makes λ an exact
    /// eigenvalue (Trefethen &amp; Embree, Spectra and Pseudospectra, §2). Inverse iteration on (A − λI)ᴴ(A − λI); O(n³), allocates.
    /// </summary>
    /// <exception cref="ArgumentException">The matrix does not hold n × n elements.</exception>
    /// <exception cref="ArithmeticException">The matrix or λ is not finite.</exception>
    public static double BackwardError(ReadOnlySpan<double> matrix, int n, Complex lambda)
    {
        var form = new HessenbergForm(matrix, n);
        var scaled = form.Scaled(lambda);
        if (n == 0 || form.Norm == 0) return lambda == Complex.Zero ? 0 : double.PositiveInfinity;
        return !Complex.IsFinite(scaled) ? double.PositiveInfinity : form.At(scaled).Smallest(lambda.Imaginary == 0).Sigma / form.Norm;
    }
}
