using ILGPU;

namespace Organics.Backends;

/// <summary>
/// LU factorisation with partial pivoting of one matrix, P·A = L·U, and its solves, by a group of threads. Row i is at i·pitch; thread t has the columns of the
/// matrix, and the elements of a vector, t, t + size, t + 2·size, … What every thread needs to know, such as the pivot, every thread finds by itself, which
/// costs less than telling it.
/// </summary>
static class GroupLu<T, L> where T : unmanaged where L : struct, ILane<L, T>
{
    /// <summary>Elements from one row to the next: odd, so that threads that walk along a column read different banks of shared memory.</summary>
    public static int Pitch(int n) => n | 1;

    /// <summary>Factors a matrix in place; of a singular one solutions are not finite. <paramref name="rows"/> becomes which row of A is row i of
    /// L·U.</summary>
    public static void Factor(ArrayView<T> a, ArrayView<T> rows, int n, int pitch)
    {
        var (first, step) = (Group.IdxX, Group.DimX);
        for (var i = first; i < n; i += step) rows[i] = L.Literal(i).Value;
        Group.Barrier();
        for (var k = 0; k < n; k++)
        {
            var pivot = k;
            var largest = L.Zero;
            for (var i = k; i < n; i++)
            {
                var candidate = L.Abs(L.Of(a[i * pitch + k]));
                pivot = Compare<T, L>.Less(largest, candidate) ? i : pivot;
                largest = L.Max(largest, candidate);
            }
            Group.Barrier();
            for (var j = first; j < n; j += step) (a[k * pitch + j], a[pivot * pitch + j]) = (a[pivot * pitch + j], a[k * pitch + j]);
            if (first == 0) (rows[k], rows[pivot]) = (rows[pivot], rows[k]);
            Group.Barrier();
            // Column k stays as it is until all columns have been reduced by it.
            var reciprocal = L.One / L.Of(a[k * pitch + k]);
            for (var j = first; j < n; j += step)
            {
                if (j <= k) continue;
                var top = -L.Of(a[k * pitch + j]);
                for (var i = k + 1; i < n; i++) a[i * pitch + j] = L.Fma(L.Of(a[i * pitch + k]) * reciprocal, top, L.Of(a[i * pitch + j])).Value;
            }
            Group.Barrier();
            for (var i = first; i < n; i += step)
                if (i > k)
                    a[i * pitch + k] = (L.Of(a[i * pitch + k]) * reciprocal).Value;
        }
        Group.Barrier();
    }

    /// <summary>x ← A⁻¹b.</summary>
    public static void Solve(ArrayView<T> lu, ArrayView<T> rows, int n, int pitch, ArrayView<T> b, ArrayView<T> x)
    {
        var (first, step) = (Group.IdxX, Group.DimX);
        for (var i = first; i < n; i += step) x[i] = b[L.Of(rows[i]).Integer];
        Group.Barrier();
        for (var k = 0; k < n; k++)
        {
            var known = -L.Of(x[k]);
            for (var i = first; i < n; i += step)
                if (i > k)
                    x[i] = L.Fma(L.Of(lu[i * pitch + k]), known, L.Of(x[i])).Value;
            Group.Barrier();
        }
        for (var k = n - 1; k >= 0; k--)
        {
            var known = -(L.Of(x[k]) / L.Of(lu[k * pitch + k]));
            for (var i = first; i < n; i += step)
                if (i < k)
                    x[i] = L.Fma(L.Of(lu[i * pitch + k]), known, L.Of(x[i])).Value;
            Group.Barrier();
        }
        for (var i = first; i < n; i += step) x[i] = (L.Of(x[i]) / L.Of(lu[i * pitch + i])).Value;
        Group.Barrier();
    }

    /// <summary>x ← A⁻ᵀb, where Aᵀ = UᵀLᵀP; b is overwritten.</summary>
    public static void SolveTransposed(ArrayView<T> lu, ArrayView<T> rows, int n, int pitch, ArrayView<T> b, ArrayView<T> x)
    {
        var (first, step) = (Group.IdxX, Group.DimX);
        for (var k = 0; k < n; k++)
        {
            var known = -(L.Of(b[k]) / L.Of(lu[k * pitch + k]));
            for (var i = first; i < n; i += step)
                if (i > k)
                    b[i] = L.Fma(L.Of(lu[k * pitch + i]), known, L.Of(b[i])).Value;
            Group.Barrier();
        }
        for (var i = first; i < n; i += step) b[i] = (L.Of(b[i]) / L.Of(lu[i * pitch + i])).Value;
        Group.Barrier();
        for (var k = n - 1; k > 0; k--)
        {
            var known = -L.Of(b[k]);
            for (var i = first; i < n; i += step)
                if (i < k)
                    b[i] = L.Fma(L.Of(lu[k * pitch + i]), known, L.Of(b[i])).Value;
            Group.Barrier();
        }
        for (var i = first; i < n; i += step) x[L.Of(rows[i]).Integer] = b[i];
        Group.Barrier();
    }
}
