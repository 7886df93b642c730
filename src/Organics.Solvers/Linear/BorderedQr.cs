using System.Numerics;

namespace Organics;

/// <summary>
/// G·B = R by Givens rotations for a complex matrix B that grows by one row and one column at a time. A singular matrix that is bordered by its null vectors
/// is regular (Govaerts, Numerical Methods for
/// Bifurcations of Dynamical Equilibria, §3), so that the next singular vectors can be told from the first, however small the first singular value is.
/// </summary>
sealed class BorderedQr
{
    readonly double _floor;
    readonly List<Rotation> _rotations;
    Complex[] _r;
    int _stride;

    /// <summary>An empty matrix.</summary>
    /// <param name="floor">What stands for a smaller pivot where a system is solved: a rounding error of the matrix.</param>
    /// <param name="capacity">The order that it will grow to, or about that.</param>
    public BorderedQr(double floor, int capacity = 4) => (_floor, _rotations, _stride, _r) = (floor, [], capacity, new Complex[capacity * capacity]);

    /// <summary>H − λI for an upper Hessenberg matrix H, in O(n²).</summary>
    public BorderedQr(ReadOnlySpan<double> hessenberg, int n, Complex lambda, double floor) : this(floor, n + 3)
    {
        Order = n;
        for (var i = 0; i < n; i++)
            for (var j = Math.Max(0, i - 1); j < n; j++) _r[i * _stride + j] = hessenberg[i * n + j] - (i == j ? lambda : 0);
        for (var i = 0; i < n - 1; i++) Eliminate(i, i + 1);
    }

    /// <summary>A copy, to be bordered in another way.</summary>
    public BorderedQr(BorderedQr other)
        => (_floor, _rotations, _r, _stride, Order) = (other._floor, [.. other._rotations], [.. other._r], other._stride, other.Order);

    /// <summary>Rows and columns.</summary>
    public int Order { get; private set; }

    /// <summary>B ← [[B, c], [rᴴ, corner]]; the vectors are as long as B was at first and continue with zeros.</summary>
    public void Border(ReadOnlySpan<Complex> column, ReadOnlySpan<Complex> row, Complex corner)
    {
        var m = Order;
        if (m == _stride)
        {
            var (wider, stride) = (new Complex[4 * m * m], 2 * m);
            for (var i = 0; i < m; i++) Row(i, 0).CopyTo(wider.AsSpan(i * stride));
            (_r, _stride) = (wider, stride);
        }
        Order = m + 1;
        for (var i = 0; i < column.Length; i++) _r[i * _stride + m] = column[i];
        foreach (var (first, second, c, s) in _rotations) Turn(ref _r[first * _stride + m], ref _r[second * _stride + m], c, s);
        for (var j = 0; j < row.Length; j++) _r[m * _stride + j] = Complex.Conjugate(row[j]);
        _r[m * _stride + m] = corner;
        for (var j = 0; j < m; j++) Eliminate(j, m);
    }

    /// <summary>The least singular value, from above, and its vectors, Bv = σu and Bᴴu = σv, by inverse iteration on BᴴB.</summary>
    public (double Sigma, Complex[] Left, Complex[] Right) Smallest(bool isReal)
    {
        const int most = 12;
        var right = new Complex[Order];
        // Without symmetry, so that no singular vector is orthogonal to it but by accident.
        for (var i = 0; i < Order; i++) right[i] = new(1 + 0.37 * Math.Cos(1.7 * i), isReal ? 0 : 0.23 * Math.Sin(2.3 * i + 0.4));
        Normalize(right);
        var best = (Sigma: double.PositiveInfinity, Left: right, Right: right);
        for (var step = 0; step < most; step++)
        {
            var left = (Complex[])right.Clone();
            SolveAdjoint(left);
            Normalize(left);
            right = (Complex[])left.Clone();
            Solve(right);
            Normalize(right);
            var sigma = Math.Max(Image(right), AdjointImage(left));
            var isSettled = !(sigma < 0.999 * best.Sigma);
            if (sigma < best.Sigma) best = (sigma, left, right);
            if (isSettled && step > 0) break;
        }
        best.Left = (Complex[])best.Left.Clone();
        for (var k = _rotations.Count - 1; k >= 0; k--)
        {
            var (first, second, c, s) = _rotations[k];
            Turn(ref best.Left[first], ref best.Left[second], c, -s);
        }
        return best;
    }

