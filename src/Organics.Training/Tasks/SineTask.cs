namespace Organics;

/// <summary>Prediction of a noisy sine.</summary>
sealed class SineTask : SequenceTask
{
    const double Noise = 0.1;

    public override string Name => "sine";

    public override string Description => $"A sine of random phase and a period from 10 to 40 steps, with noise of deviation {Noise}; at each step the next value without noise is asked for, from the fifth step on.";

    public override string Chance => "saying 0 always has a squared error of 1/2";

    public override string Optimum => "after t steps a fit of frequency, amplitude and phase errs by about 5·0.01/t; 0.002 in the mean over 50 steps";

    public override int StandardSteps => 50;

    public override int LeastSteps => 6;

    public override SampleFormat Format(int steps) => new(steps, 1, TargetKind.Numbers, PerStep: true, 1);

    public override void Draw(TrialRandom random, Trial trial)
    {
        const int First = 4;
        var (phase, period) = (random.Uniform(0, 2), random.Uniform(10, 40));
        trial.Weights[..First].Clear();
        for (var t = 0; t < trial.Steps; t++)
        {
            trial[t][0] = (float)(double.SinPi(phase + 2 * t / period) + random.Normal(Noise));
            trial.Numbers[t] = (float)double.SinPi(phase + 2 * (t + 1) / period);
        }
    }
}
