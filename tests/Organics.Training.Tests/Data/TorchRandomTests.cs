using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace Organics.Tests;

public class TorchRandomTests
{
    [Fact]
    public void Permutations_are_those_of_PyTorch()
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Goldens", "torch_randperm.json")));
        foreach (JsonElement each in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            int[] actual = new TorchRandom(each.GetProperty("seed").GetUInt64()).Permutation(each.GetProperty("n").GetInt32());
            if (each.TryGetProperty("permutation", out JsonElement whole))
            {
                Assert.Equal(Ints(whole), actual);
                continue;
            }
            Assert.Equal(Ints(each.GetProperty("first")), actual[..64]);
            Assert.Equal(Ints(each.GetProperty("last")), actual[^64..]);
            Assert.Equal(each.GetProperty("sha256_int32_le").GetString(), Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(actual.AsSpan()))));
        }
    }

    // The C++ standard, [rand.predef]: the 10000th output of mt19937 seeded with 5489.
    [Fact]
    public void The_ten_thousandth_output_is_the_one_the_standard_requires()
    {
        var random = new TorchRandom(5489);
        uint last = 0;
        for (int i = 0; i < 10_000; i++) last = random.NextUInt32();
        Assert.Equal(4123659995u, last);
    }

    [Fact]
    public void Only_the_low_half_of_the_seed_counts() =>
        Assert.Equal(new TorchRandom(73).Permutation(50), new TorchRandom(73 | 5UL << 32).Permutation(50));

    static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(each => each.GetInt32())];
}
