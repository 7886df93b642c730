using System.Numerics;

namespace Organics.Tests;

/// <summary>A number of 440 bits (132 digits) and an exponent without bounds: an oracle for what double cannot tell.</summary>
readonly struct Precise
{
    const int Bits = 440;

    readonly BigInteger _mantissa;
    readonly int _exponent;

    Precise(BigInteger mantissa, int exponent)
    {
        var excess = (int)mantissa.GetBitLength() - Bits;
        if (excess > 0) (mantissa, exponent) = (mantissa >> excess, exponent + excess);
        (_mantissa, _exponent) = (mantissa, exponent);
    }

    /// <summary>Exact.</summary>
    public static implicit operator Precise(double value)
    {
        if (value == 0) return default;
        var exponent = Math.ILogB(value) - 60;
        return new(new BigInteger(Math.ScaleB(Math.ScaleB(value, -exponent / 2), -exponent - -exponent / 2)), exponent);
    }

    public static explicit operator double(Precise v)
    {
        var shift = (int)v._mantissa.GetBitLength() - 60;
        return Math.ScaleB((double)(shift > 0 ? v._mantissa >> shift : v._mantissa << -shift), Math.Clamp(v._exponent + shift, -5000, 5000));
    }

    public static Precise operator +(Precise a, Precise b)
    {
        if (a._mantissa.IsZero) return b;
        if (b._mantissa.IsZero) return a;
        if (a._exponent < b._exponent) (a, b) = (b, a);
        // What is far below the other's last bit says nothing.
        var shift = a._exponent - b._exponent;
        return shift > 3 * Bits ? a : new((a._mantissa << shift) + b._mantissa, b._exponent);
    }

    public static Precise operator -(Precise a) => new(-a._mantissa, a._exponent);

    public static Precise operator -(Precise a, Precise b) => a + -b;

    public static Precise operator *(Precise a, Precise b) => new(a._mantissa * b._mantissa, a._exponent + b._exponent);

    public static Precise operator /(Precise a, Precise b)
    {
        var shift = Bits + 8 - (int)a._mantissa.GetBitLength() + (int)b._mantissa.GetBitLength();
        return shift < 0 ? new(a._mantissa / b._mantissa, a._exponent - b._exponent) : new((a._mantissa << shift) / b._mantissa, a._exponent - shift - b._exponent);
    }

    public static bool operator <(Precise a, Precise b) => (a - b)._mantissa.Sign < 0;

    public static bool operator >(Precise a, Precise b) => b < a;

    public bool IsZero => _mantissa.IsZero;

    public static Precise Abs(Precise a) => new(BigInteger.Abs(a._mantissa), a._exponent);

    /// <summary>By Newton's method from the root in double.</summary>
    public static Precise Sqrt(Precise a)
    {
        if (a.IsZero) return a;
        Precise root = Math.Sqrt((double)a);
        for (var i = 0; i < 4; i++) root = (root + a / root) * 0.5;
        return root;
    }
}

/// <summary>A complex number of <see cref="Precise"/> parts.</summary>
readonly record struct PreciseComplex(Precise Re, Precise Im)
{
    public static PreciseComplex operator +(PreciseComplex a, PreciseComplex b) => new(a.Re + b.Re, a.Im + b.Im);

    public static PreciseComplex operator -(PreciseComplex a, PreciseComplex b) => new(a.Re - b.Re, a.Im - b.Im);

    public static PreciseComplex operator *(PreciseComplex a, PreciseComplex b) => new(a.Re * b.Re - a.Im * b.Im, a.Re * b.Im + a.Im * b.Re);

    public static PreciseComplex operator /(PreciseComplex a, PreciseComplex b)
    {
        var size = b.Re * b.Re + b.Im * b.Im;
        return new((a.Re * b.Re + a.Im * b.Im) / size, (a.Im * b.Re - a.Re * b.Im) / size);
    }

    public Precise Size => Precise.Abs(Re) + Precise.Abs(Im);
}

