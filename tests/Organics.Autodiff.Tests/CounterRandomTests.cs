using MathNet.Numerics.Distributions;

namespace Organics.Tests;

public class CounterRandomTests
{
    // Random123 1.14.0, tests/kat_vectors, lines "philox4x32 10".
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Philox_gives_the_published_known_answers(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint x0, uint x1, uint x2, uint x3) =>
        Assert.Equal((x0, x1, x2, x3), CounterRandom.Philox((c0, c1, c2, c3), (k0, k1)));

    [Fact]
    public void Bits_are_the_halves_of_the_block_whose_counter_is_index_and_stream_and_whose_key_is_the_seed()
    {
        var random = new CounterRandom(0x299f31d0_a4093822, 0x03707344_13198a2e);
        const ulong block = 0x05a308d3_243f6a88;
        (uint x0, uint x1, uint x2, uint x3) = CounterRandom.Philox((0x243f6a88, 0x05a308d3, 0x13198a2e, 0x03707344), (0xa4093822, 0x299f31d0));
        Assert.Equal((ulong)x1 << 32 | x0, random.Bits(2 * block));
        Assert.Equal((ulong)x3 << 32 | x2, random.Bits(2 * block + 1));
    }

    [Fact]
    public void Normal_is_the_quantile_of_uniform()
    {
        var random = new CounterRandom(7, 3);
        for (ulong i = 0; i < 5000; i++) Assert.Equal(Normal.InvCDF(0, 1, random.Uniform(i)), random.Normal(i), 1e-9);
    }

    [Theory]
    [InlineData(1e-300)]
    [InlineData(1e-30)]
    [InlineData(1e-12)]
    [InlineData(1e-5)]
    [InlineData(0.07)]
    [InlineData(0.3)]
    [InlineData(0.49)]
    public void The_normal_quantile_inverts_the_distribution_on_both_sides(double p)
    {
        double x = CounterRandom.NormalQuantile(p);
        Assert.Equal(1, 0.5 * MathNet.Numerics.SpecialFunctions.Erfc(-x / Math.Sqrt(2)) / p, 1e-11);
        if (p > 1e-6) Assert.Equal(-x, CounterRandom.NormalQuantile(1 - p), 1e-9);
    }

    [Fact]
    public void The_logarithm_is_that_of_the_platform_to_two_units_in_the_last_place()
    {
        var random = new CounterRandom(11);
        for (ulong i = 0; i < 2000; i++)
        {
            double x = Math.ScaleB(random.Uniform(i), (int)(i % 600) - 300), expected = Math.Log(x);
            Assert.Equal(expected, CounterRandom.Log(x), 4.5e-16 * Math.Max(1, Math.Abs(expected)));
        }
    }

    [Fact]
    public void Moments_of_a_hundred_thousand_numbers_are_those_of_the_distributions()
    {
        const int n = 100_000;
        var random = new CounterRandom(1, 2);
        double uniform = 0, normal = 0, square = 0;
        for (ulong i = 0; i < n; i++)
        {
            uniform += random.Uniform(i);
            double x = random.Normal(i);
            (normal, square) = (normal + x, square + x * x);
        }
        // Five standard errors.
        Assert.Equal(0.5, uniform / n, 5 * Math.Sqrt(1 / 12.0 / n));
        Assert.Equal(0, normal / n, 5 / Math.Sqrt(n));
        Assert.Equal(1, square / n, 5 * Math.Sqrt(2.0 / n));
    }

    [Fact]
    public void A_permutation_holds_every_index_once_and_depends_on_seed_and_stream()
    {
        int[] permutation = new CounterRandom(5, 9).Permutation(1000);
        Assert.Equal(Enumerable.Range(0, 1000), permutation.Order());
        Assert.Equal(permutation, new CounterRandom(5, 9).Permutation(1000));
        Assert.NotEqual(permutation, new CounterRandom(5, 10).Permutation(1000));
        Assert.NotEqual(permutation, new CounterRandom(6, 9).Permutation(1000));
        Assert.Empty(new CounterRandom(5).Permutation(0));
    }

    [Fact]
    public void All_six_orders_of_three_items_are_equally_likely()
    {
        const int n = 6000;
        var counts = new Dictionary<string, int>();
        for (ulong stream = 0; stream < n; stream++)
        {
            string order = string.Concat(new CounterRandom(3, stream).Permutation(3));
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }
        Assert.Equal(6, counts.Count);
        double chiSquare = counts.Values.Sum(count => (count - n / 6.0) * (count - n / 6.0) / (n / 6.0));
        Assert.True(chiSquare < 25.7, $"χ² = {chiSquare} with 5 degrees of freedom (25.7 has probability 1e-4)");
    }
}
