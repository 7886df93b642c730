using System.Runtime.Intrinsics;

namespace Organics.Tests;

/// <summary>a·b + c of sums and products, for processors without the instruction, is that of the system to the last bit.</summary>
public sealed class FusedMultiplyAddTests
{
    const int Count = 2_000_000;

    static readonly double[] Odd =
    [
        0, -0.0, 1, -1, double.Epsilon, -double.Epsilon, double.MaxValue, double.MinValue, double.PositiveInfinity, double.NegativeInfinity, double.NaN, 1e-145, 1e145, 1e-160, 1e160,
        2.2250738585072014e-308, 1.0000000000000002, 0.9999999999999999, 3.4028234663852886e38, 1.401298464324817e-45, 1.1754943508222875e-38, 134217729, 1e30, -1e-30,
    ];

    // Numbers of all exponents, with few digits now and then, for ties; c is often near −a·b.
    static (double A, double B, double C) Draw(Random random, int spread)
    {
        double One()
        {
            if (random.Next(12) == 0) return Odd[random.Next(Odd.Length)];
            var digits = BitConverter.UInt64BitsToDouble(((ulong)random.NextInt64() & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000);
            if (random.Next(3) == 0) digits = Math.Round(digits * 4096) / 4096;
            return Math.ScaleB(random.Next(2) == 0 ? digits : -digits, random.Next(-spread, spread));
        }
        var (a, b) = (One(), One());
        var c = random.Next(3) switch { 0 => One(), 1 => -a * b * (1 + Math.ScaleB(random.Next(-3, 4), -random.Next(20, 60))), _ => Math.ScaleB(a * b, -random.Next(40, 60)) };
        return (a, b, c);
    }

    [Fact]
    public void In_double_precision()
    {
        var random = new Random(1);
        for (var i = 0; i < Count; i++)
        {
            var (a, b, c) = Draw(random, i % 2 == 0 ? 20 : 600);
            var expected = Math.FusedMultiplyAdd(a, b, c);
            // The other lane is plain, and must not be spoiled.
            var found = FusedMultiplyAdd.InSoftware(Vector128.Create(a, 1.5), Vector128.Create(b, 2.5), Vector128.Create(c, 0.25));
            Assert.True(Same(expected, found[0]) && found[1] == 4, $"{a:R}·{b:R} + {c:R} is {expected:R}, not {found[0]:R}");
        }
        static bool Same(double x, double y) => BitConverter.DoubleToInt64Bits(x) == BitConverter.DoubleToInt64Bits(y) || (double.IsNaN(x) && double.IsNaN(y));
    }

    [Fact]
    public void In_single_precision()
    {
        var random = new Random(2);
        for (var i = 0; i < Count; i++)
        {
            var (da, db, dc) = Draw(random, i % 2 == 0 ? 20 : 140);
            var (a, b, c) = ((float)da, (float)db, (float)dc);
            var expected = MathF.FusedMultiplyAdd(a, b, c);
            var found = FusedMultiplyAdd.InSoftware(Vector128.Create(1.5f, a, 1.5f, a), Vector128.Create(2.5f, b, 2.5f, b), Vector128.Create(0.25f, c, 0.25f, c));
            Assert.True(Same(expected, found[1]) && Same(expected, found[3]) && found[0] == 4, $"{a:R}·{b:R} + {c:R} is {expected:R}, not {found[1]:R}");
        }
        static bool Same(float x, float y) => BitConverter.SingleToInt32Bits(x) == BitConverter.SingleToInt32Bits(y) || (float.IsNaN(x) && float.IsNaN(y));
    }
}