/// <summary>The fixed point near a state and its spectral abscissa in 132 digits, of which a characteristic polynomial costs half where rates lie decades apart, from the circuit's own numbers.</summary>
static class PreciseCircuit
{
    /// <summary>Null where Newton's method does not come to rest within <paramref name="reach"/> of the state.</summary>
    public static Precise? Abscissa(Circuit c, ReadOnlySpan<double> y0, ReadOnlySpan<double> a0, double reach)
    {
        if (At(c, y0, a0, reach) is not var (_, jacobian)) return null;
        var order = 2 * c.N;
        var rounded = new double[order * order];
        for (var i = 0; i < rounded.Length; i++) rounded[i] = (double)jacobian[i / order, i % order];
        return Roots(Characteristic(jacobian), Eigenvalues.Of(rounded, order).OrThrow().Values).Select(v => v.Re).Aggregate((p, q) => p > q ? p : q);
    }

    /// <summary>The fixed point, y before a, and the Jacobian there.</summary>
    public static (Precise[] State, Precise[,] Jacobian)? At(Circuit c, ReadOnlySpan<double> y0, ReadOnlySpan<double> a0, double reach)
    {
        var n = c.N;
        var x = new Precise[2 * n];
        for (var i = 0; i < n; i++) (x[i], x[n + i]) = (y0[i], a0[i]);
        var (f, jacobian) = (new Precise[2 * n], new Precise[2 * n, 2 * n]);
        var rested = false;
        for (var iteration = 0; iteration < 60 && !rested; iteration++)
        {
            Evaluate(c, x, f, jacobian, scaled: false);
            var step = Solve(jacobian, f);
            if (step is null) return null;
            double largest = 0;
            for (var i = 0; i < 2 * n; i++)
            {
                x[i] -= step[i];
                largest = Math.Max(largest, Math.Abs((double)(step[i] / Size(i))));
                // Newton's method that has gone so far comes back by chance alone.
                if (i >= n && (!(x[i] > a0[i - n] * 0.5) || x[i] > a0[i - n] * 2)) return null;
            }
            rested = largest < 1e-50;
        }
        if (!rested) return null;
        for (var i = 0; i < 2 * n; i++)
            if (Precise.Abs(x[i] - (i < n ? y0[i] : a0[i - n])) > reach * Size(i)) return null;
        Evaluate(c, x, f, jacobian, scaled: true);
        return (x, jacobian);

        Precise Size(int i)
        {
            if (i >= n) return x[i];
            Precise largest = 1e-300;
            for (var j = 0; j < n; j++) largest = Precise.Abs(x[j]) > largest ? Precise.Abs(x[j]) : largest;
            return largest;
        }
    }

    /// <summary>The two rates, by the time constants or without them, and their Jacobian.</summary>
    static void Evaluate(Circuit c, Precise[] x, Precise[] f, Precise[,] jacobian, bool scaled)
    {
        var n = c.N;
        for (var i = 0; i < n; i++)
        {
            Precise tauY = scaled ? c.TauY[i] : 1.0, tauA = scaled ? c.TauA[i] : 1.0, y = x[i], a = x[n + i], s = Precise.Sqrt(a), h = 0.0, root = (Precise)c.B0[i] * c.Sigma[i], pool = root * root;
            for (var j = 0; j < n; j++)
            {
                Precise wr = c.Wr[i * n + j], w = c.W[i * n + j], yj = x[j], aj = x[n + j];
                h += wr * yj;
                pool += w * aj * yj * yj;
                jacobian[i, j] = ((1.0 - s) * wr - (i == j ? 1.0 : 0.0)) / tauY;
                jacobian[i, n + j] = 0.0;
                jacobian[n + i, j] = w * aj * yj * 2.0 / tauA;
                jacobian[n + i, n + j] = (w * yj * yj - (i == j ? 1.0 : 0.0)) / tauA;
            }
            jacobian[i, n + i] = -(h / (s * 2.0 * tauY));
            f[i] = ((Precise)c.B[i] * c.Z[i] - y + (1.0 - s) * h) / tauY;
            f[n + i] = (pool - a) / tauA;
        }
    }

