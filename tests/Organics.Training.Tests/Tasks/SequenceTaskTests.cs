namespace Organics.Tests;

public sealed class SequenceTaskTests
{
    public static TheoryData<string> Names => [.. SequenceTask.All.Select(task => task.Name)];

    static SampleBatch<double> All(SampleSet set) => set.Batches<double>(set.Count).Single();

    [Theory, MemberData(nameof(Names))]
    public void The_same_text_gives_the_same_trials_and_parts_and_seeds_differ(string name)
    {
        var text = $"task:{name},train=40,val=20,test=30";
        var (one, same, other) = (SequenceTask.Load(text), SequenceTask.Load(text), SequenceTask.Load($"{text},seed=1"));
        Assert.Equal((40, 20, 30), (one.Train.Count, one.Validation!.Count, one.Test!.Count));
        Assert.Equal(All(one.Train).Inputs.ToArray(), All(same.Train).Inputs.ToArray());
        Assert.NotEqual(All(one.Train).Inputs.ToArray(), All(other.Train).Inputs.ToArray());
        Assert.NotEqual(All(one.Train.Select([.. Enumerable.Range(0, 20)])).Inputs.ToArray(), All(one.Validation).Inputs.ToArray());
        // A trial does not depend on how many there are.
        var more = SequenceTask.Load($"task:{name},train=60,val=20,test=30");
        Assert.Equal(All(one.Train).Inputs.ToArray(), All(more.Train.Select([.. Enumerable.Range(0, 40)])).Inputs.ToArray());
        Assert.All(All(one.Train).Inputs.ToArray(), x => Assert.InRange(x, -10, 10));
    }

    sealed class Noise : SequenceTask
    {
        public override string Name => "noise";

        public override string Description => "";

        public override string Chance => "";

        public override string Optimum => "";

        public override int StandardSteps => 4;

        public override int LeastSteps => 4;

        public override SampleFormat Format(int steps) => new(steps, 1, TargetKind.Class, false, 2);

        public override void Draw(TrialRandom random, Trial trial)
        {
            for (var t = 0; t < trial.Steps; t++) trial[t][0] = (float)random.Uniform();
        }
    }

