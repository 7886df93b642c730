using System.Numerics;
using System.Numerics.Tensors;

namespace Organics;

/// <summary>Algebra of real and complex vectors.</summary>
static class Vectors
{
    /// <summary>uᵀv.</summary>
    public static double Dot(ReadOnlySpan<double> u, ReadOnlySpan<double> v)
    {
        double sum = 0;
        for (var i = 0; i < u.Length; i++) sum += u[i] * v[i];
        return sum;
    }

    /// <summary>‖v‖₂, without overflow or underflow.</summary>
    public static double Norm(ReadOnlySpan<double> v)
    {
        if (v.IsEmpty) return 0;
        var largest = Largest(v);
        if (!(largest > 0 && double.IsFinite(largest))) return largest;
        double sum = 0;
        foreach (var x in v) sum += x / largest * (x / largest);
        return largest * Math.Sqrt(sum);
    }

    /// <summary>‖v‖∞; NaN where an element is.</summary>
    public static double Largest(ReadOnlySpan<double> v) => v.IsEmpty ? 0 : Math.Abs(TensorPrimitives.MaxMagnitude(v));

    /// <summary>y ← y + factor·x.</summary>
    public static void Add(double factor, ReadOnlySpan<double> x, Span<double> y)
    {
        for (var i = 0; i < y.Length; i++) y[i] += factor * x[i];
    }

    /// <summary>Whether every element is finite.</summary>
    public static bool IsFinite(ReadOnlySpan<double> v)
    {
        foreach (var x in v)
            if (!double.IsFinite(x)) return false;
        return true;
    }

    /// <summary>uᴴv.</summary>
    public static Complex Dot(ReadOnlySpan<Complex> u, ReadOnlySpan<Complex> v)
    {
        var sum = Complex.Zero;
        for (var i = 0; i < u.Length; i++) sum += Complex.Conjugate(u[i]) * v[i];
        return sum;
    }

    /// <summary>‖v‖².</summary>
    public static double SquareOf(ReadOnlySpan<Complex> v)
    {
        double sum = 0;
        foreach (var e in v) sum += BorderedQr.Square(e);
        return sum;
    }

    /// <summary>‖image − λv‖.</summary>
    public static double Distance(ReadOnlySpan<Complex> image, Complex lambda, ReadOnlySpan<Complex> v)
    {
        double sum = 0;
        for (var i = 0; i < v.Length; i++) sum += BorderedQr.Square(image[i] - lambda * v[i]);
        return Math.Sqrt(sum);
    }

    /// <summary>x ← (I − VVᴴ)x for orthonormal V, twice, since once leaves rounding errors of what is taken away.</summary>
    public static void Project(Span<Complex> x, List<Complex[]> basis)
    {
        for (var pass = 0; pass < 2; pass++)
            foreach (var v in basis)
            {
                var factor = Dot(v, x);
                for (var i = 0; i < v.Length; i++) x[i] -= factor * v[i];
            }
    }

    /// <summary>Projects and scales to norm 1; returns the norm that was left.</summary>
    public static double Orthogonalize(Span<Complex> x, List<Complex[]> basis)
    {
        Project(x, basis);
        return BorderedQr.Normalize(x);
    }

    /// <summary>Σ cᵢvᵢ, scaled to norm 1.</summary>
    public static Complex[] Combine(List<Complex[]> basis, ReadOnlySpan<Complex> factors)
    {
        var sum = new Complex[basis[0].Length];
        for (var k = 0; k < basis.Count; k++)
            for (var i = 0; i < sum.Length; i++) sum[i] += factors[k] * basis[k][i];
        BorderedQr.Normalize(sum);
        return sum;
    }
}
