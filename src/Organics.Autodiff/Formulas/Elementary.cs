using System.Runtime.CompilerServices;

namespace Organics.Formulas;

/// <summary>
/// exp, expm1, log, log1p, sin, cos and pow written once in +, ×, ÷, fused multiply-add and exponent bits, so that a scalar loop, a SIMD loop and a GPU
/// thread give the same result, bit for bit where the machine has a fused multiply-add.
/// </summary>
/// <remarks>
/// Range reduction after Cody and Waite, "Software Manual for the Elementary Functions" (1980), for sin and cos with sums of two numbers (Dekker, Numer. Math.
/// 18, 1971;
/// Knuth, "The Art of Computer Programming" 2, §4.2.2); ln(1 + u) by Kahan's quotient (Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed.,
/// §1.14.1).
/// </remarks>
public static class Elementary
{
    // ln 2 in two parts: the product of an exponent and the high part is exact.
    const double Ln2High32 = 0.693359375, Ln2Low32 = -2.12194440054690583e-4;
    const double Ln2High64 = 6.93147180369123816490e-01, Ln2Low64 = 1.90821492927058770002e-10;
    const double Log2E = 1.4426950408889634;

    /// <summary>eˣ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<V, T>(V x) where V : struct, IMachineReal<V, T>
    {
        var (n, r) = Reduce<V, T>(x);
        var p = V.Fma(r, ExpSeries<V, T>(r), V.One);
        // 2ⁿ in two factors: n itself may lie outside the range of normal exponents.
        var half = V.Round(n * V.Half);
        return p * V.Pow2(half) * V.Pow2(n - half);
    }

    /// <summary>eˣ − 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Expm1<V, T>(V x) where V : struct, IMachineReal<V, T>
    {
        var (n, r) = Reduce<V, T>(x);
        var e = r * ExpSeries<V, T>(r);
        var half = V.Round(n * V.Half);
        var (s, t) = (V.Pow2(half), V.Pow2(n - half));
        // eˣ − 1 = 2ⁿ(eʳ − 1) + (2ⁿ − 1); the second term is exact where it matters, and 2ⁿ alone counts once it is huge.
        var limit = V.Literal(V.IsDouble ? 1000 : 120);
        return V.IfLess(n, limit, V.Fma(e, s * t, V.Fma(s, t, -V.One)), (V.One + e) * s * t);
    }

    /// <summary>ln x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Log<V, T>(V x) where V : struct, IMachineReal<V, T>
    {
        var tiny = V.Literal(V.IsDouble ? 2.2250738585072014e-308 : 1.1754943508222875e-38);
        var up = V.Literal(V.IsDouble ? 18014398509481984.0 : 33554432.0);      // 2⁵⁴, 2²⁵
        var shift = V.Literal(V.IsDouble ? -54 : -25);
        var scaled = V.IfLess(x, tiny, x * up, x);
        var m = V.Significand(scaled);
        var e = V.Exponent(scaled) + V.IfLess(x, tiny, shift, V.Zero);
        // m in [√½, √2): e changes with it.
        var big = V.Literal(1.4142135623730951);
        e = V.IfLess(m, big, e, e + V.One);
        m = V.IfLess(m, big, m, m * V.Half);
        // ln m = 2 artanh s, s = (m − 1)/(m + 1), |s| ≤ 0.1716.
        var f = m - V.One;
        var s = f / (m + V.One);
        var q = s * s;
        var series = V.IsDouble ? LogSeries64<V, T>(q) : LogSeries32<V, T>(q);
        // 2s = f − s·f keeps the leading term exact: ln m = f − s(f − 2q·series).
        var lnm = f - s * (f - (q + q) * series);
        var high = V.Literal(V.IsDouble ? Ln2High64 : Ln2High32);
        var low = V.Literal(V.IsDouble ? Ln2Low64 : Ln2Low32);
        var y = V.Fma(e, high, V.Fma(e, low, lnm));
        y = V.IfLess(x, V.Literal(double.PositiveInfinity), y, x);              // ∞ and NaN stay
        y = V.IfLess(V.Zero, x, y, V.IfLess(x, V.Zero, V.Literal(double.NaN), V.Literal(double.NegativeInfinity)));
        return V.IfLess(V.Literal(double.NegativeInfinity), x, y, x + V.Literal(double.NaN));
    }

