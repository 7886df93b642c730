namespace Organics;

/// <summary>A perceptual decision as of moving dots (Britten, Shadlen, Newsome and Movshon, Journal of Neuroscience 12, 1992).</summary>
sealed class PerceptualDecisionTask : SequenceTask
{
    static readonly double[] Coherences = [0.05, 0.1, 0.2, 0.4];

    public override string Name => "perceptual-decision";

    public override string Description => "Two channels of noise of deviation 1 throughout the trial, one of which has a mean that is higher by 0.05, 0.1, 0.2 or 0.4; which one is asked for at the end.";

    public override string Chance => "accuracy 1/2";

    public override string Optimum => "an observer who sums the difference is right with probability Φ(c·√(steps/2)), at 60 steps 0.79 in the mean over the four c";

    public override int StandardSteps => 60;

    public override int LeastSteps => 1;

    public override SampleFormat Format(int steps) => new(steps, 2, TargetKind.Class, PerStep: false, 2);

    public override void Draw(TrialRandom random, Trial trial)
    {
        var (side, coherence) = (random.Below(2), Coherences[random.Below(Coherences.Length)]);
        for (var t = 0; t < trial.Steps; t++)
            for (var c = 0; c < 2; c++) trial[t][c] = (float)((c == side ? coherence : 0) + random.Normal());
        trial.Classes[0] = side;
    }
}
