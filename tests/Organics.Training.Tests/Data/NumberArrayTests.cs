using System.Numerics;

namespace Organics.Tests;

public class NumberArrayTests
{
    internal static T[] All<T>(NumberArray array) where T : unmanaged, INumber<T>
    {
        T[] numbers = new T[array.Length];
        array.Read<T>(0, numbers);
        return numbers;
    }

    [Fact]
    public void Values_of_every_type_are_wrapped_and_converted()
    {
        Assert.Equal([1.5, -2], All<double>(NumberArray.Of<float>("x", [2], new[] { 1.5f, -2 })));
        Assert.Equal([1.5f, 0.1f], All<float>(NumberArray.Of<double>("x", [2], new[] { 1.5, 0.1 })));
        Assert.Equal([(Half)0.1], All<Half>(NumberArray.Of<double>("x", [1], new[] { 0.1 })));
        Assert.Equal([0.5], All<double>(NumberArray.Of<Half>("x", [1], new[] { (Half)0.5 })));
        Assert.Equal([1, 0], All<int>(NumberArray.Of<bool>("x", [2], new[] { true, false })));
        Assert.Equal([255, 7], All<int>(NumberArray.Of<byte>("x", [2], new byte[] { 255, 7 })));
        Assert.Equal([-128], All<long>(NumberArray.Of<sbyte>("x", [1], new sbyte[] { -128 })));
        Assert.Equal([-3], All<int>(NumberArray.Of<short>("x", [1], new short[] { -3 })));
        Assert.Equal([65535], All<int>(NumberArray.Of<ushort>("x", [1], new ushort[] { 65535 })));
        Assert.Equal([uint.MaxValue], All<long>(NumberArray.Of<uint>("x", [1], new[] { uint.MaxValue })));
        Assert.Equal([int.MinValue], All<int>(NumberArray.Of<long>("x", [1], new[] { (long)int.MinValue })));
        Assert.Equal([16777216f], All<float>(NumberArray.Of<int>("x", [1], new[] { 16777217 })));
        Assert.Equal([18446744073709551616.0], All<double>(NumberArray.Of<ulong>("x", [1], new[] { ulong.MaxValue })));
        Assert.Throws<NotSupportedException>(() => NumberArray.Of<char>("x", [1], new[] { 'a' }));
    }

    [Fact]
    public void Any_part_is_read_also_one_longer_than_the_buffer()
    {
        float[] values = [.. Enumerable.Range(0, 100_000).Select(i => (float)i)];
        NumberArray array = NumberArray.Of<float>("x", [1000, 100], values);
        Assert.Equal([1000, 100], array.Shape);
        double[] part = new double[90_001];
        array.Read<double>(5000, part);
        Assert.Equal([.. Enumerable.Range(5000, 90_001).Select(i => (double)i)], part);
        array.Read<double>(100_000, []);
        Assert.Throws<ArgumentOutOfRangeException>(() => array.Read<double>(99_999, new double[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => array.Read<double>(-1, new double[2]));
    }

    [Theory]
    [InlineData(1.5)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(2147483648)]
    [InlineData(-2147483649)]
    [InlineData(1e300)]
    public void What_is_no_whole_number_is_refused_where_one_is_expected_and_its_place_is_named(double wrong)
    {
        NumberArray array = NumberArray.Of<double>("y", [2, 2], new double[] { 1, -0.0, wrong, 2 });
        int[] numbers = new int[4];
        string message = Assert.Throws<InvalidDataException>(() => array.Read<int>(0, numbers)).Message;
        Assert.Contains(FormattableString.Invariant($"'y' holds {wrong} at [1, 0]"), message);
        Assert.Contains("Int32", message);
    }

    [Fact]
    public void A_whole_number_is_refused_where_it_is_too_large()
    {
        NumberArray array = NumberArray.Of<ulong>("y", [2], new ulong[] { 1, ulong.MaxValue });
        Assert.Contains("18446744073709551615 at [1]", Assert.Throws<InvalidDataException>(() => array.Read<long>(0, new long[2])).Message);
        Assert.Throws<InvalidDataException>(() => NumberArray.Of<float>("y", [1], new[] { 2147483648f }).Read<int>(0, new int[1]));
        Assert.Throws<InvalidDataException>(() => NumberArray.Of<int>("y", [1], new[] { -1 }).Read<byte>(0, new byte[1]));
    }

    [Fact]
    public void A_shape_of_another_size_is_refused()
    {
        Assert.Contains("[2, 3]", Assert.Throws<ArgumentException>(() => NumberArray.Of<float>("x", [2, 3], new float[5])).Message);
        Assert.Throws<ArgumentException>(() => NumberArray.Of<float>("x", [int.MaxValue, int.MaxValue, int.MaxValue], new float[5]));
        Assert.Throws<ArgumentOutOfRangeException>(() => NumberArray.Of<float>("x", [-1, -1], new float[1]));
        Assert.Equal(0, NumberArray.Of<float>("x", [int.MaxValue, int.MaxValue, int.MaxValue, 0], Array.Empty<float>()).Length);
    }

    [Fact]
    public void What_is_disposed_is_not_read()
    {
        NumberArray array = NumberArray.Of<float>("x", [1], new float[1]);
        array.Dispose();
        array.Dispose();
        Assert.Throws<ObjectDisposedException>(() => array.Read<float>(0, new float[1]));
    }
}
