using ILGPU;

namespace Organics.Backends;

/// <summary>The memory of up to four inputs or gradients; one that is not there has length 0.</summary>
readonly struct Quad<T>(ArrayView<T> a, ArrayView<T> b, ArrayView<T> c, ArrayView<T> d) where T : unmanaged
{
    public readonly ArrayView<T> A = a, B = b, C = c, D = d;
}

/// <summary>Element-wise kernels: one thread per element.</summary>
static class MapKernels<T, L> where T : unmanaged where L : struct, ILane<L, T>
{
    public static void Map<TOp>(Index1D i, Quad<T> x, ArrayView<T> y, TOp op) where TOp : unmanaged, IPointwise<T>
        => y[i] = op.F(
            At(x.A, i),
            TOp.Arity > 1 ? At(x.B, i) : L.Zero,
            TOp.Arity > 2 ? At(x.C, i) : L.Zero,
            TOp.Arity > 3 ? At(x.D, i) : L.Zero).Value;

    public static void MapVjp<TOp>(Index1D i, Quad<T> x, ArrayView<T> y, ArrayView<T> gy, Quad<T> gx, TOp op) where TOp : unmanaged, IPointwise<T>
    {
        var (a, b, c, d) = op.Vjp(
            At(x.A, i),
            TOp.Arity > 1 ? At(x.B, i) : L.Zero,
            TOp.Arity > 2 ? At(x.C, i) : L.Zero,
            TOp.Arity > 3 ? At(x.D, i) : L.Zero,
            TOp.Arity == 1 ? L.Of(y[i]) : L.Zero,
            L.Of(gy[i]));
        AddAt(gx.A, i, a);
        if (TOp.Arity > 1) AddAt(gx.B, i, b);
        if (TOp.Arity > 2) AddAt(gx.C, i, c);
        if (TOp.Arity > 3) AddAt(gx.D, i, d);
    }

    public static void Update<TOp>(Index1D i, ArrayView<T> g, ArrayView<T> p, ArrayView<T> m, ArrayView<T> v, TOp op) where TOp : unmanaged, IUpdate<T>
    {
        var second = v.IntLength > 0;
        var (p1, m1, v1) = op.F(L.Of(g[i]), L.Of(p[i]), L.Of(m[i]), second ? L.Of(v[i]) : L.Zero);
        p[i] = p1.Value;
        m[i] = m1.Value;
        if (second) v[i] = v1.Value;
    }

    public static void Fill(Index1D i, ArrayView<T> y, T value) => y[i] = value;

    // Suffixes repeat, and a scalar is a suffix of length 1. A loop, because ILGPU would make of a condition a division by every thread.
    static L At(ArrayView<T> x, int i)
    {
        var n = x.IntLength;
        while (i >= n) i %= n;
        return L.Of(x[i]);
    }

    static void AddAt(ArrayView<T> x, int i, L value)
    {
        if (x.IntLength > 0) x[i] = (L.Of(x[i]) + value).Value;
    }
}
