namespace Organics;

/// <summary>The adding problem (Hochreiter and Schmidhuber, Neural Computation 9, 1997).</summary>
sealed class AddingTask : SequenceTask
{
    public override string Name => "adding";

    public override string Description => "Channel 0 holds numbers uniform on (0, 1), channel 1 marks two of them, one in each half; the sum of the marked ones is asked for at the end.";

    public override string Chance => "saying 1 always has a squared error of 1/6 = 0.167";

    public override string Optimum => "0: the sum is determined";

    public override int StandardSteps => 50;

    public override int LeastSteps => 2;

    public override SampleFormat Format(int steps) => new(steps, 2, TargetKind.Numbers, PerStep: false, 1);

    public override void Draw(TrialRandom random, Trial trial)
    {
        for (var t = 0; t < trial.Steps; t++) trial[t][0] = (float)random.Uniform();
        var half = trial.Steps / 2;
        foreach (var at in (ReadOnlySpan<int>)[random.Below(half), random.Between(half, trial.Steps - 1)])
        {
            trial[at][1] = 1;
            trial.Numbers[0] += trial[at][0];
        }
    }
}
