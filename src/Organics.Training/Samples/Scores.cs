using System.Numerics;

namespace Organics;

/// <summary>The metrics of a set of samples while it is gone through batch by batch.</summary>
sealed class Scores(IReadOnlyList<Metric> metrics, int outputs)
{
    readonly double[][] _sums = [.. metrics.Select(metric => new double[metric.Sums(outputs)])];

    /// <summary>All sums, which a checkpoint keeps.</summary>
    public IEnumerable<double> Sums
    {
        get => _sums.SelectMany(each => each);
        set
        {
            using var next = value.GetEnumerator();
            foreach (var each in _sums)
                for (var i = 0; i < each.Length && next.MoveNext(); i++) each[i] = next.Current;
        }
    }

    /// <summary>How many there are.</summary>
    public int Count => _sums.Sum(each => each.Length);

    /// <summary>Takes in a batch.</summary>
    public void Add<T>(ReadOnlySpan<T> outputs, SampleBatch<T> batch) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (var i = 0; i < metrics.Count; i++) metrics[i].Add(outputs, batch, _sums[i]);
    }

    /// <summary>Takes in sums of others.</summary>
    public void Add(ReadOnlySpan<double> sums)
    {
        foreach (var each in _sums)
            for (var i = 0; i < each.Length; i++, sums = sums[1..]) each[i] += sums[0];
    }

    /// <summary>Writes all sums.</summary>
    public void CopyTo(Span<double> sums)
    {
        foreach (var each in _sums)
        {
            each.CopyTo(sums);
            sums = sums[each.Length..];
        }
    }

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        foreach (var each in _sums) each.AsSpan().Clear();
    }

    /// <summary>The metrics by name.</summary>
    public IReadOnlyDictionary<string, double> Values
    {
        get
        {
            var values = new OrderedDictionary<string, double>(metrics.Count);
            for (var i = 0; i < metrics.Count; i++) values.Add(metrics[i].Name, metrics[i].Of(_sums[i]));
            return values;
        }
    }
}
