using System.Numerics;

namespace Organics.Tests;

public sealed class CubeRootTests
{
    [Fact]
    public void It_is_the_nearest_number_within_a_hundredth_of_the_last_place()
    {
        var random = new CounterRandom(31);
        for (var i = 0UL; i < 200_000; i++)
        {
            // Bits from everywhere, subnormal numbers and both signs among them, and the whole of a period of exponents.
            var x = i % 2 == 0 ? BitConverter.UInt64BitsToDouble(random.Bits(i)) : 1 + 7 * random.Uniform(i);
            if (double.IsFinite(x)) Assert.True(IsNear(CubeRoot.Of(x), x), $"{x:R}");
        }
        double[] edges = [double.Epsilon, -double.Epsilon, double.MaxValue, double.MinValue, 1, 8, 27, 1e-3, double.BitDecrement(8), double.BitIncrement(1)];
        foreach (var x in edges)
            Assert.True(IsNear(CubeRoot.Of(x), x), $"{x:R}");
    }

    [Fact]
    public void What_has_no_other_root_is_its_own()
    {
        foreach (var x in (double[])[0.0, -0.0, double.PositiveInfinity, double.NegativeInfinity, double.NaN])
            Assert.Equal(BitConverter.DoubleToInt64Bits(x), BitConverter.DoubleToInt64Bits(CubeRoot.Of(x)));
        for (var n = -200; n <= 200; n++) Assert.Equal(n, CubeRoot.Of((double)n * n * n));
    }

    // Whether the cubes of y ± 0.51 units in the last place enclose x, in whole numbers.
    static bool IsNear(double y, double x)
    {
        if (x == 0 || double.IsNegative(x) != double.IsNegative(y)) return x == 0 && y == 0;
        var ((m, e), (n, f)) = (Parts(y), Parts(x));
        // (100·m ± 51)³·2³ᵉ against 100³·n·2ᶠ.
        var least = Math.Min(3 * e, f);
        BigInteger Scaled(BigInteger number, int exponent) => number << (exponent - least);
        var target = Scaled(1_000_000 * n, f);
        return Scaled(BigInteger.Pow(100 * m - 51, 3), 3 * e) <= target && target <= Scaled(BigInteger.Pow(100 * m + 51, 3), 3 * e);
    }

    // |x| = m·2ᵉ.
    static (BigInteger M, int E) Parts(double x)
    {
        var bits = BitConverter.DoubleToInt64Bits(x);
        var (exponent, fraction) = ((int)(bits >> 52 & 2047), bits & 0xFFFFFFFFFFFFF);
        return exponent == 0 ? (fraction, -1074) : (fraction | 1L << 52, exponent - 1075);
    }
}
