namespace Organics.Tests;

/// <summary>
/// An unevaluated sum of two doubles, about 32 digits: the oracle for functions that round to 16.
/// (Dekker, "A floating-point technique for extending the available precision", Numer. Math. 18, 1971.)
/// </summary>
readonly record struct DoubleDouble(double High, double Low)
{
    // ln 2 to 32 digits: the double nearest to it, and the double nearest to what is left.
    static readonly DoubleDouble Ln2 = new(0.69314718055994531, 2.3190468138462996e-17);

    public static implicit operator DoubleDouble(double x) => new(x, 0);

    public static DoubleDouble operator +(DoubleDouble a, DoubleDouble b)
    {
        var s = a.High + b.High;
        var t = s - a.High;
        return Normal(s, a.High - (s - t) + (b.High - t) + a.Low + b.Low);
    }

    public static DoubleDouble operator -(DoubleDouble a) => new(-a.High, -a.Low);

    public static DoubleDouble operator -(DoubleDouble a, DoubleDouble b) => a + -b;

    public static DoubleDouble operator *(DoubleDouble a, DoubleDouble b)
    {
        var p = a.High * b.High;
        return Normal(p, Math.FusedMultiplyAdd(a.High, b.High, -p) + a.High * b.Low + a.Low * b.High);
    }

    public static DoubleDouble operator /(DoubleDouble a, DoubleDouble b)
    {
        DoubleDouble q = a.High / b.High;
        var r = a - q * b;
        q += r.High / b.High;
        return q + (a - q * b).High / b.High;
    }

    /// <summary>eˣ − 1 = 2ⁿ(eʳ − 1) + 2ⁿ − 1 with r = x − n·ln 2, for |x| below 700.</summary>
    public static DoubleDouble Expm1(DoubleDouble x)
    {
        var n = Math.Round(x.High / Ln2.High);
        var r = x - n * Ln2;
        DoubleDouble term = r, sum = r;
        for (var k = 2; k <= 28; k++) sum += term = term * r / k;
        DoubleDouble scale = Math.ScaleB(1, (int)n);
        return sum * scale + (scale - 1);
    }

    /// <summary>ln(1 + x) by two steps of Halley's method on eʸ − 1 = x.</summary>
    public static DoubleDouble Log1p(DoubleDouble x)
    {
        DoubleDouble y = Math.Abs(x.High) < 1e-5 ? x - x * x * 0.5 : Math.Log((1 + x).High);
        for (var k = 0; k < 2; k++)
        {
            var e = Expm1(y);
            y += 2 * (x - e) / (2 + x + e);
        }
        return y;
    }

    /// <summary>sin(x + quarters·π/2) for |x| below 2⁵¹.</summary>
    public static DoubleDouble Sin(double x, int quarters = 0)
    {
        // π/2 to 64 digits, in four doubles.
        var n = Math.Round(x / (Math.PI / 2));
        DoubleDouble r = x;
        foreach (var part in (double[])[1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33, 5.562271104316826e-50]) r -= (DoubleDouble)n * part;
        var turn = (int)(((long)n + quarters) & 3);
        var odd = (turn & 1) != 0;
        DoubleDouble term = odd ? 1 : r, sum = term;
        for (var k = odd ? 1 : 2; k <= 32; k += 2) sum += term = -(term * r * r / (k * (k + 1.0)));
        return turn < 2 ? sum : -sum;
    }

    static DoubleDouble Normal(double high, double low)
    {
        var s = high + low;
        return new(s, low - (s - high));
    }
}
