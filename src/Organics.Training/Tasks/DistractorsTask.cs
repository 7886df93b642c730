namespace Organics;

/// <summary>Working memory with distractors (Suzuki and Gottlieb, Nature Neuroscience 16, 2013).</summary>
sealed class DistractorsTask : SequenceTask
{
    const int Items = 4, Distractors = 3;

    public override string Name => "distractors";

    public override string Description => $"One of {Items} items is shown together with a cue (channel {Items}) at one of the first steps; {Distractors} more items follow without it, at steps of their own; the one with the cue is asked for at the end.";

    public override string Chance => "accuracy 1/4";

    public override string Optimum => "accuracy 1";

    public override int StandardSteps => 40;

    public override int LeastSteps => 2 * (Distractors + 1);

    public override SampleFormat Format(int steps) => new(steps, Items + 1, TargetKind.Class, PerStep: false, Items);

    public override void Draw(TrialRandom random, Trial trial)
    {
        // One in each part of the trial but the last half-part, each shown for two steps where there is room.
        var part = trial.Steps / (Distractors + 1);
        for (var i = 0; i <= Distractors; i++)
        {
            var (item, at) = (random.Below(Items), i * part + random.Below(Math.Max(1, part - 1)));
            for (var t = at; t < Math.Min(at + 2, (i + 1) * part); t++)
            {
                trial[t][item] = 1;
                if (i == 0) trial[t][Items] = 1;
            }
            if (i == 0) trial.Classes[0] = item;
        }
    }
}
