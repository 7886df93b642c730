namespace Organics;

/// <summary>Prediction of the Mackey–Glass equation (Mackey and Glass, Science 197, 1977): x′ = 0.2·x(t − 17)/(1 + x(t − 17)¹⁰) − 0.1·x, which is chaotic.</summary>
sealed class MackeyGlassTask : SequenceTask
{
    // The classical fourth-order method with ten steps a unit of time, whose delayed values at half steps are means; 200 to 400 units pass before the trial begins.
    const int PerUnit = 10, Delay = 17 * PerUnit, Transient = 200 * PerUnit, MostMore = 200 * PerUnit, Ahead = 6, FirstAsked = 18;

    public override string Name => "mackey-glass";

    public override string Description => $"The solution x(t) of the Mackey–Glass equation with delay 17, from a random history, once a unit of time and less 0.9; at each step its value {Ahead} units later is asked for, from step {FirstAsked} on, when the delay has been seen.";

    public override string Chance => "the variance of x, a squared error of 0.05; the last value said again has one of 0.034";

    public override string Optimum => "0 in principle: the equation is deterministic";

    public override int StandardSteps => 60;

    public override int LeastSteps => FirstAsked + 1;

    public override SampleFormat Format(int steps) => new(steps, 1, TargetKind.Numbers, PerStep: true, 1);

    public override void Draw(TrialRandom random, Trial trial)
    {
        var begin = Delay + Transient + random.Below(MostMore);
        var x = new double[begin + 1 + (trial.Steps + Ahead) * PerUnit];
        var start = random.Uniform(0.5, 1.3);
        for (var i = 0; i <= Delay; i++) x[i] = start + random.Uniform(-0.1, 0.1);
        const double H = 1.0 / PerUnit;
        for (var i = Delay; i + 1 < x.Length; i++)
        {
            var (now, next) = (x[i - Delay], x[i - Delay + 1]);
            var middle = 0.5 * (now + next);
            var k1 = Rate(x[i], now);
            var k2 = Rate(x[i] + 0.5 * H * k1, middle);
            var k3 = Rate(x[i] + 0.5 * H * k2, middle);
            var k4 = Rate(x[i] + H * k3, next);
            x[i + 1] = x[i] + H / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
        }
        trial.Weights[..(FirstAsked - 1)].Clear();
        for (var t = 0; t < trial.Steps; t++)
        {
            var at = begin + t * PerUnit;
            trial[t][0] = (float)(x[at] - 0.9);
            trial.Numbers[t] = (float)(x[at + Ahead * PerUnit] - 0.9);
        }
    }

    // The tenth power in products, for the system's own differs from machine to machine.
    static double Rate(double x, double delayed)
    {
        var (square, fourth) = (delayed * delayed, delayed * delayed * delayed * delayed);
        return 0.2 * delayed / (1 + fourth * fourth * square) - 0.1 * x;
    }
}
