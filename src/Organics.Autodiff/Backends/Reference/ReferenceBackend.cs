using System.Numerics;

namespace Organics.Backends;

/// <summary>Plain scalar loops on one thread: the meaning of every result, against which the other backends are tested.</summary>
sealed class ReferenceDevice : Device
{
    readonly ReferenceBackend<float, Lane32> _single = new();
    readonly ReferenceBackend<double, Lane64> _double = new();

    public override string Name => "reference";

    public override Backend<T> Backend<T>() => Select<T>(_single, _double);

    public override void Dispose() { }
}

sealed class ReferenceBackend<T, L> : HostBackend<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where L : struct, ILane<L, T>
{
    public override void Run<TWork>(int parts, in TWork work)
    {
        for (var i = 0; i < parts; i++) work.Run(i);
    }

    public override void Map<TOp>(TOp op, Operands<T> x, View<T> y)
    {
        var to = Span(y);
        for (var i = 0; i < to.Length; i++)
            to[i] = op.F(At(x.A, i), At(x.B, i), At(x.C, i), At(x.D, i)).Value;
    }

    public override void MapVjp<TOp>(TOp op, Operands<T> x, View<T> y, View<T> gy, Operands<T> gx)
    {
        for (var i = 0; i < gy.Length; i++)
        {
            var (a, b, c, d) = op.Vjp(At(x.A, i), At(x.B, i), At(x.C, i), At(x.D, i), At(y, i), At(gy, i));
            AddAt(gx.A, i, a);
            AddAt(gx.B, i, b);
            AddAt(gx.C, i, c);
            AddAt(gx.D, i, d);
        }
    }

    public override void Update<TOp>(TOp op, View<T> g, View<T> p, View<T> m, View<T> v)
    {
        for (var i = 0; i < p.Length; i++)
        {
            var (p1, m1, v1) = op.F(At(g, i), At(p, i), At(m, i), At(v, i));
            Span(p)[i] = p1.Value;
            Span(m)[i] = m1.Value;
            if (!v.IsMissing) Span(v)[i] = v1.Value;
        }
    }

    public override void Reduce<TOp>(TOp op, View<T> x, int outer, int axis, int inner, View<T> y, bool accumulate)
    {
        var from = Span(x);
        var to = Span(y);
        for (var o = 0; o < outer; o++)
            for (var i = 0; i < inner; i++)
            {
                var r = op.Identity<L>();
                for (var a = 0; a < axis; a++) r = op.Combine(r, L.Of(from[(o * axis + a) * inner + i]));
                to[o * inner + i] = (accumulate ? op.Combine(L.Of(to[o * inner + i]), r) : r).Value;
            }
    }

    public override void MatMul(View<T> a, bool transposeA, View<T> b, bool transposeB, View<T> c, int m, int n, int k, bool accumulate)
    {
        var sa = Span(a);
        var sb = Span(b);
        var sc = Span(c);
        for (var i = 0; i < m; i++)
            for (var j = 0; j < n; j++)
            {
                var sum = accumulate ? sc[i * n + j] : T.Zero;
                for (var l = 0; l < k; l++) sum += sa[transposeA ? l * m + i : i * k + l] * sb[transposeB ? j * k + l : l * n + j];
                sc[i * n + j] = sum;
            }
    }

    public override void LuFactor(View<T> a, View<T> pivots, int batch, int n)
    {
        for (var s = 0; s < batch; s++)
        {
            var lu = Span(a).Slice(s * n * n, n * n);
            var p = Span(pivots).Slice(s * n, n);
            for (var k = 0; k < n; k++)
            {
                var pivot = k;
                for (var i = k + 1; i < n; i++)
                    if (T.Abs(lu[i * n + k]) > T.Abs(lu[pivot * n + k])) pivot = i;
                p[k] = T.CreateTruncating(pivot);
                for (var j = 0; j < n; j++) (lu[k * n + j], lu[pivot * n + j]) = (lu[pivot * n + j], lu[k * n + j]);
                for (var i = k + 1; i < n; i++)
                {
                    var l = lu[i * n + k] /= lu[k * n + k];
                    for (var j = k + 1; j < n; j++) lu[i * n + j] -= l * lu[k * n + j];
                }
            }
        }
    }

    public override void LuSolve(View<T> lu, View<T> pivots, View<T> b, int batch, int n, bool transpose)
    {
        for (var s = 0; s < batch; s++)
        {
            var a = Span(lu).Slice(s * n * n, n * n);
            var p = Span(pivots).Slice(s * n, n);
            var x = Span(b).Slice(s * n, n);
            if (transpose)
            {
                // Aᵀ = UᵀLᵀP
                for (var i = 0; i < n; i++)
                {
                    for (var j = 0; j < i; j++) x[i] -= a[j * n + i] * x[j];
                    x[i] /= a[i * n + i];
                }
                for (var i = n - 1; i >= 0; i--)
                    for (var j = i + 1; j < n; j++) x[i] -= a[j * n + i] * x[j];
                for (var k = n - 1; k >= 0; k--) Swap(x, k, int.CreateTruncating(p[k]));
                continue;
            }
            for (var k = 0; k < n; k++) Swap(x, k, int.CreateTruncating(p[k]));
            for (var i = 0; i < n; i++)
                for (var j = 0; j < i; j++) x[i] -= a[i * n + j] * x[j];
            for (var i = n - 1; i >= 0; i--)
            {
                for (var j = i + 1; j < n; j++) x[i] -= a[i * n + j] * x[j];
                x[i] /= a[i * n + i];
            }
        }
    }

    static void Swap(Span<T> x, int i, int j) => (x[i], x[j]) = (x[j], x[i]);

    // Suffixes repeat, and a scalar is a suffix of length 1.
    static L At(View<T> v, int i) => v.IsMissing ? L.Zero : L.Of(Span(v)[i % v.Length]);

    static void AddAt(View<T> v, int i, L value)
    {
        if (!v.IsMissing) Span(v)[i] += value.Value;
    }
}
