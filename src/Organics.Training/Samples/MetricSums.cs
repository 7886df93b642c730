using System.Numerics;

namespace Organics;

/// <summary>The sums of several metrics, those of one behind those of another, over any set of samples; those of no samples are 0.</summary>
sealed class MetricSums(IReadOnlyList<Metric> metrics, int outputs)
{
    /// <summary>How many there are.</summary>
    public int Count { get; } = metrics.Sum(metric => metric.Sums(outputs));

    /// <summary>Takes in a batch.</summary>
    public void Add<T>(ReadOnlySpan<T> given, SampleBatch<T> batch, Span<double> sums) where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (var metric in metrics)
        {
            metric.Add(given, batch, sums[..metric.Sums(outputs)]);
            sums = sums[metric.Sums(outputs)..];
        }
    }

    /// <summary>Takes in the sums over the samples that come next.</summary>
    public void Join(ReadOnlySpan<double> next, Span<double> sums)
    {
        foreach (var metric in metrics)
        {
            var count = metric.Sums(outputs);
            metric.Join(next[..count], sums[..count]);
            next = next[count..];
            sums = sums[count..];
        }
    }

    /// <summary>The metrics by name.</summary>
    public IReadOnlyDictionary<string, double> Values(ReadOnlySpan<double> sums)
    {
        var values = new OrderedDictionary<string, double>(metrics.Count);
        foreach (var metric in metrics)
        {
            values.Add(metric.Name, metric.Of(sums[..metric.Sums(outputs)]));
            sums = sums[metric.Sums(outputs)..];
        }
        return values;
    }
}
