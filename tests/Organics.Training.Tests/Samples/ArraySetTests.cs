namespace Organics.Tests;

public sealed class ArraySetTests
{
    static NumberArray Floats(int[] shape, Func<int, double> value)
        => NumberArray.Of<float>("x", shape, Enumerable.Range(0, shape.Aggregate(1, (p, n) => p * n)).Select(i => (float)value(i)).ToArray());

    static NumberArray Doubles(int[] shape, Func<int, double> value)
        => NumberArray.Of<double>("x", shape, Enumerable.Range(0, shape.Aggregate(1, (p, n) => p * n)).Select(value).ToArray());

    static NumberArray Wholes(int[] shape, Func<int, int> value)
        => NumberArray.Of<int>("y", shape, Enumerable.Range(0, shape.Aggregate(1, (p, n) => p * n)).Select(value).ToArray());

    static SampleBatch<double> All(SampleSet set) => set.Batches<double>(set.Count).Single();

    [Fact]
    public void Shapes_and_types_say_what_samples_are_like()
    {
        SampleFormat Of(int[] x, NumberArray y, NumberArray? mask = null, NumberArray? lengths = null)
            => new ArraySet(Floats(x, i => i), y, mask, lengths).Format;
        Assert.Equal(new(5, 2, TargetKind.Class, false, 3), Of([4, 5, 2], Wholes([4], i => i % 3)));
        Assert.Equal(new(5, 2, TargetKind.Class, true, 2), Of([4, 5, 2], Wholes([4, 5], i => i % 2)));
        Assert.Equal(new(5, 2, TargetKind.Numbers, false, 1), Of([4, 5, 2], Floats([4], i => i)));
        Assert.Equal(new(5, 2, TargetKind.Numbers, false, 5), Of([4, 5, 2], Floats([4, 5], i => i)));
        Assert.Equal(new(5, 2, TargetKind.Numbers, true, 3), Of([4, 5, 2], Floats([4, 5, 3], i => i)));
        // Two axes are features, unless something speaks of steps.
        Assert.Equal(new(1, 5, TargetKind.Class, false, 2), Of([4, 5], Wholes([4], i => 0)));
        Assert.Equal(new(5, 1, TargetKind.Class, true, 2), Of([4, 5], Wholes([4, 5], i => 0)));
        Assert.Equal(new(5, 1, TargetKind.Class, false, 2), Of([4, 5], Wholes([4], i => 0), lengths: Wholes([4], i => 5)));
        Assert.Equal("60 steps of 2 channels, a class of 2", new SampleFormat(60, 2, TargetKind.Class, false, 2).ToString());
        Assert.Equal("1 feature, 1 number", new SampleFormat(1, 1, TargetKind.Numbers, false, 1).ToString());
    }

    [Fact]
    public void A_batch_has_what_was_asked_for_in_that_order_and_nothing_behind_a_length()
    {
        var set = new ArraySet(Floats([3, 2, 2], i => i), Floats([3, 2, 1], i => i == 5 ? double.NaN : 10 * i), Floats([3, 2], i => i),
            Wholes([3], i => i == 2 ? 1 : 2));
        var batch = new SampleBatch<double>(set.Format, 3);
        set.Gather([2, 0], batch);
        Assert.Equal([8, 9, 0, 0, 0, 1, 2, 3], batch.Inputs.ToArray());
        Assert.Equal([4, 0, 0, 1], batch.Weights.ToArray());
        // NaN where nothing counts is no number to learn.
        Assert.Equal([40, 0, 0, 10], batch.Numbers.ToArray());
        Assert.Equal([1, 2], batch.Lengths.ToArray());
        Assert.True(batch.IsWeighted && batch.HasLengths);
        var some = set.Select([2, 2, 1]).Select([1]);
        Assert.Equal(All(set).Inputs[8..].ToArray(), All(some).Inputs.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => set.Gather([3], batch));
    }

    [Theory]
    [InlineData("pair arrays of the same set")]
    [InlineData("reshape them, or give numbers that are no classes as floats")]
    [InlineData("has the class -1")]
    [InlineData("has the length 6")]
    [InlineData("has the length 0")]
    [InlineData("has the weight -1")]
    [InlineData("has the weight 1E-60")]
    [InlineData("has the weight 1E+300")]
    [InlineData("has the weight NaN")]
    [InlineData("holds no weight above 0")]
    [InlineData("holds 1E+300 at [2, 0, 1], which is too large for a Single")]
    [InlineData("a number for each target")]
    [InlineData("there are 2 classes")]
    [InlineData("give data that fit")]
    [InlineData("every target that counts is a finite number")]
    [InlineData("[samples, steps, channels]")]
    [InlineData("at most 65536 classes")]
    public void What_does_not_fit_is_refused_in_one_sentence(string words)
    {
        var x = Floats([4, 5, 2], i => i);
        var y = Wholes([4], i => i % 2);
        var format = new SampleFormat(5, 2, TargetKind.Class, false, 2);
        var large = NumberArray.Of<double>("x", [4, 5, 2], Enumerable.Range(0, 40).Select(i => i == 21 ? 1e300 : i).ToArray());
        Action make = words switch
        {
            "pair arrays of the same set" => () => _ = new ArraySet(x, Wholes([3], i => 0)),
            "reshape them, or give numbers that are no classes as floats" => () => _ = new ArraySet(x, Wholes([4, 3], i => 0)),
            "has the class -1" => () => _ = new ArraySet(x, Wholes([4], i => -1)),
            "has the length 6" => () => _ = new ArraySet(x, y, null, Wholes([4], i => 6)),
            "has the length 0" => () => _ = new ArraySet(x, y, null, Wholes([4], i => 0)),
            "has the weight -1" => () => _ = new ArraySet(x, y, Floats([4], i => -1)),
            "has the weight 1E-60" => () => _ = new ArraySet(x, y, Doubles([4], i => i == 2 ? 1e-60 : 1)),
            "has the weight 1E+300" => () => _ = new ArraySet(x, y, Doubles([4], i => i == 2 ? 1e300 : 1)),
            "has the weight NaN" => () => _ = new ArraySet(x, y, Floats([4], i => i == 2 ? double.NaN : 1)),
            "holds no weight above 0" => () => _ = new ArraySet(x, y, Floats([4], i => 0)),
            "holds 1E+300 at [2, 0, 1], which is too large for a Single" => () => Assert.NotEmpty(new ArraySet(large, y).Batches<float>(4)),
            "a number for each target" => () => _ = new ArraySet(x, y, Floats([4, 5], i => 1)),
            "there are 2 classes" => () => _ = new ArraySet(x, Wholes([4], i => 2), format: format),
            "give data that fit" => () => _ = new ArraySet(Floats([4, 6, 2], i => i), y, format: format),
            "every target that counts is a finite number" => () => All(new ArraySet(x, Floats([4], i => double.NaN))),
            "[samples, steps, channels]" => () => _ = new ArraySet(Floats([1, 2, 2, 2], i => i), y),
            _ => () => _ = new ArraySet(x, Wholes([4], i => 100_000)),
        };
        Assert.Contains(words, Assert.Throws<InvalidDataException>(make).Message);
    }

