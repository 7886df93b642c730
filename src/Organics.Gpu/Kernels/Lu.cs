using System.Numerics;
using ILGPU;

namespace Organics.Backends;

/// <summary>LU factorisation with partial pivoting and its solves: one thread per system.</summary>
static class LuKernels<T, L> where T : unmanaged, IFloatingPointIeee754<T> where L : struct, ILane<L, T>
{
    public static void Factor(Index1D system, ArrayView<T> a, ArrayView<T> pivots, int n)
    {
        var lu = a.SubView(system * n * n, n * n);
        for (var k = 0; k < n; k++)
        {
            var pivot = k;
            var largest = L.Abs(L.Of(lu[k * n + k])).Value;
            for (var i = k + 1; i < n; i++)
            {
                var candidate = L.Abs(L.Of(lu[i * n + k])).Value;
                if (candidate > largest) (pivot, largest) = (i, candidate);
            }
            pivots[system * n + k] = L.Literal(pivot).Value;
            if (pivot != k)
                for (var j = 0; j < n; j++) (lu[k * n + j], lu[pivot * n + j]) = (lu[pivot * n + j], lu[k * n + j]);
            var diagonal = L.Of(lu[k * n + k]);
            for (var i = k + 1; i < n; i++)
            {
                var l = L.Of(lu[i * n + k]) / diagonal;
                lu[i * n + k] = l.Value;
                for (var j = k + 1; j < n; j++) Subtract(lu, i * n + j, l, lu[k * n + j]);
            }
        }
    }

    public static void Solve(Index1D system, ArrayView<T> factors, ArrayView<T> pivots, ArrayView<T> b, int n, int transpose)
    {
        var lu = factors.SubView(system * n * n, n * n);
        var p = pivots.SubView(system * n, n);
        var x = b.SubView(system * n, n);
        if (transpose != 0)
        {
            // Aᵀ = UᵀLᵀP
            for (var i = 0; i < n; i++)
            {
                for (var j = 0; j < i; j++) Subtract(x, i, L.Of(lu[j * n + i]), x[j]);
                x[i] = (L.Of(x[i]) / L.Of(lu[i * n + i])).Value;
            }
            for (var i = n - 1; i >= 0; i--)
                for (var j = i + 1; j < n; j++) Subtract(x, i, L.Of(lu[j * n + i]), x[j]);
            for (var k = n - 1; k >= 0; k--) Swap(x, k, L.Of(p[k]).Integer);
            return;
        }
        for (var k = 0; k < n; k++) Swap(x, k, L.Of(p[k]).Integer);
        for (var i = 0; i < n; i++)
            for (var j = 0; j < i; j++) Subtract(x, i, L.Of(lu[i * n + j]), x[j]);
        for (var i = n - 1; i >= 0; i--)
        {
            for (var j = i + 1; j < n; j++) Subtract(x, i, L.Of(lu[i * n + j]), x[j]);
            x[i] = (L.Of(x[i]) / L.Of(lu[i * n + i])).Value;
        }
    }

    // x[i] ← x[i] − a·b
    static void Subtract(ArrayView<T> x, int i, L a, T b) => x[i] = L.Fma(-a, L.Of(b), L.Of(x[i])).Value;

    static void Swap(ArrayView<T> x, int i, int j) => (x[i], x[j]) = (x[j], x[i]);
}