    static Precise[]? Solve(Precise[,] matrix, Precise[] right)
    {
        var m = right.Length;
        var (a, b) = ((Precise[,])matrix.Clone(), (Precise[])right.Clone());
        for (var k = 0; k < m; k++)
        {
            var pivot = k;
            for (var i = k + 1; i < m; i++)
                if (Precise.Abs(a[i, k]) > Precise.Abs(a[pivot, k])) pivot = i;
            if (a[pivot, k].IsZero) return null;
            for (var j = 0; j < m; j++) (a[k, j], a[pivot, j]) = (a[pivot, j], a[k, j]);
            (b[k], b[pivot]) = (b[pivot], b[k]);
            for (var i = k + 1; i < m; i++)
            {
                var factor = a[i, k] / a[k, k];
                for (var j = k; j < m; j++) a[i, j] -= factor * a[k, j];
                b[i] -= factor * b[k];
            }
        }
        for (var i = m - 1; i >= 0; i--)
        {
            for (var j = i + 1; j < m; j++) b[i] -= a[i, j] * b[j];
            b[i] /= a[i, i];
        }
        return b;
    }

    /// <summary>Coefficients of det(λI − A), the constant first, by Faddeev and LeVerrier.</summary>
    static Precise[] Characteristic(Precise[,] a)
    {
        var m = a.GetLength(0);
        var coefficients = new Precise[m + 1];
        coefficients[m] = 1.0;
        var product = new Precise[m, m];
        for (var k = 1; k <= m; k++)
        {
            // M ← A·M + c I, c ← −tr(A·M)/k
            for (var i = 0; i < m; i++) product[i, i] += coefficients[m - k + 1];
            var next = new Precise[m, m];
            Precise trace = 0.0;
            for (var i = 0; i < m; i++)
                for (var j = 0; j < m; j++)
                    for (var l = 0; l < m; l++) next[i, j] += a[i, l] * product[l, j];
            for (var i = 0; i < m; i++) trace += next[i, i];
            coefficients[m - k] = -(trace / k);
            product = next;
        }
        return coefficients;
    }

    /// <summary>All roots of a real polynomial, by Aberth's method from rough ones.</summary>
    static PreciseComplex[] Roots(Precise[] p, Complex[] rough)
    {
        var m = p.Length - 1;
        var roots = new PreciseComplex[m];
        for (var k = 0; k < m; k++)
        {
            // Apart from one another.
            var at = rough[k] * (1 + Complex.FromPolarCoordinates(1e-3, 0.7 + 2 * Math.PI * k / m)) + 1e-12;
            roots[k] = new(at.Real, at.Imaginary);
        }
        for (var iteration = 0; iteration < 1000; iteration++)
        {
            var rested = true;
            for (var k = 0; k < m; k++)
            {
                PreciseComplex value = new(p[m], 0.0), slope = new(0.0, 0.0);
                for (var j = m - 1; j >= 0; j--)
                {
                    slope = slope * roots[k] + value;
                    value = value * roots[k] + new PreciseComplex(p[j], 0.0);
                }
                if (value.Size.IsZero || slope.Size.IsZero) continue;
                var newton = value / slope;
                PreciseComplex others = new(0.0, 0.0);
                for (var j = 0; j < m; j++)
                    if (j != k && !(roots[k] - roots[j]).Size.IsZero) others += new PreciseComplex(1.0, 0.0) / (roots[k] - roots[j]);
                var step = newton / (new PreciseComplex(1.0, 0.0) - newton * others);
                roots[k] -= step;
                rested &= !(step.Size > 1e-40 * roots[k].Size);
            }
            if (rested) return roots;
        }
        throw new InvalidOperationException("The roots of the characteristic polynomial were not found.");
    }
}
