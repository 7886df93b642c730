using ILGPU;
using ILGPU.Runtime;

namespace Organics.Backends;

/// <summary>The eigenvalues of many matrices: one launch, a thread for each.</summary>
sealed partial class GpuBackend<T, L> : IEigenvalueBackend<T>
{
    public void Eigenvalues(View<T> matrices, int n, View<T> re, View<T> im)
        => Eigenvalues(matrices, n, re, im, LargestScratch / (EigenvalueKernels<T, L>.Length(n) + 2 * n));

    /// <summary>So many matrices at most in one launch.</summary>
    internal void Eigenvalues(View<T> matrices, int n, View<T> re, View<T> im, int most)
    {
        var (count, length) = (re.Length / n, EigenvalueKernels<T, L>.Length(n));
        if (count == 0) return;
        most = Math.Clamp(most, 1, count);
        var rented = Rent(most * (length + 2 * n));
        for (var first = 0; first < count; first += most)
        {
            var size = Math.Min(most, count - first);
            View<T> h = new(rented, 0, size * length), x = new(rented, size * length, size * n), y = new(rented, size * (length + n), size * n);
            Transpose(matrices.Slice(first * n * n, size * n * n), 1, size, n * n, h.Slice(0, size * n * n), accumulate: false);
            Fill(h.Slice(size * n * n, size * (n + 1)), T.Zero);
            Launcher<Action<AcceleratorStream, Index1D, ArrayView<T>, ArrayView<T>, ArrayView<T>, int, int, int>>(nameof(Eigenvalues), EigenvalueKernels<T, L>.Of)
                (Stream, size, ViewOf(h), ViewOf(x), ViewOf(y), n, size, Organics.Eigenvalues.MostSweeps(n));
            Transpose(x, 1, n, size, re.Slice(first * n, size * n), accumulate: false);
            Transpose(y, 1, n, size, im.Slice(first * n, size * n), accumulate: false);
        }
        Return(rented);
    }
}