    /// <summary>A model, its first state and the order of samples are drawn from streams of the same seed: 0, 1, …, from 2³¹ and from 2³² on.</summary>
    [Fact]
    public void Trials_share_no_draws_with_what_else_has_the_same_seed()
    {
        var task = new Noise();
        for (var part = 0; part < 3; part++)
        {
            var drawn = All(task.Trials(task.Format(4), 20, seed: 7, part, "noise")).Inputs.ToArray();
            foreach (var stream in (ulong[])[0, 1UL << 31, 1UL << 32, 2UL << 32])
                for (var k = 0UL; k < 20; k++) Assert.DoesNotContain((double)(float)new CounterRandom(7, stream + k).Uniform(0), drawn);
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void It_can_be_as_short_as_it_says_and_as_long_as_one_likes(string name)
    {
        var task = SequenceTask.All.Single(each => each.Name == name);
        foreach (var steps in (int[])[task.LeastSteps, task.LeastSteps + 1, 200])
        {
            var set = SequenceTask.Load($"task:{name},steps={steps},train=50,val=1,test=1");
            Assert.Equal(steps, set.Train.Format.Steps);
            var batch = All(set.Train);
            if (batch.Format.Target == TargetKind.Class)
                Assert.True(batch.Classes.ToArray().Where((_, i) => !batch.IsWeighted || batch.Weights[i] > 0).Distinct().Count() > 1);
        }
        Assert.Contains($"from {task.LeastSteps} to",
            Assert.Throws<FormatException>(() => SequenceTask.Load($"task:{name},steps={task.LeastSteps - 1}")).Message);
        Assert.False(string.IsNullOrWhiteSpace(task.Description + task.Chance + task.Optimum));
    }

    [Theory]
    [InlineData("task:adding,steps=100000,train=1000000", "an array holds no more than")]
    [InlineData("task:ading", "did you mean adding?")]
    [InlineData("task:", "there are adding, copy")]
    [InlineData("task:adding,length=3", "'length=3' is no part of a task")]
    [InlineData("task:adding,steps", "'steps' is no part")]
    [InlineData("task:adding,train=0", "from 1 to")]
    [InlineData("task:adding,seed=-1", "from 0 to")]
    public void What_cannot_be_meant_is_one_sentence(string text, string words)
        => Assert.Contains(words, Assert.Throws<FormatException>(() => SequenceTask.Load(text)).Message);

    /// <summary>Chance and optimum as they are documented, by the observers that they speak of.</summary>
    [Fact]
    public void Chance_and_optimum_are_what_is_said()
    {
        var adding = All(SequenceTask.Load("task:adding,train=4000").Train);
        Assert.Equal(1 / 6.0, adding.Numbers.ToArray().Average(y => (y - 1) * (y - 1)), 0.01);
        for (var i = 0; i < adding.Count; i++)
        {
            var x = adding.Inputs.Slice(i * 100, 100);
            var sum = 0.0;
            for (var t = 0; t < 50; t++) sum += x[2 * t] * x[2 * t + 1];
            Assert.Equal(sum, adding.Numbers[i], 1e-6);
        }
        double Right(string text, Func<double[], int> observer)
        {
            var batch = All(SequenceTask.Load(text).Train);
            var width = batch.Format.Width;
            return Enumerable.Range(0, batch.Count).Average(i => observer(batch.Inputs.Slice(i * width, width).ToArray()) == batch.Classes[i] ? 1.0 : 0);
        }
        Assert.Equal(0.79,
            Right("task:perceptual-decision,train=20000", x => x.Where((_, i) => i % 2 == 1).Sum() > x.Where((_, i) => i % 2 == 0).Sum() ? 1 : 0), 0.01);
        Assert.Equal(0.97, Right("task:context-decision,train=20000", x => x.Where((_, i) => i % 4 == (x[2] > 0.5 ? 0 : 1)).Sum() > 0 ? 1 : 0), 0.01);
        // The stream that is summed counts in half of the trials, and is no more than a guess in the others; the deviation of 20,000 trials is 0.003.
        var alone = 0.25 + 0.5 * ((double[])[0.1, 0.2, 0.5]).Average(m => Phi(2 * m * Math.Sqrt(50)));
        var said = SequenceTask.All.Single(task => task.Name == "context-decision").Chance;
        Assert.Contains(alone.ToString("F4", System.Globalization.CultureInfo.InvariantCulture), said);
        Assert.Equal(alone, Right("task:context-decision,train=20000", x => x.Where((_, i) => i % 4 == 0).Sum() > 0 ? 1 : 0), 0.01);
        // Of the standard normal, by the midpoint rule.
        static double Phi(double x)
            => 0.5 + Enumerable.Range(0, 10_000).Average(i => x * Math.Exp(-Math.Pow((i + 0.5) / 10_000 * x, 2) / 2)) / Math.Sqrt(2 * Math.PI);
        static int Shown(double[] x, int from) => Enumerable.Range(0, 4).MaxBy(c => Enumerable.Range(from, 10).Sum(t => x[4 * t + c]));
        Assert.InRange(Right("task:delayed-match,train=20000", x => Shown(x, 0) == Shown(x, 50) ? 1 : 0), 0.999, 1);
        var sine = All(SequenceTask.Load("task:sine,train=2000").Train);
        Assert.Equal(0.5, sine.Numbers.ToArray().Where((_, i) => sine.Weights[i] > 0).Average(y => y * y), 0.02);
        var glass = All(SequenceTask.Load("task:mackey-glass,train=500").Train);
        double[] values = glass.Numbers.ToArray().Where((_, i) => glass.Weights[i] > 0).ToArray();
        Assert.Equal(0.05, values.Average(y => y * y) - values.Average() * values.Average(), 0.01);
        double[] again = [.. Enumerable.Range(0, glass.Numbers.Length).Where(i => glass.Weights[i] > 0).Select(i => glass.Inputs[i] - glass.Numbers[i])];
        Assert.Equal(0.034, again.Average(e => e * e), 0.003);
    }
}