    /// <summary>ln(1 + x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Log1p<V, T>(V x) where V : struct, IMachineReal<V, T>
    {
        var w = V.One + x;
        var d = w - V.One;
        var log = V.Log(w);
        var y = log * (x / d);
        // d = 0: ln(1 + x) = x to working precision; w = ∞: ln of it is ∞.
        y = V.IfLess(V.Zero, V.Abs(d), y, x + d);
        return V.IfLess(V.Abs(x), V.Literal(double.PositiveInfinity), y, log);
    }

    /// <summary>sin x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sin<V, T>(V x) where V : struct, IMachineReal<V, T>
        // Where x is small, x itself: the reduction would lose the sign of −0.
        => V.IfLess(V.Abs(x), V.Literal(V.IsDouble ? 1e-9 : 1e-5), x, Sine<V, T>(x, V.Zero));

    /// <summary>cos x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Cos<V, T>(V x) where V : struct, IMachineReal<V, T> => Sine<V, T>(x, V.One);

    // sin(x + quarters·π/2): with x = n·π/2 + r, the sine or the cosine of r with a sign, as n + quarters has it modulo 4.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Sine<V, T>(V x, V quarters) where V : struct, IMachineReal<V, T>
    {
        var limit = V.Literal(V.IsDouble ? 2251799813685248.0 : 4194304.0);     // 2⁵¹, 2²²
        x = V.IfLess(V.Abs(x), limit, x, V.Literal(double.NaN));
        // Where x is large, the product is rounded to quarters and halves; what it lacks is rounded again.
        var inverse = V.Literal(2 / Math.PI);
        var n = V.Round(x * inverse);
        n += V.Round(V.Fma(x, inverse, -n));
        var (r, low) = ReduceQuarter<V, T>(x, n);
        var (minus, halved) = (-(r * r), -(r * V.Half));
        // 1 − r²/2 and its rounding; of what `low` meets, cos(r + low) = cos r − low·sin r, the first terms suffice.
        var w = V.Fma(halved, r, V.One);
        var rounding = V.Fma(halved, r, V.One - w);
        var cosine = w + V.Fma(minus * minus, CosineSeries<V, T>(minus), V.Fma(-r, low, rounding));
        var sine = r + V.Fma(minus * r, SineSeries<V, T>(minus), low * w);
        n += quarters;
        var (half, quarter) = (n * V.Half, n * V.Literal(0.25));
        var odd = V.Abs(half - V.Round(half));                                  // 0 or ½
        var turn = quarter - V.Round(quarter);                                  // 0, ¼, ±½ or −¼
        var y = V.IfLess(odd, V.Literal(0.25), sine, cosine);
        return V.IfLess(turn, V.Literal(-0.125), -y, V.IfLess(V.Literal(0.375), turn, -y, y));
    }

    /// <summary>aᵇ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Pow<V, T>(V a, V b) where V : struct, IMachineReal<V, T>
    {
        var (x, t) = (V.Abs(a), V.Abs(b));
        var r = V.Exp(b * V.Log(x));
        // 1 to any power is 1, also where b·ln 1 is ∞·0.
        r = V.IfLess(V.Zero, V.Abs(x - V.One), r, x);
        // What b has beyond a whole number, and b/2; NaN where b is.
        var (beyond, half) = (Fraction<V, T>(t), Fraction<V, T>(t * V.Half));
        r = V.IfLess(t, V.Literal(MostWhole + 0.5), V.IfLess(V.Zero, beyond, r, Whole<V, T>(x, b)), r);
        var signed = V.IfLess(half, V.Half, r, -r);
        // Below 0 only whole powers of finite numbers exist; 1/a tells −0 from 0.
        var below = V.IfLess(x, V.Literal(double.PositiveInfinity), V.IfLess(V.Zero, beyond, V.Literal(double.NaN), V.IfLess(beyond, V.One, signed, beyond)),
            signed);
        r = V.IfLess(a, V.Zero, below, V.IfLess(V.One / a, V.Zero, signed, r));
        return V.IfLess(V.Zero, t, r, V.IfLess(t, V.One, V.One, r));
    }

    /// <summary>The largest size of a whole exponent whose power is a product.</summary>
    internal const int MostWhole = 1023;

    const int WholeBits = 10;

    /// <summary>aⁿ as a product of the squares that n's bits name, of a or of 1/a, each with what its rounding has left: within 2 units in the last
    /// place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Whole<V, T>(V a, int n) where V : struct, IReal<V, T>
    {
        var square = n < 0 ? Reciprocal<V, T>(a) : (a, V.Zero);
        var power = (V.One, V.Zero);
        for (var rest = Math.Abs(n); rest != 0;)
        {
            if ((rest & 1) != 0) power = Times<V, T>(power, square);
            rest >>= 1;
            if (rest != 0) square = Times<V, T>(square, square);
        }
        return Rounded<V, T>(power);
    }

