namespace Organics;

/// <summary>What the numbers asked for are like, output by output; targets that count 0 are left out, and all others count alike.</summary>
/// <param name="Mean">Shape [outputs].</param>
/// <param name="Deviation">The standard deviation (divided by the count). Shape [outputs].</param>
public sealed record TargetStatistics(double[] Mean, double[] Deviation)
{
    /// <summary>Goes through all samples once.</summary>
    /// <exception cref="InvalidDataException">No target counts.</exception>
    public static TargetStatistics Of(SampleSet samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        var outputs = samples.Format.Outputs;
        var moments = new RunningMoments(outputs);
        foreach (var batch in samples.Batches<double>(SampleSet.LittleAtATime(samples.Format)))
        {
            for (var start = 0; start < batch.Numbers.Length; start += outputs)
                if (!batch.IsWeighted || batch.Weights[start / outputs] != 0) moments.Add(batch.Numbers.Slice(start, outputs));
        }
        return moments.Count > 0 ? new(moments.Mean, moments.Deviation)
            : throw new InvalidDataException("The mask gives every target a weight of 0, so that nothing is asked for; correct it.");
    }
}
