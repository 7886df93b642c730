using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Organics;

/// <summary>
/// Arrays by name, in the order they were added. What a file holds beside them that is not of numbers (texts, tensors of an unknown type) does not spoil them:
/// it is not listed, and who asks for it by its name is told what it is.
/// </summary>
sealed class NamedArrays : IReadOnlyDictionary<string, NumberArray>
{
    readonly OrderedDictionary<string, NumberArray> _arrays = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _refused = new(StringComparer.Ordinal);

    public int Count => _arrays.Count;

    public IEnumerable<string> Keys => _arrays.Keys;

    public IEnumerable<NumberArray> Values => _arrays.Values;

    public NumberArray this[string key] => TryGetValue(key, out NumberArray? array) ? array
        : throw new KeyNotFoundException($"There is no array '{key}'; there is {string.Join(", ", _arrays.Keys)}.");

    /// <summary>Adds an array that is read by <paramref name="read"/>. Where that fails, the others are disposed.</summary>
    public static NamedArrays Of(Action<NamedArrays> read)
    {
        var arrays = new NamedArrays();
        try
        {
            read(arrays);
            return arrays;
        }
        catch
        {
            foreach (NumberArray array in arrays.Values) array.Dispose();
            throw;
        }
    }

    /// <summary>Whether something has this name, an array or not.</summary>
    public bool Has(string key) => _arrays.ContainsKey(key) || _refused.ContainsKey(key);

    public void Add(string key, NumberArray array) => _arrays.Add(key, array);

    /// <summary>Notes a name for which the sentence is thrown.</summary>
    public void Refuse(string key, string sentence) => _refused.Add(key, sentence);

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out NumberArray value) =>
        _refused.TryGetValue(key, out string? sentence) ? throw new InvalidDataException(sentence) : _arrays.TryGetValue(key, out value);

    public IEnumerator<KeyValuePair<string, NumberArray>> GetEnumerator() => _arrays.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
