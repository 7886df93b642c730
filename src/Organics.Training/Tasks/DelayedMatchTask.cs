namespace Organics;

/// <summary>Delayed match-to-sample (Miller, Erickson and Desimone, Journal of Neuroscience 16, 1996).</summary>
sealed class DelayedMatchTask : SequenceTask
{
    const int Stimuli = 4;
    const double Noise = 0.1;

    public override string Name => "delayed-match";

    public override string Description => $"One of {Stimuli} stimuli is shown for a sixth of the trial, then nothing, then for the last sixth one that is the same (class 1) or another (class 0), each as likely; a channel for each stimulus, with noise of deviation {Noise}.";

    public override string Chance => "accuracy 1/2";

    public override string Optimum => "accuracy 1 but for noise: above 0.999";

    public override int StandardSteps => 60;

    public override int LeastSteps => 6;

    public override SampleFormat Format(int steps) => new(steps, Stimuli, TargetKind.Class, PerStep: false, 2);

    public override void Draw(TrialRandom random, Trial trial)
    {
        var (sample, match, shown) = (random.Below(Stimuli), random.Below(2), trial.Steps / 6);
        var test = match == 1 ? sample : (sample + 1 + random.Below(Stimuli - 1)) % Stimuli;
        for (var t = 0; t < trial.Steps; t++)
        {
            if (t < shown) trial[t][sample] = 1;
            if (t >= trial.Steps - shown) trial[t][test] = 1;
            for (var c = 0; c < Stimuli; c++) trial[t][c] += (float)random.Normal(Noise);
        }
        trial.Classes[0] = match;
    }
}
