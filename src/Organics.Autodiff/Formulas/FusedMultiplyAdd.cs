using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Organics.Formulas;

/// <summary>
/// a·b + c, rounded once. Where the processor has no such instruction the system's function is called for each number, a hundred times as slow; here it is made
/// of sums and products of vectors, without error, by an addition that rounds to odd (Boldo and Melquiond, IEEE Trans. Computers 57, 2008). The same bits.
/// </summary>
public static class FusedMultiplyAdd
{
    /// <summary>Whether the processor has the instruction.</summary>
    public static bool IsInHardware => Fma.IsSupported || AdvSimd.IsSupported;

    // Veltkamp's constant, which splits a number into two of half the digits.
    const double Splitter = 134217729;

    // Between these neither the splitting overflows nor the product's error underflows.
    const double Largest = 1e145, Smallest = 1e-145;

    // A product of two floats is a double; the sum is rounded to odd, which a second rounding does not spoil: 53 ≥ 2·24 + 2 digits.
    internal static Vector128<float> InSoftware(Vector128<float> a, Vector128<float> b, Vector128<float> c)
    {
        var ((a0, a1), (b0, b1), (c0, c1)) = (Vector128.Widen(a), Vector128.Widen(b), Vector128.Widen(c));
        return Vector128.Narrow(AddToOdd(a0 * b0, c0), AddToOdd(a1 * b1, c1));
    }

    internal static Vector128<double> InSoftware(Vector128<double> a, Vector128<double> b, Vector128<double> c)
    {
        var product = a * b;
        var (size, other) = (Vector128.Abs(product), Vector128.Abs(c));
        var isPlain = Vector128.LessThan(Vector128.Max(Vector128.Abs(a), Vector128.Abs(b)), Vector128.Create(Largest))
            & Vector128.GreaterThan(size, Vector128.Create(Smallest)) & Vector128.LessThan(size, Vector128.Create(Largest))
            & Vector128.LessThan(other, Vector128.Create(Largest)) & (Vector128.GreaterThan(other, Vector128.Create(Smallest)) | Vector128.Equals(c, Vector128<double>.Zero));
        if (!Vector128.EqualsAll(isPlain.AsInt64(), Vector128<long>.AllBitsSet)) return Vector128.FusedMultiplyAdd(a, b, c);
        // a·b = product + low, without error (Dekker).
        var (ah, al) = Split(a);
        var (bh, bl) = Split(b);
        var low = al * bl - (product - ah * bh - al * bh - ah * bl);
        var (th, tl) = TwoSum(c, low);
        var (vh, vl) = TwoSum(product, th);
        return vh + AddToOdd(tl, vl);
    }

    static (Vector128<double> High, Vector128<double> Low) Split(Vector128<double> x)
    {
        var scaled = Vector128.Create(Splitter) * x;
        var high = scaled - (scaled - x);
        return (high, x - high);
    }

    // x + y = sum + error, without error (Knuth).
    static (Vector128<double> Sum, Vector128<double> Error) TwoSum(Vector128<double> x, Vector128<double> y)
    {
        var sum = x + y;
        var own = sum - x;
        return (sum, (x - (sum - own)) + (y - own));
    }

    // Rounded, where it is not exact, to the neighbour whose last bit is 1.
    static Vector128<double> AddToOdd(Vector128<double> x, Vector128<double> y)
    {
        var (sum, error) = TwoSum(x, y);
        var bits = sum.AsInt64();
        // An error that is no number comes of a sum that is none, or infinite, and stays as it is.
        var isInexact = Vector128.GreaterThan(Vector128.Abs(error), Vector128<double>.Zero).AsInt64();
        var isEven = Vector128.Equals(bits & Vector128<long>.One, Vector128<long>.Zero);
        // Away from 0 where the error has the sum's sign, else towards it: their signs differ where the exclusive or is negative.
        var step = Vector128.ConditionalSelect(Vector128.LessThan(bits ^ error.AsInt64(), Vector128<long>.Zero), Vector128<long>.AllBitsSet, Vector128<long>.One);
        return (bits + (step & isInexact & isEven)).AsDouble();
    }
}
