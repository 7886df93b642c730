namespace Organics;

/// <summary>Copy memory (Hochreiter and Schmidhuber 1997; in this form Arjovsky, Shah and Bengio, ICML 2016), with only the recall counted.</summary>
sealed class CopyTask : SequenceTask
{
    const int Symbols = 8, Length = 5;

    public override string Name => "copy";

    public override string Description => $"{Length} symbols of {Symbols} (channels 0 to {Symbols - 1}) are shown, then nothing, then the signal to recall (channel {Symbols}) during the last {Length} steps, at which the symbols are asked for in their order.";

    public override string Chance => "accuracy 1/8 = 0.125";

    public override string Optimum => "accuracy 1, which is hard to learn: ORGaNICs come to 0.93 at 30 steps by a default training";

    public override int StandardSteps => 30;

    public override int LeastSteps => 2 * Length;

    public override SampleFormat Format(int steps) => new(steps, Symbols + 1, TargetKind.Class, PerStep: true, Symbols);

    public override void Draw(TrialRandom random, Trial trial)
    {
        var recall = trial.Steps - Length;
        trial.Weights[..recall].Clear();
        for (var i = 0; i < Length; i++)
        {
            var symbol = random.Below(Symbols);
            trial[i][symbol] = 1;
            trial[recall + i][Symbols] = 1;
            trial.Classes[recall + i] = symbol;
        }
    }
}
