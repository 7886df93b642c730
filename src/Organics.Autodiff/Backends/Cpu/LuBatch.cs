namespace Organics.Backends;

sealed partial class CpuBackend<T, L, S>
{
    public override void LuFactor(View<T> a, View<T> pivots, int batch, int n)
        => workers.Run(batch, new FactorWork(a, pivots, n));

    public override void LuSolve(View<T> lu, View<T> pivots, View<T> b, int batch, int n, bool transpose)
        => workers.Run(batch, new SolveWork(lu, pivots, b, n, transpose));

    readonly struct FactorWork(View<T> a, View<T> pivots, int n) : IWork
    {
        public void Run(int part)
        {
            Span<int> p = stackalloc int[n];
            Lu.Factor(Span(a).Slice(part * n * n, n * n), n, p);
            for (var k = 0; k < n; k++) Span(pivots)[part * n + k] = T.CreateTruncating(p[k]);
        }
    }

    readonly struct SolveWork(View<T> lu, View<T> pivots, View<T> b, int n, bool transpose) : IWork
    {
        public void Run(int part)
        {
            Span<int> p = stackalloc int[n];
            for (var k = 0; k < n; k++) p[k] = int.CreateTruncating(Span(pivots)[part * n + k]);
            var f = Span(lu).Slice(part * n * n, n * n);
            var x = Span(b).Slice(part * n, n);
            if (transpose) Lu.SolveTransposed(f, n, p, x);
            else Lu.Solve(f, n, p, x);
        }
    }
}
