namespace Organics;

/// <summary>What the inputs of a set are like, channel by channel; steps behind a sample's length are left out.</summary>
/// <param name="Mean">Shape [channels].</param>
/// <param name="Deviation">The standard deviation (divided by the count). Shape [channels].</param>
/// <param name="Least">The least input of all channels.</param>
/// <param name="Most">The largest one.</param>
public sealed record InputStatistics(double[] Mean, double[] Deviation, double Least, double Most)
{
    /// <summary>Goes through all samples once, by West's update (CACM 22, 1979), which cancels no digits.</summary>
    public static InputStatistics Of(SampleSet samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        var (steps, channels) = (samples.Format.Steps, samples.Format.Channels);
        var (mean, squares) = (new double[channels], new double[channels]);
        var (least, most, count) = (double.PositiveInfinity, double.NegativeInfinity, 0L);
        foreach (var batch in samples.Batches<double>(BatchSize))
        {
            for (var i = 0; i < batch.Count; i++)
            {
                var own = batch.Inputs.Slice(i * steps * channels, (batch.HasLengths ? batch.Lengths[i] : steps) * channels);
                for (var start = 0; start < own.Length; start += channels)
                {
                    count++;
                    for (var c = 0; c < channels; c++)
                    {
                        var x = own[start + c];
                        var away = x - mean[c];
                        mean[c] += away / count;
                        squares[c] += away * (x - mean[c]);
                        (least, most) = (Math.Min(least, x), Math.Max(most, x));
                    }
                }
            }
        }
        return new(mean, Array.ConvertAll(squares, s => Math.Sqrt(s / count)), least, most);
    }

    const int BatchSize = 64;
}
