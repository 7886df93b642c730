using System.Numerics;

namespace Organics;

/// <summary>
/// Two states of a training before now, so that a divergence can be made to happen again: they take turns, so that the older one is never younger than the
/// span between them.
/// </summary>
sealed class ReplaySnapshots<P, T>
    where P : IParameters<P, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // A divergence can be repeated from this many updates before it, or up to twice as many.
    const int Updates = 25;

    Snapshot? _older, _newer;

    /// <summary>Whether the newest copy is so old, after so many updates, that another is to be made.</summary>
    public bool AreDue(long steps) => _newer is null || steps - _newer.Steps >= Updates;

    /// <summary>Copies the state.</summary>
    /// <param name="steps">Updates of the optimizer.</param>
    /// <param name="records">All that an update reads and writes.</param>
    /// <param name="header">What goes with them into a file.</param>
    public void Remember(long steps, IEnumerable<KeyValuePair<string, P>> records, Dictionary<string, string> header)
    {
        (_older, _newer) = (_newer, _older ?? new([.. records.Select(r => new KeyValuePair<string, P>(r.Key, r.Value.Map((_, t) => t.Keep())))]));
        foreach (var (to, from) in _newer.Records.Zip(records))
            foreach (var (target, source) in to.Value.List().Zip(from.Value.List())) target.Value.Assign(source.Value);
        (_newer.Header, _newer.Steps) = (header, steps);
    }

    /// <summary>Another course begins.</summary>
    public void Forget() => (_older, _newer) = (null, null);

    /// <summary>Writes the older one, if there is any.</summary>
    /// <param name="path">The file.</param>
    /// <param name="more">What its header holds beside the state's.</param>
    public void Write(string path, IEnumerable<KeyValuePair<string, string>> more)
    {
        if ((_older ?? _newer) is not { } before) return;
        var header = new Dictionary<string, string>(before.Header);
        foreach (var (key, text) in more) header[key] = text;
        try
        {
            SafeTensors.Write(path, Checkpoint.Pack<P, T>(before.Records), header);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk or a folder that may not be written must not hide that the training diverged.
        }
    }

    sealed class Snapshot(IReadOnlyList<KeyValuePair<string, P>> records)
    {
        public IReadOnlyList<KeyValuePair<string, P>> Records { get; } = records;

        public Dictionary<string, string> Header { get; set; } = [];

        public long Steps { get; set; }
    }
}
