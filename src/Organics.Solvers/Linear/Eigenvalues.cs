using System.Numerics;
using System.Runtime.CompilerServices;
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
    /// Scales a matrix in place to D⁻¹AD with powers of two on the diagonal of D, so that rows and columns have norms alike (Parlett &amp; Reinsch): the
    /// spectrum is the same, and the error bounds that its norm gives are tighter.
    /// </summary>
    /// <exception cref="ArgumentException">The matrix does not hold n × n elements.</exception>
    public static void Balance(Span<double> matrix, int n)
    {
        if (matrix.Length != n * n) throw new ArgumentException($"The matrix holds {matrix.Length} elements; order {n} needs {n * n}.", nameof(matrix));
        Scale(matrix, n, 0, n - 1, []);
    }

    /// <summary>As <see cref="Balance(Span{double}, int)"/>, and what was done to the matrix is done to another one, of bounds of its elements' errors
    /// say.</summary>
    /// <exception cref="ArgumentException">A matrix does not hold n × n elements.</exception>
    public static void Balance(Span<double> matrix, int n, Span<double> companion)
    {
        if (matrix.Length != n * n || companion.Length != n * n)
            throw new ArgumentException($"The matrices hold {matrix.Length} and {companion.Length} elements; order {n} needs {n * n}.", nameof(matrix));
        Scale(matrix, n, 0, n - 1, companion);
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

    /// <summary>Householder reduction of a whole matrix in place; row k of <paramref name="reflectors"/> gets β at k and v behind it, which are 0 where
    /// nothing was to be done.</summary>
    internal static void Hessenberg(Span<double> matrix, int n, Span<double> reflectors)
    {
        ref var origin = ref MemoryMarshal.GetReference(matrix);
        if (Vector512.IsHardwareAccelerated && n >= 24) Hessenberg<Simd512<double>>(ref origin, n, 0, n - 1, new double[2 * n], reflectors);
        else Hessenberg<Simd256<double>>(ref origin, n, 0, n - 1, new double[2 * n], reflectors);
    }

    /// <summary>
    /// The order of rows and columns in which those whose off-diagonal part is zero lie outside of the window [lo, hi]: the matrix is block triangular then,
    /// and their diagonal entries are eigenvalues.
    /// </summary>
    /// <param name="matrix">n × n elements.</param>
    /// <param name="n">Order.</param>
    /// <param name="order">Out: the index in the matrix for every place. n elements.</param>
    /// <param name="counts">Scratch of 2n elements.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static (int Lo, int Hi) Isolate(ReadOnlySpan<double> matrix, int n, Span<int> order, Span<int> counts)
    {
        // Off-diagonal elements within the window that are not zero.
        var rows = counts[..n];
        var columns = counts.Slice(n, n);
        columns.Clear();
        for (var i = 0; i < n; i++)
        {
            var count = 0;
            var row = matrix.Slice(i * n, n);
            for (var j = 0; j < row.Length; j++)
            {
                var one = row[j] != 0 ? 1 : 0;
                count += one;
                columns[j] += one;
            }
            (order[i], rows[i]) = (i, count);
        }
        for (var i = 0; i < n; i++)
            if (matrix[i * (n + 1)] != 0)
            {
                rows[i]--;
                columns[i]--;
            }
        var (lo, hi) = (0, n - 1);
        for (var found = rows.Contains(0); found;)
        {
            found = false;
            for (var i = hi; i >= lo && hi > lo; i--)
                if (rows[order[i]] == 0)
                {
                    found = true;
                    (order[i], order[hi]) = (order[hi], order[i]);
                    var taken = order[hi--];
                    foreach (var row in order[lo..(hi + 1)])
                        if (matrix[row * n + taken] != 0) rows[row]--;
                }
        }
        for (var found = columns.Contains(0); found;)
        {
            found = false;
            for (var j = lo; j <= hi && hi > lo; j++)
                if (columns[order[j]] == 0)
                {
                    found = true;
                    (order[j], order[lo]) = (order[lo], order[j]);
                    var taken = order[lo++];
                    foreach (var column in order[lo..(hi + 1)])
                        if (matrix[taken * n + column] != 0) columns[column]--;
                }
        }
        return (lo, hi);
    }

    /// <summary>Scales by powers of two until the norms of row i and column i agree within a factor of two or so.</summary>
    static void Scale(Span<double> h, int n, int lo, int hi, Span<double> companion)
    {
        const double least = 1e-290, greatest = 1e290;
        for (var changed = true; changed;)
        {
            changed = false;
            for (var i = lo; i <= hi; i++)
            {
                double row = 0, column = 0;
                for (var j = lo; j <= hi; j++)
                    if (j != i)
                    {
                        row += Math.Abs(h[i * n + j]);
                        column += Math.Abs(h[j * n + i]);
                    }
                if (row == 0 || column == 0) continue;
                double factor = 1, total = row + column;
                while (column < row / 2 && factor < greatest && column < greatest && row > least) (factor, column, row) = (factor * 2, column * 2, row / 2);
                while (column >= row * 2 && factor > least && row < greatest && column > least) (factor, column, row) = (factor / 2, column / 2, row * 2);
                if (factor == 1 || row + column >= 0.95 * total) continue;
                changed = true;
                for (var j = lo; j <= hi; j++)
                {
                    // The diagonal stays as it is, and must not overflow on its way there and back.
                    if (j == i) continue;
                    h[i * n + j] /= factor;
                    h[j * n + i] *= factor;
                    if (companion.IsEmpty) continue;
                    companion[i * n + j] /= factor;
                    companion[j * n + i] *= factor;
                }
            }
        }
    }

    internal static (int Stuck, int Sweeps, double Dropped) Reduce<P>(Span<double> h, int n, int lo, int hi, Span<double> re, Span<double> im, Span<double> work)
        where P : unmanaged, ISimdReal<P, double>
    {
        ref var origin = ref MemoryMarshal.GetReference(h);
        Hessenberg<P>(ref origin, n, lo, hi, work, []);
        return Francis<P>(ref origin, n, lo, hi, re, im);
    }

    /// <summary>A ← (I − βvvᵀ)A(I − βvvᵀ), column after column, on the window [lo, hi]; row k of <paramref name="reflectors"/>, if they are wanted, gets β
    /// at k and v behind it.</summary>
    static void Hessenberg<P>(ref double h, int n, int lo, int hi, Span<double> work, Span<double> reflectors) where P : unmanaged, ISimdReal<P, double>
    {
        ref var v = ref MemoryMarshal.GetReference(work);
        ref var w = ref Unsafe.Add(ref v, n);
        for (var k = lo; k < hi - 1; k++)
        {
            var first = k + 1;
            double scale = 0;
            for (var i = first + 1; i <= hi; i++) scale = Math.Max(scale, Math.Abs(Unsafe.Add(ref h, i * n + k)));
            if (scale == 0) continue;
            scale = Math.Max(scale, Math.Abs(Unsafe.Add(ref h, first * n + k)));
            double length = 0;
            for (var i = first; i <= hi; i++)
            {
                var e = Unsafe.Add(ref h, i * n + k) / scale;
                Unsafe.Add(ref v, i) = e;
                length += e * e;
                Unsafe.Add(ref h, i * n + k) = 0;
            }
            length = Math.CopySign(Math.Sqrt(length), Unsafe.Add(ref v, first));
            Unsafe.Add(ref h, first * n + k) = -length * scale;
            Unsafe.Add(ref v, first) += length;
            var beta = 1 / (length * Unsafe.Add(ref v, first));
            if (!reflectors.IsEmpty)
            {
                reflectors[k * n + k] = beta;
                work[first..(hi + 1)].CopyTo(reflectors[(k * n + first)..]);
            }

            // Rows: w = β·Aᵀv, then A −= v·wᵀ.
            var count = hi + 1 - first;
            MemoryMarshal.CreateSpan(ref Unsafe.Add(ref w, first), count).Clear();
            for (var i = first; i <= hi; i++)
                AddScaled<P>(beta * Unsafe.Add(ref v, i), ref Unsafe.Add(ref h, i * n + first), ref Unsafe.Add(ref w, first), count);
            for (var i = first; i <= hi; i++)
                AddScaled<P>(-Unsafe.Add(ref v, i), ref Unsafe.Add(ref w, first), ref Unsafe.Add(ref h, i * n + first), count);
            // Columns: A −= β(A·v)vᵀ.
            for (var i = lo; i <= hi; i++)
            {
                ref var row = ref Unsafe.Add(ref h, i * n + first);
                AddScaled<P>(-beta * Dot(ref row, ref Unsafe.Add(ref v, first), count), ref Unsafe.Add(ref v, first), ref row, count);
            }
        }
    }

    /// <summary>Double-shift QR sweeps on the Hessenberg window [lo, hi], one or two eigenvalues deflating at a time from its end.</summary>
    static (int Stuck, int Sweeps, double Dropped) Francis<P>(ref double h, int n, int lo, int hi, Span<double> re, Span<double> im)
        where P : unmanaged, ISimdReal<P, double>
    {
        double norm = 0, dropped = 0;
        for (var i = lo; i <= hi; i++)
            for (var j = Math.Max(lo, i - 1); j <= hi; j++) norm = Math.Max(norm, Math.Abs(Unsafe.Add(ref h, i * n + j)));
        var (end, sweeps, attempts) = (hi, 0, 0);
        while (end >= lo)
        {
            var start = end;
            for (; start > lo; start--)
            {
                ref var below = ref Unsafe.Add(ref h, start * n + start - 1);
                var size = Math.Abs(Unsafe.Add(ref h, (start - 1) * (n + 1))) + Math.Abs(Unsafe.Add(ref h, start * (n + 1)));
                if (Math.Abs(below) > Math.Max(Epsilon * (size == 0 ? norm : size), Negligible)) continue;
                dropped += below * below;
                below = 0;
                break;
            }
            var x = Unsafe.Add(ref h, end * (n + 1));
            if (start == end)
            {
                (re[end], im[end]) = (x, 0);
                end--;
                attempts = 0;
                continue;
            }
            var y = Unsafe.Add(ref h, (end - 1) * (n + 1));
            var w = Unsafe.Add(ref h, end * n + end - 1) * Unsafe.Add(ref h, (end - 1) * n + end);
            if (start == end - 1)
            {
                Pair(x, y, w, out re[end - 1], out im[end - 1], out re[end], out im[end]);
                end -= 2;
                attempts = 0;
                continue;
            }
            if (sweeps == MostSweeps(n)) return (end, sweeps, dropped);
            attempts++;
            sweeps++;
            var second = start + 2;
            (x, y, w) = Shifts(
                attempts, x, y, w, (x, Unsafe.Add(ref h, end * n + end - 1), Unsafe.Add(ref h, (end - 1) * n + end - 2)),
                (Unsafe.Add(ref h, second * (n + 1)), Unsafe.Add(ref h, second * n + second - 1), Unsafe.Add(ref h, (second - 1) * n + second - 2)));
            Sweep<P>(ref h, n, start, end, x, y, w);
        }
        return (-1, sweeps, dropped);
    }

    /// <summary>
    /// The shifts of a sweep, with sum x + y and product x·y − w: the eigenvalues of the last 2 × 2 block [[y, ·], [·, x]] whose off-diagonal product is w,
    /// unless they failed often. For then, a diagonal entry and the two subdiagonal entries up from it are given, at the end and at the start of the window.
    /// </summary>
    static (double X, double Y, double W) Shifts(int attempts, double x, double y, double w, (double Diagonal, double Below, double Above) end, (double Diagonal, double Below, double Above) start)
    {
        if (attempts % 10 == 0)
        {
            var (diagonal, below, above) = attempts % 20 == 0 ? start : end;
            return Exceptional(diagonal, below, above);
        }
        if ((y - x) * (y - x) / 4 + w is var discriminant and >= 0 && w != 0)
        {
            // Of two real shifts the one nearer to the corner serves twice, as in LAPACK's dlahqr: both of them together can wander for ever.
            var half = (y - x) / 2;
            x -= w / (half + Math.CopySign(Math.Sqrt(discriminant), half));
            return (x, x, 0);
        }
        return (x, y, w);
    }

    /// <summary>Shifts that break the cycles ordinary ones can fall into.</summary>
    internal static (double X, double Y, double W) Exceptional(double diagonal, double below, double above)
    {
        var s = Math.Abs(below) + Math.Abs(above);
        return (0.75 * s + diagonal, 0.75 * s + diagonal, -0.4375 * s * s);
    }

    /// <summary>Eigenvalues of [[y, ·], [·, x]] whose off-diagonal product is w.</summary>
    internal static void Pair(double x, double y, double w, out double re1, out double im1, out double re2, out double im2)
    {
        var p = (y - x) / 2;
        var discriminant = p * p + w;
        if (discriminant < 0)
        {
            re1 = re2 = x + p;
            im1 = Math.Sqrt(-discriminant);
            im2 = -im1;
            return;
        }
        var z = p + Math.CopySign(Math.Sqrt(discriminant), p);
        re1 = x + z;
        re2 = z == 0 ? x : x - w / z;
        im1 = im2 = 0;
    }

    /// <summary>One implicit sweep with the shifts that have sum x + y and product x·y − w.</summary>
    static void Sweep<P>(ref double h, int n, int start, int end, double x, double y, double w) where P : unmanaged, ISimdReal<P, double>
    {
        // The first column of (H − σ₁)(H − σ₂), begun as low as two consecutive small subdiagonals allow.
        double p = 0, q = 0, r = 0;
        var m = end - 2;
        for (; m >= start; m--)
        {
            ref var d = ref Unsafe.Add(ref h, m * (n + 1));
            var z = d;
            var (toX, toY) = (x - z, y - z);
            p = (toX * toY - w) / Unsafe.Add(ref d, n) + Unsafe.Add(ref d, 1);
            q = Unsafe.Add(ref d, n + 1) - z - toX - toY;
            r = Unsafe.Add(ref d, 2 * n + 1);
            var s = Math.Abs(p) + Math.Abs(q) + Math.Abs(r);
            if (s > 0) (p, q, r) = (p / s, q / s, r / s);
            if (m == start) break;
            var before = Math.Abs(Unsafe.Add(ref d, -1)) * (Math.Abs(q) + Math.Abs(r));
            if (before <= Epsilon * Math.Abs(p) * (Math.Abs(Unsafe.Add(ref d, -n - 1)) + Math.Abs(z) + Math.Abs(Unsafe.Add(ref d, n + 1)))) break;
        }
        for (var k = m; k < end; k++)
        {
            var three = k < end - 1;
            ref var d = ref Unsafe.Add(ref h, k * (n + 1));
            double scale = 1;
            if (k > m)
            {
                (p, q, r) = (Unsafe.Add(ref d, -1), Unsafe.Add(ref d, n - 1), three ? Unsafe.Add(ref d, 2 * n - 1) : 0);
                scale = Math.Abs(p) + Math.Abs(q) + Math.Abs(r);
                if (scale == 0) continue;
                (p, q, r) = (p / scale, q / scale, r / scale);
            }
            else if (!three) r = 0;
            var s = Math.CopySign(Math.Sqrt(p * p + q * q + r * r), p);
            if (s == 0) continue;
            if (k > m)
            {
                Unsafe.Add(ref d, -1) = -s * scale;
                Unsafe.Add(ref d, n - 1) = 0;
                if (three) Unsafe.Add(ref d, 2 * n - 1) = 0;
            }
            else if (k > start) Unsafe.Add(ref d, -1) = -Unsafe.Add(ref d, -1);
            // The reflector I − (x,y,z)ᵀ(1,q,r).
            p += s;
            var (fx, fy, fz) = (p / s, q / s, r / s);
            q /= p;
            r /= p;
            Rows<P>(ref d, n, end - k + 1, three, q, r, fx, fy, fz);
            var last = Math.Min(end, k + 3);
            ref var row = ref Unsafe.Add(ref h, start * n + k);
            if (three)
                for (var i = start; i <= last; i++, row = ref Unsafe.Add(ref row, n))
                {
                    var sum = fx * row + fy * Unsafe.Add(ref row, 1) + fz * Unsafe.Add(ref row, 2);
                    row -= sum;
                    Unsafe.Add(ref row, 1) -= sum * q;
                    Unsafe.Add(ref row, 2) -= sum * r;
                }
            else
                for (var i = start; i <= last; i++, row = ref Unsafe.Add(ref row, n))
                {
                    var sum = fx * row + fy * Unsafe.Add(ref row, 1);
                    row -= sum;
                    Unsafe.Add(ref row, 1) -= sum * q;
                }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Rows<P>(ref double r0, int n, int count, bool three, double q, double r, double x, double y, double z) where P : unmanaged, ISimdReal<P, double>
    {
        ref var r1 = ref Unsafe.Add(ref r0, n);
        ref var r2 = ref Unsafe.Add(ref r1, three ? n : 0);
        var c = 0;
        if (three)
        {
            var (vq, vr, vx, vy, vz) = (P.Of(q), P.Of(r), P.Of(-x), P.Of(-y), P.Of(-z));
            for (; c + P.Count <= count; c += P.Count)
            {
                var (e0, e1, e2) = (P.Load(in r0, c), P.Load(in r1, c), P.Load(in r2, c));
                var sum = P.Fma(vr, e2, P.Fma(vq, e1, e0));
                P.Store(P.Fma(sum, vx, e0), ref r0, c);
                P.Store(P.Fma(sum, vy, e1), ref r1, c);
                P.Store(P.Fma(sum, vz, e2), ref r2, c);
            }
        }
        // Elements beyond the last whole vector get the arithmetic of those within: where that ends is the processor's.
        for (; three && c < count; c++)
        {
            ref double e0 = ref Unsafe.Add(ref r0, c), e1 = ref Unsafe.Add(ref r1, c), e2 = ref Unsafe.Add(ref r2, c);
            var sum = Math.FusedMultiplyAdd(r, e2, Math.FusedMultiplyAdd(q, e1, e0));
            e0 = Math.FusedMultiplyAdd(sum, -x, e0);
            e1 = Math.FusedMultiplyAdd(sum, -y, e1);
            e2 = Math.FusedMultiplyAdd(sum, -z, e2);
        }
        for (; c < count; c++)
        {
            var sum = Unsafe.Add(ref r0, c) + q * Unsafe.Add(ref r1, c);
            Unsafe.Add(ref r0, c) -= sum * x;
            Unsafe.Add(ref r1, c) -= sum * y;
        }
    }

    /// <summary>v ← v + factor·u.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddScaled<P>(double factor, ref double u, ref double v, int count) where P : unmanaged, ISimdReal<P, double>
    {
        var f = P.Of(factor);
        var c = 0;
        for (; c + P.Count <= count; c += P.Count) P.Store(P.Fma(f, P.Load(in u, c), P.Load(in v, c)), ref v, c);
        for (; c < count; c++) Unsafe.Add(ref v, c) = Math.FusedMultiplyAdd(factor, Unsafe.Add(ref u, c), Unsafe.Add(ref v, c));
    }

    // The width of the vectors is the order of the sum, so it is the same on every processor.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double Dot(ref double u, ref double v, int count)
    {
        var sum = Simd512<double>.Zero;
        var c = 0;
        for (; c + Simd512<double>.Count <= count; c += Simd512<double>.Count) sum = Simd512<double>.Fma(Simd512<double>.Load(in u, c), Simd512<double>.Load(in v, c), sum);
        var total = Simd512<double>.Sum(sum);
        for (; c < count; c++) total += Unsafe.Add(ref u, c) * Unsafe.Add(ref v, c);
        return total;
    }
}
