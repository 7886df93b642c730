using System.Numerics;

namespace Organics;

public static partial class Eigenvalues
{
    /// <summary>
    /// The eigenvalues of many matrices of one order where they lie: by the program of their device if it has one (<see cref="IEigenvalueBackend{T}"/>), in the
    /// precision of the tensor, and in double on all cores of this machine otherwise, as is what a device leaves undone. Waits for the device; no gradient
    /// flows.
    /// </summary>
    /// <param name="matrices">Shape [batch, n, n] with n ≥ 1.</param>
    /// <param name="re">Out: real parts, n for each matrix; not a number where missing.</param>
    /// <param name="im">Out: imaginary parts; conjugate pairs side by side, the positive one first.</param>
    /// <returns>How many matrices lack eigenvalues, because they are not finite or QR reached its cap.</returns>
    /// <exception cref="ShapeException">The tensor holds no square matrices.</exception>
    /// <exception cref="ArgumentException">A span has the wrong length.</exception>
    public static int OfEach<T>(Tensor<T> matrices, Span<T> re, Span<T> im) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(matrices);
        var shape = matrices.Shape;
        if (shape.Rank != 3 || shape[1] != shape[2] || shape[1] < 1)
            throw new ShapeException($"Eigenvalues: the tensor is {shape}; it must hold matrices, [batch, n, n] with n ≥ 1.");
        var (count, n) = (shape[0], shape[1]);
        CheckParts(count, n, re.Length, im.Length);
        if (count == 0) return 0;
        var (on, view) = (matrices.Backend, matrices.Values);
        int[] left = [.. Enumerable.Range(0, count)];
        if (on is IEigenvalueBackend<T> device)
        {
            var found = on.Rent(2 * n * count);
            View<T> x = new(found, 0, n * count), y = new(found, n * count, n * count);
            device.Eigenvalues(view, n, x, y);
            on.Download(x, re);
            on.Download(y, im);
            on.Return(found);
            left = Missing(re, n);
        }
        return left.Length == 0 ? 0 : OfLeft(on, view, n, left, re, im);
    }

    static void CheckParts(int count, int n, int re, int im)
    {
        if (re != n * count || im != n * count)
            throw new ArgumentException($"{count} matrices of order {n} need {n * count} real and imaginary parts; there are {re} and {im}.");
    }

    static int[] Missing<T>(ReadOnlySpan<T> re, int n) where T : IFloatingPointIeee754<T>
    {
        List<int> missing = [];
        for (var k = 0; k * n < re.Length; k++)
            if (T.IsNaN(re[k * n])) missing.Add(k);
        return [.. missing];
    }

    /// <summary>Some of the matrices of a device, in double.</summary>
    static int OfLeft<T>(Backend<T> on, View<T> matrices, int n, int[] left, Span<T> re, Span<T> im) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var rented = on.Rent(left.Length * n * n);
        var gathered = new View<T>(rented, 0, left.Length * n * n);
        var elements = new T[gathered.Length];
        on.Gather(matrices, left, n * n, gathered);
        on.Download(gathered, elements);
        on.Return(rented);
        var (x, y) = (new double[n * left.Length], new double[n * left.Length]);
        var missing = OfEach(Array.ConvertAll(elements, double.CreateTruncating), n, x, y);
        for (var k = 0; k < left.Length; k++)
            for (var i = 0; i < n; i++) (re[left[k] * n + i], im[left[k] * n + i]) = (T.CreateTruncating(x[k * n + i]), T.CreateTruncating(y[k * n + i]));
        return missing;
    }
}
