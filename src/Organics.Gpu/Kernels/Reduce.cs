using ILGPU;

namespace Organics.Backends;

/// <summary>Reductions and their adjoint: one thread per result, in an order that the shape alone fixes.</summary>
static class ReduceKernels<T, L> where T : unmanaged where L : struct, ILane<L, T>
{
    /// <summary>y[o, i] ← ⊕ₐ x[o, a, i], a ascending.</summary>
    public static void Reduce<TOp>(Index1D index, ArrayView<T> x, int axis, int inner, ArrayView<T> y, int accumulate, TOp op)
        where TOp : unmanaged, IReduction<T>
    {
        var first = index / inner * axis * inner + index % inner;
        var r = op.Identity<L>();
        for (var a = 0; a < axis; a++) r = op.Combine(r, L.Of(x[first + a * inner]));
        if (accumulate != 0) r = op.Combine(L.Of(y[index]), r);
        y[index] = r.Value;
    }

    /// <summary>
    /// y[o, p, i] ← ⊕ x[o, a, i] over a = p, p + parts, p + 2·parts, …: neighbouring threads read neighbouring elements even where inner is 1.
    /// </summary>
    public static void ReduceParts<TOp>(Index1D index, ArrayView<T> x, int axis, int inner, int parts, ArrayView<T> y, TOp op)
        where TOp : unmanaged, IReduction<T>
    {
        var i = index % inner;
        var part = index / inner % parts;
        var first = index / inner / parts * axis * inner + i;
        var r = op.Identity<L>();
        for (var a = part; a < axis; a += parts) r = op.Combine(r, L.Of(x[first + a * inner]));
        y[index] = r.Value;
    }

    /// <summary>y[o, a, i] ← x[o, i], or added.</summary>
    public static void Expand(Index1D index, ArrayView<T> x, int axis, int inner, ArrayView<T> y, int accumulate)
    {
        var value = L.Of(x[index / inner / axis * inner + index % inner]);
        if (accumulate != 0) value = L.Of(y[index]) + value;
        y[index] = value.Value;
    }
}
