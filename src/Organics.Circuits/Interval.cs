namespace Organics;

/// <summary>A closed interval that holds a real number: every operation rounds its ends outward (Moore, Methods and Applications of Interval Analysis, §2.1).</summary>
readonly record struct Interval(double Low, double High)
{
    public static implicit operator Interval(double exact) => new(exact, exact);

    public static Interval operator +(Interval a, Interval b) => Outward(a.Low + b.Low, a.High + b.High);

    public static Interval operator -(Interval a, Interval b) => Outward(a.Low - b.High, a.High - b.Low);

    public static Interval operator *(Interval a, Interval b)
    {
        var (p, q, r, s) = (a.Low * b.Low, a.Low * b.High, a.High * b.Low, a.High * b.High);
        return Outward(Math.Min(Math.Min(p, q), Math.Min(r, s)), Math.Max(Math.Max(p, q), Math.Max(r, s)));
    }

    /// <summary>a/b where b does not hold 0; everything otherwise.</summary>
    public static Interval operator /(Interval a, Interval b)
    {
        if (b.Low <= 0 && b.High >= 0) return new(double.NegativeInfinity, double.PositiveInfinity);
        var (p, q, r, s) = (a.Low / b.Low, a.Low / b.High, a.High / b.Low, a.High / b.High);
        return Outward(Math.Min(Math.Min(p, q), Math.Min(r, s)), Math.Max(Math.Max(p, q), Math.Max(r, s)));
    }

    /// <summary>The root of what is not negative in the interval.</summary>
    public static Interval Sqrt(Interval a) => Outward(Math.Sqrt(Math.Max(a.Low, 0)), Math.Sqrt(Math.Max(a.High, 0)));

    // Rounding to nearest errs by less than one step either way.
    static Interval Outward(double low, double high)
        => double.IsNaN(low) || double.IsNaN(high)
            ? new(double.NegativeInfinity, double.PositiveInfinity)
            : new(Math.BitDecrement(low), Math.BitIncrement(high));
}