    // The same for whole numbers b of up to MostWhole: every lane takes what its own bits name.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Whole<V, T>(V a, V b) where V : struct, IMachineReal<V, T>
    {
        var inverse = Reciprocal<V, T>(a);
        var (square, power, rest) = ((V.IfLess(b, V.Zero, inverse.Item1, a), V.IfLess(b, V.Zero, inverse.Item2, V.Zero)), (V.One, V.Zero), V.Abs(b));
        for (var bit = 0; bit < WholeBits; bit++)
        {
            var half = V.Round(V.Fma(rest, V.Half, V.Literal(-0.25)));
            var times = Times<V, T>(power, square);
            power = (V.IfLess(half + half, rest, times.Item1, power.Item1), V.IfLess(half + half, rest, times.Item2, power.Item2));
            rest = half;
            square = Times<V, T>(square, square);
        }
        return Rounded<V, T>(power);
    }

    // The product of two sums of two numbers, as one. What is fused already no compiler fuses in another way, and −0 keeps the sign of a product that is 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (V, V) Times<V, T>((V High, V Low) a, (V High, V Low) b) where V : struct, IReal<V, T>
    {
        var high = V.Fma(a.High, b.High, -V.Zero);
        return (high, V.Fma(a.High, b.Low, V.Fma(a.Low, b.High, V.Fma(a.High, b.High, -high))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (V, V) Reciprocal<V, T>(V a) where V : struct, IReal<V, T>
    {
        var inverse = V.One / a;
        return (inverse, inverse * V.Fma(-inverse, a, V.One));
    }

    // Where the first is 0 or not finite, the second says nothing.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Rounded<V, T>((V High, V Low) a) where V : struct, IReal<V, T>
    {
        var size = V.Abs(a.Low);
        return V.IfLess(V.Zero, size, V.IfLess(size, V.Literal(double.PositiveInfinity), a.High + a.Low, a.High), a.High);
    }

    // |t − the nearest integer| for t ≥ 0. From 2⁵² (2²³) on every number is whole, and adding it rounds to one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Fraction<V, T>(V t) where V : struct, IMachineReal<V, T>
    {
        var whole = V.Literal(V.IsDouble ? 4503599627370496.0 : 8388608.0);
        return V.IfLess(whole, t, V.Zero, V.Abs(t - (t + whole - whole)));
    }

    // x = n·ln 2 + r with |r| ≤ ½ ln 2; beyond the clamp eˣ is 0 or ∞ all the same.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (V N, V R) Reduce<V, T>(V x) where V : struct, IMachineReal<V, T>
    {
        var min = V.Literal(V.IsDouble ? -746 : -104.5);
        var max = V.Literal(V.IsDouble ? 710 : 89);
        x = V.IfLess(x, min, min, V.IfLess(max, x, max, x));
        var n = V.Round(x * V.Literal(Log2E));
        var r = V.Fma(n, V.Literal(V.IsDouble ? -Ln2High64 : -Ln2High32), x);
        r = V.Fma(n, V.Literal(V.IsDouble ? -Ln2Low64 : -Ln2Low32), r);
        return (n, r);
    }

    // x − n·π/2 as a sum of two numbers. π/2 is a sum of three; what its first two parts contribute is subtracted without an error. Products are fused with 0,
    // so that no compiler fuses them with a
    // difference whose rounding is accounted for here.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (V R, V Low) ReduceQuarter<V, T>(V x, V n) where V : struct, IMachineReal<V, T>
    {
        var p1 = V.Literal(V.IsDouble ? 1.5707963267948966 : 1.5707963705062866);
        var p2 = V.Literal(V.IsDouble ? 6.123233995736766e-17 : -4.371138828673793e-08);
        var p3 = V.Literal(V.IsDouble ? -1.4973849048591698e-33 : -1.7151245100058819e-15);
        var (a, b) = (V.Fma(n, p1, V.Zero), V.Fma(n, p2, V.Zero));
        var (t, s) = TwoSum<V, T>(x - a, -V.Fma(n, p1, -a));
        var (u, v) = TwoSum<V, T>(t, -b);
        return TwoSum<V, T>(u, V.Fma(-n, p3, s + (v - V.Fma(n, p2, -b))));
    }

    // a + b, and what is lost to rounding.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (V Rounded, V Error) TwoSum<V, T>(V a, V b) where V : struct, IMachineReal<V, T>
    {
        var s = a + b;
        var t = s - a;
        return (s, a - (s - t) + (b - t));
    }

    // (1 − (sin r)/r)/r² = Σ (−r²)ᵏ/(2k+3)!, to r⁶ in binary32 and r¹⁴ in binary64: the rest is below 4e-9 and 2e-19 for |r| ≤ π/4.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V SineSeries<V, T>(V minus) where V : struct, IMachineReal<V, T>
    {
        V p;
        if (V.IsDouble)
        {
            p = V.Literal(1.0 / 355687428096000);
            p = V.Fma(p, minus, V.Literal(1.0 / 1307674368000));
            p = V.Fma(p, minus, V.Literal(1.0 / 6227020800));
            p = V.Fma(p, minus, V.Literal(1.0 / 39916800));
            p = V.Fma(p, minus, V.Literal(1.0 / 362880));
        }
        else
        {
            p = V.Literal(1.0 / 362880);
        }
        p = V.Fma(p, minus, V.Literal(1.0 / 5040));
        p = V.Fma(p, minus, V.Literal(1.0 / 120));
        return V.Fma(p, minus, V.Literal(1.0 / 6));
    }

    // (cos r − 1 + r²/2)/r⁴ = Σ (−r²)ᵏ/(2k+4)!, to r⁶ in binary32 and r¹² in binary64: the rest is below 2e-10 and 3e-18.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V CosineSeries<V, T>(V minus) where V : struct, IMachineReal<V, T>
    {
        V p;
        if (V.IsDouble)
        {
            p = V.Literal(1.0 / 20922789888000);
            p = V.Fma(p, minus, V.Literal(1.0 / 87178291200));
            p = V.Fma(p, minus, V.Literal(1.0 / 479001600));
            p = V.Fma(p, minus, V.Literal(1.0 / 3628800));
        }
        else
        {
            p = V.Literal(1.0 / 3628800);
        }
        p = V.Fma(p, minus, V.Literal(1.0 / 40320));
        p = V.Fma(p, minus, V.Literal(1.0 / 720));
        return V.Fma(p, minus, V.Literal(1.0 / 24));
    }

    // (eʳ − 1)/r = Σ rᵏ/(k+1)!, to r⁶ in binary32 (error 5e-9) and r¹² in binary64 (error 4e-18).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V ExpSeries<V, T>(V r) where V : struct, IMachineReal<V, T>
    {
        V p;
        if (V.IsDouble)
        {
            p = V.Literal(1.0 / 6227020800);
            p = V.Fma(p, r, V.Literal(1.0 / 479001600));
            p = V.Fma(p, r, V.Literal(1.0 / 39916800));
            p = V.Fma(p, r, V.Literal(1.0 / 3628800));
            p = V.Fma(p, r, V.Literal(1.0 / 362880));
            p = V.Fma(p, r, V.Literal(1.0 / 40320));
            p = V.Fma(p, r, V.Literal(1.0 / 5040));
        }
        else
        {
            p = V.Literal(1.0 / 5040);
        }
        p = V.Fma(p, r, V.Literal(1.0 / 720));
        p = V.Fma(p, r, V.Literal(1.0 / 120));
        p = V.Fma(p, r, V.Literal(1.0 / 24));
        p = V.Fma(p, r, V.Literal(1.0 / 6));
        p = V.Fma(p, r, V.Half);
        return V.Fma(p, r, V.One);
    }

    // Σ qᵏ/(2k+3): artanh s = s(1 + q·Σ), q ≤ 0.0295; the rest is below 2e-9.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V LogSeries32<V, T>(V q) where V : struct, IMachineReal<V, T>
    {
        var p = V.Fma(V.Literal(1.0 / 9), q, V.Literal(1.0 / 7));
        p = V.Fma(p, q, V.Literal(1.0 / 5));
        return V.Fma(p, q, V.Literal(1.0 / 3));
    }

    // The same to q⁹: the rest is below 1e-18.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V LogSeries64<V, T>(V q) where V : struct, IMachineReal<V, T>
    {
        var p = V.Fma(V.Literal(1.0 / 21), q, V.Literal(1.0 / 19));
        p = V.Fma(p, q, V.Literal(1.0 / 17));
        p = V.Fma(p, q, V.Literal(1.0 / 15));
        p = V.Fma(p, q, V.Literal(1.0 / 13));
        p = V.Fma(p, q, V.Literal(1.0 / 11));
        p = V.Fma(p, q, V.Literal(1.0 / 9));
        p = V.Fma(p, q, V.Literal(1.0 / 7));
        p = V.Fma(p, q, V.Literal(1.0 / 5));
        return V.Fma(p, q, V.Literal(1.0 / 3));
    }
}
