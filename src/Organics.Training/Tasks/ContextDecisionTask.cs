namespace Organics;

/// <summary>A decision that depends on context (Mante, Sussillo, Shenoy and Newsome, Nature 503, 2013).</summary>
sealed class ContextDecisionTask : SequenceTask
{
    static readonly double[] Strengths = [0.1, 0.2, 0.5];

    public override string Name => "context-decision";

    public override string Description => "Channels 0 and 1 hold two streams of evidence, each of mean ±0.1, ±0.2 or ±0.5 and noise of deviation 0.5; channel 2 or 3 says throughout which of them counts, and whether its mean is above 0 (class 1) or below is asked for at the end.";

    public override string Chance => "accuracy 1/2; an observer who sums one stream alone is right with probability Φ(2·m·√steps) where it counts and 1/2 where "
        + "it does not, at 50 steps 0.7365 in the mean over contexts and the three m";

    public override string Optimum => "an observer who sums the stream that counts is right with probability Φ(2·m·√steps), at 50 steps 0.97 in the mean over the three m";

    public override int StandardSteps => 50;

    public override int LeastSteps => 1;

    public override SampleFormat Format(int steps) => new(steps, 4, TargetKind.Class, PerStep: false, 2);

    public override void Draw(TrialRandom random, Trial trial)
    {
        var context = random.Below(2);
        double Mean() => Strengths[random.Below(Strengths.Length)] * (2 * random.Below(2) - 1);
        ReadOnlySpan<double> means = [Mean(), Mean()];
        for (var t = 0; t < trial.Steps; t++)
        {
            for (var c = 0; c < 2; c++) trial[t][c] = (float)(means[c] + random.Normal(0.5));
            trial[t][2 + context] = 1;
        }
        trial.Classes[0] = means[context] > 0 ? 1 : 0;
    }
}