    /// <summary>Weights that single precision would make 0 or infinite, or whose sum it would, are refused.</summary>
    [Fact]
    public void Class_weights_are_such_that_single_precision_holds_them()
    {
        var set = new ArraySet(Floats([4, 5, 2], i => i), Wholes([4], i => i % 2), Doubles([4], i => 1e-15));
        foreach (var wrong in (double[])[1e-60, 1e300, -1, double.NaN])
            Assert.Contains("0 or a number from 1E-15", Assert.Throws<ArgumentException>(() => set.Weighted([1, wrong])).Message);
        var batch = set.Weighted([1e-15, 1]).Batches<float>(4).Single();
        var loss = Loss.CrossEntropy.Of(Tensor.From<float>([0, 1, 0, 1, 0, 1, 0, 1], [4, 2]), batch).Item();
        Assert.Equal(Math.Log(1 + Math.E) - 1, loss, 1e-6);
    }

    [Fact]
    public void A_sample_or_a_batch_that_no_array_holds_is_refused()
    {
        foreach (var (steps, channels) in ((int, int)[])[(65_536, 65_536), (1 << 16, 1 << 15), (int.MaxValue, 2)])
        {
            var format = new SampleFormat(steps, channels, TargetKind.Class, false, 2);
            Assert.Contains("more numbers than an array holds", Assert.Throws<InvalidDataException>(() => format.Width).Message);
            Assert.Contains("more numbers than an array holds", Assert.Throws<InvalidDataException>(
                () => new ArraySet(Floats([1, 1, 1], i => 0), Wholes([1], i => 0), format: format)).Message);
        }
        Assert.Contains("take fewer at once", Assert.Throws<ArgumentException>(
            () => new SampleBatch<float>(new(1 << 15, 1 << 15, TargetKind.Numbers, true, 1), 4)).Message);
    }

    /// <summary>A model that gives one number at each step takes them without an axis of their own, in any type.</summary>
    [Fact]
    public void A_single_number_needs_no_axis_where_the_format_is_known()
    {
        var format = new SampleFormat(5, 2, TargetKind.Numbers, true, 1);
        Assert.Equal([0, 1, 2, 3, 4], All(new ArraySet(Floats([1, 5, 2], i => i), Wholes([1, 5], i => i), format: format)).Numbers.ToArray());
        Assert.Throws<InvalidDataException>(() => new ArraySet(Floats([1, 5, 2], i => i), Wholes([1, 2], i => i), format: format));
    }

    [Fact]
    public void Statistics_are_those_of_the_steps_that_are_there()
    {
        var set = new ArraySet(Floats([2, 3, 2], i => i < 8 ? i * i + 1000 : double.NaN), Floats([2, 2], i => 3 * i), null, Wholes([2], i => i == 0 ? 3 : 1));
        double[][] channels = [[1000, 1004, 1016, 1036], [1001, 1009, 1025, 1049]];
        var found = InputStatistics.Of(set);
        for (var c = 0; c < 2; c++)
        {
            Assert.Equal(channels[c].Average(), found.Mean[c], 1e-10);
            Assert.Equal(Math.Sqrt(channels[c].Average(v => v * v) - channels[c].Average() * channels[c].Average()), found.Deviation[c], 1e-6);
        }
        Assert.Equal((1000, 1049), (found.Least, found.Most));
        var targets = TargetStatistics.Of(set);
        Assert.Equal([3, 6], targets.Mean);
        Assert.Equal([3, 3], targets.Deviation);
        var infinite = new ArraySet(Floats([2, 1, 2], i => i == 3 ? double.PositiveInfinity : 0), Wholes([2], i => 0)).Select([0, 1]);
        Assert.Contains("at [1, 0, 1]", Assert.Throws<InvalidDataException>(() => InputStatistics.Of(infinite)).Message);
        Assert.Throws<InvalidDataException>(() => TargetStatistics.Of(new ArraySet(Floats([2, 1, 2], i => 0), Floats([2], i => 0), Floats([2], i => 0))));
    }
}
