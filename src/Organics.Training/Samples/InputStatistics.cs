namespace Organics;

/// <summary>What the inputs of a set are like, channel by channel; steps behind a sample's length are left out.</summary>
/// <param name="Mean">Shape [channels].</param>
/// <param name="Deviation">The standard deviation (divided by the count). Shape [channels].</param>
/// <param name="Least">The least input of all channels.</param>
/// <param name="Most">The largest one.</param>
public sealed record InputStatistics(double[] Mean, double[] Deviation, double Least, double Most)
{
    /// <summary>Goes through all samples once.</summary>
    public static InputStatistics Of(SampleSet samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        var (steps, channels) = (samples.Format.Steps, samples.Format.Channels);
        var moments = new RunningMoments(channels);
        var (least, most) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var batch in samples.Batches<double>(SampleSet.LittleAtATime(samples.Format)))
        {
            for (var i = 0; i < batch.Count; i++)
            {
                var own = batch.Inputs.Slice(i * steps * channels, (batch.HasLengths ? batch.Lengths[i] : steps) * channels);
                for (var start = 0; start < own.Length; start += channels) moments.Add(own.Slice(start, channels));
                foreach (var x in own) (least, most) = (Math.Min(least, x), Math.Max(most, x));
            }
        }
        return new(moments.Mean, moments.Deviation, least, most);
    }
}