    /// <summary>x ← B⁻¹x, up to a factor that keeps it finite, which is returned: x is that many times the solution.</summary>
    public double SolveScaled(Span<Complex> x)
    {
        foreach (var (first, second, c, s) in _rotations) Turn(ref x[first], ref x[second], c, s);
        return Solve(x);
    }

    /// <summary>Scales a vector to norm 1, whatever its magnitude; returns its norm.</summary>
    public static double Normalize(Span<Complex> x)
    {
        double largest = 0, sum = 0;
        foreach (var v in x) largest = Math.Max(largest, Math.Max(Math.Abs(v.Real), Math.Abs(v.Imaginary)));
        if (largest == 0) return 0;
        foreach (ref var v in x) v /= largest;
        foreach (var v in x) sum += Square(v);
        var norm = Math.Sqrt(sum);
        foreach (ref var v in x) v /= norm;
        return largest * norm;
    }

    /// <summary>|v|².</summary>
    public static double Square(Complex v) => v.Real * v.Real + v.Imaginary * v.Imaginary;

    Span<Complex> Row(int i, int from) => _r.AsSpan(i * _stride + from, Order - from);

    /// <summary>Turns rows i and j so that the first element of row j that is not yet zero, in column i, becomes zero.</summary>
    void Eliminate(int i, int j)
    {
        var upper = Row(i, i);
        var lower = Row(j, i);
        var (a, b) = (upper[0], lower[0]);
        if (b == Complex.Zero) return;
        var (sizeA, sizeB) = (double.Hypot(a.Real, a.Imaginary), double.Hypot(b.Real, b.Imaginary));
        var length = double.Hypot(sizeA, sizeB);
        var direction = sizeA > 0 ? a / sizeA : Complex.One;
        var rotation = new Rotation(i, j, sizeA / length, direction * Complex.Conjugate(b / length));
        _rotations.Add(rotation);
        for (var k = 1; k < upper.Length; k++) Turn(ref upper[k], ref lower[k], rotation.C, rotation.S);
        (upper[0], lower[0]) = (direction * length, 0);
    }

    static void Turn(ref Complex upper, ref Complex lower, double c, Complex s)
        => (upper, lower) = (c * upper + s * lower, c * lower - Complex.Conjugate(s) * upper);

    Complex Pivot(int i)
    {
        var pivot = _r[i * (_stride + 1)];
        return Math.Max(Math.Abs(pivot.Real), Math.Abs(pivot.Imaginary)) < _floor ? _floor : pivot;
    }

    /// <summary>x ← R⁻¹x times the returned factor.</summary>
    double Solve(Span<Complex> x)
    {
        double scale = 1;
        for (var i = Order - 1; i >= 0; i--)
        {
            var sum = x[i];
            var row = Row(i, 0);
            for (var j = i + 1; j < row.Length; j++) sum -= row[j] * x[j];
            x[i] = sum / Pivot(i);
            scale *= Bound(x, x[i]);
        }
        return scale;
    }

    /// <summary>x ← R⁻ᴴx up to a factor.</summary>
    void SolveAdjoint(Span<Complex> x)
    {
        for (var i = 0; i < Order; i++)
        {
            x[i] /= Complex.Conjugate(Pivot(i));
            Bound(x, x[i]);
            var row = Row(i, 0);
            var factor = x[i];
            for (var j = i + 1; j < row.Length; j++) x[j] -= Complex.Conjugate(row[j]) * factor;
        }
    }

    /// <summary>Many small pivots one after the other would overflow.</summary>
    static double Bound(Span<Complex> x, Complex newest)
    {
        const double greatest = 1e100;
        var size = Math.Max(Math.Abs(newest.Real), Math.Abs(newest.Imaginary));
        if (!(size > greatest)) return 1;
        foreach (ref var v in x) v /= size;
        return 1 / size;
    }

    double Image(ReadOnlySpan<Complex> x)
    {
        double squares = 0;
        for (var i = 0; i < Order; i++)
        {
            var row = Row(i, 0);
            var sum = Complex.Zero;
            for (var j = i; j < row.Length; j++) sum += row[j] * x[j];
            squares += Square(sum);
        }
        return Math.Sqrt(squares);
    }

    double AdjointImage(ReadOnlySpan<Complex> x)
    {
        var image = new Complex[Order];
        for (var i = 0; i < Order; i++)
        {
            var row = Row(i, 0);
            for (var j = i; j < row.Length; j++) image[j] += Complex.Conjugate(row[j]) * x[i];
        }
        double squares = 0;
        foreach (var v in image) squares += Square(v);
        return Math.Sqrt(squares);
    }

    readonly record struct Rotation(int First, int Second, double C, Complex S);
}
