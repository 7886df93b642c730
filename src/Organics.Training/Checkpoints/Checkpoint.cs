using System.Numerics;

namespace Organics;

/// <summary>Parameter records as safetensors.</summary>
public static class Checkpoint
{
    /// <summary>Every tensor of a record, its name behind a prefix.</summary>
    public static IEnumerable<SafeTensor> Pack<P, T>(P parameters, string prefix = "")
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        => parameters.List().Select(p => SafeTensor.From<T>(prefix + p.Key, p.Value.Shape.ToArray(), p.Value.ToArray()));

    /// <summary>Every tensor of several records, its record's name before its own.</summary>
    internal static IEnumerable<SafeTensor> Pack<P, T>(IEnumerable<KeyValuePair<string, P>> records)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        => records.SelectMany(record => Pack<P, T>(record.Value, record.Key + "/"));

    /// <summary>Overwrites a record in place from a file. Nothing is changed unless everything fits.</summary>
    /// <param name="parameters">What is overwritten.</param>
    /// <param name="file">Where the numbers come from.</param>
    /// <param name="prefix">What stands before the names in the file.</param>
    /// <param name="convert">Whether numbers of another type are taken, rounded to the nearest: <see cref="SafeTensor.ToConverted"/>.</param>
    /// <exception cref="CheckpointException">A tensor is missing, has another shape or precision, or holds a number that is not finite.</exception>
    public static void Unpack<P, T>(P parameters, SafeTensors file, string prefix = "", bool convert = false)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(file);
        foreach (var (_, target, values) in Fit<P, T>(parameters, file, prefix, convert)) target.Assign(values);
    }

    /// <summary>What <see cref="Unpack"/> would write, by name in the file; nothing is changed.</summary>
    internal static IReadOnlyList<(string Key, Tensor<T> Target, T[] Values)> Fit<P, T>(P parameters, SafeTensors file, string prefix, bool convert = false)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var fit = new List<(string, Tensor<T>, T[])>();
        foreach (var (name, tensor) in parameters.List())
        {
            var key = prefix + name;
            CheckShape(file, key, tensor.Shape.ToArray());
            var numbers = Values<T>(file[key], key, convert);
            if (Array.FindIndex(numbers, v => !T.IsFinite(v)) is var bad and >= 0)
                throw new CheckpointException($"The checkpoint's '{key}' holds {numbers[bad]} at element {bad}, where every parameter is a finite "
                    + "number; it is damaged, so restore it or train anew.");
            fit.Add((key, tensor, numbers));
        }
        return fit;
    }

    /// <summary>Refuses a file that lacks a tensor or has it in another shape: a cheap look before a model is made for it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="key">The tensor's name.</param>
    /// <param name="shape">What its shape must be.</param>
    /// <exception cref="CheckpointException">It is missing or has another shape.</exception>
    public static void CheckShape(SafeTensors file, string key, ReadOnlySpan<int> shape)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!file.Contains(key))
            throw new CheckpointException($"The checkpoint has no tensor '{key}'; it belongs to another model. Give the run that was trained with "
                + "these layers.");
        var stored = file[key];
        if (!stored.Shape.ToArray().AsSpan().SequenceEqual(shape))
            throw new CheckpointException($"The checkpoint's '{key}' is [{string.Join(", ", stored.Shape)}] but the model's is [{string.Join(", ", shape.ToArray())}]; it belongs to a model "
                + "of another size.");
    }

    static T[] Values<T>(SafeTensor stored, string key, bool convert) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var own = typeof(T) == typeof(float) ? NumberType.F32 : NumberType.F64;
        if (stored.Type == own) return stored.ToArray<T>();
        if (convert) return stored.ToConverted<T>();
        throw new CheckpointException($"The checkpoint's '{key}' is {stored.TypeName} but {own} is expected; use --precision {(own == NumberType.F32 ? "double" : "float")}.");
    }
}
