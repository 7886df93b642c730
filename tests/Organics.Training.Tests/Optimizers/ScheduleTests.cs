namespace Organics.Tests;

public sealed class ScheduleTests
{
    [Fact]
    public void Constant_is_1_in_every_epoch() => Assert.All([0, 1, 29, 1_000_000], epoch => Assert.Equal(1, new ConstantSchedule().Factor(epoch)));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(4, 0.5)]
    [InlineData(7, 0.5)]
    [InlineData(8, 0.25)]
    [InlineData(40, 0.0009765625)]
    public void Step_halves_every_four_epochs(int epoch, double factor) => Assert.Equal(factor, new StepSchedule(4, 0.5).Factor(epoch));

    // PyTorch 1.13.0: the learning rate of SGD(lr=1) under StepLR(o, 3, 0.7) in epochs 0 … 9.
    [Fact]
    public void Step_is_PyTorchs_StepLR() => Agrees([1, 1, 1, 0.7, 0.7, 0.7, 0.48999999999999994, 0.48999999999999994, 0.48999999999999994, 0.3429999999999999], new StepSchedule(3, 0.7));

    // PyTorch 1.13.0: likewise under CosineAnnealingLR(o, 8) in epochs 0 … 8.
    [Fact]
    public void Cosine_is_PyTorchs_CosineAnnealingLR()
        => Agrees([1, 0.9619397662556434, 0.8535533905932737, 0.6913417161825449, 0.5, 0.30865828381745514, 0.14644660940672627, 0.03806023374435664, 0], new CosineSchedule(8));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(3, 0.75)]
    [InlineData(6, 0.25)]
    [InlineData(9, 0)]
    [InlineData(10, 0)]
    [InlineData(18, 0)]
    public void Cosine_falls_from_1_to_0_and_stays_there(int epoch, double factor) => Assert.Equal(factor, new CosineSchedule(9).Factor(epoch), 1e-15);

    [Theory]
    [InlineData("constant", int.MaxValue)]
    [InlineData("cosine:7", 7)]
    [InlineData("cosine:7", 8)]
    [InlineData("cosine:7", 1000)]
    [InlineData("cosine:1", int.MaxValue)]
    [InlineData("cosine:2147483647", 1000)]
    [InlineData("step:3:0.001", 300)]
    [InlineData("step:3:0.001", 400)]
    [InlineData("step:1:1e-200", 2)]
    [InlineData("step:1:1e-200", 3)]
    [InlineData("step:2:1.5", 5000)]
    public void The_first_epoch_without_learning_is_the_one_that_counting_finds(string text, int epochs)
    {
        var schedule = Schedule.Parse(text);
        int? counted = Enumerable.Range(0, Math.Min(epochs, 10_000)).Select(epoch => (int?)epoch).FirstOrDefault(epoch => schedule.Factor(epoch!.Value) == 0);
        Assert.Equal(counted, schedule.FirstZero(epochs));
    }

    [Fact]
    public void Of_two_billion_epochs_the_first_without_learning_is_found_at_once()
    {
        var first = new CosineSchedule(int.MaxValue).FirstZero(int.MaxValue)!.Value;
        Assert.Equal(0, new CosineSchedule(int.MaxValue).Factor(first));
        Assert.True(new CosineSchedule(int.MaxValue).Factor(first - 1) > 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConstantSchedule().FirstZero(0));
    }

    [Fact]
    public void Cosine_reaches_0_exactly() => Assert.All([1, 7, 30], epochs => Assert.Equal((1, 0), (new CosineSchedule(epochs).Factor(0), new CosineSchedule(epochs).Factor(epochs))));

    public static TheoryData<Schedule, string> Texts => new()
    {
        { new ConstantSchedule(), "constant" },
        { new StepSchedule(20, 0.7), "step:20:0.7" },
        { new StepSchedule(1, 1e-30), "step:1:1E-30" },
        { new StepSchedule(int.MaxValue, 1 / 3.0), "step:2147483647:0.3333333333333333" },
        { new CosineSchedule(30), "cosine:30" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Text_and_schedule_are_each_others_inverse(Schedule schedule, string text)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        Assert.Equal(text, schedule.ToString());
        Assert.Equal(schedule, Schedule.Parse(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("linear")]
    [InlineData("constant:1")]
    [InlineData("step")]
    [InlineData("step:20")]
    [InlineData("step:20:0.7:1")]
    [InlineData("step:0:0.7")]
    [InlineData("step:-1:0.7")]
    [InlineData("step:1.5:0.7")]
    [InlineData("step:99999999999:0.7")]
    [InlineData("step:20:0")]
    [InlineData("step:20:-0.7")]
    [InlineData("step:20:NaN")]
    [InlineData("step:20:Infinity")]
    [InlineData("step:20:1e999")]
    [InlineData("step:20:0,7")]
    [InlineData("step:20:")]
    [InlineData("cosine")]
    [InlineData("cosine:0")]
    [InlineData("cosine:-5")]
    public void Other_texts_are_refused_with_the_text_and_the_remedy(string text)
    {
        var message = Assert.Throws<FormatException>(() => Schedule.Parse(text)).Message;
        Assert.Contains($"'{text}'", message);
        Assert.Contains("step:20:0.7", message);
    }

    [Fact]
    public void Schedules_that_make_no_sense_cannot_be_made()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new StepSchedule(0, 0.7));
        Assert.All([0, -1, double.NaN, double.PositiveInfinity], gamma => Assert.Throws<ArgumentOutOfRangeException>(() => new StepSchedule(1, gamma)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CosineSchedule(0));
    }

    static void Agrees(double[] expected, Schedule schedule)
        => Assert.Equal(expected, Enumerable.Range(0, expected.Length).Select(schedule.Factor), (a, b) => Math.Abs(a - b) < 1e-15);
}
