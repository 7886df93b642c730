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

    /// <summary>Overwrites a record in place from a file. Nothing is changed unless everything fits.</summary>
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
            if (!file.Contains(key)) throw new CheckpointException($"The checkpoint has no tensor '{key}'; it belongs to another model. Give the run that was trained with these layers.");
            var stored = file[key];
            var shape = tensor.Shape.ToArray();
            if (!stored.Shape.SequenceEqual(shape))
                throw new CheckpointException($"The checkpoint's '{key}' is [{string.Join(", ", stored.Shape)}] but the model's is {tensor.Shape}; it belongs to a model of another size.");
            var numbers = Values<T>(stored, key, convert);
            if (Array.FindIndex(numbers, v => !T.IsFinite(v)) is var bad and >= 0)
                throw new CheckpointException($"The checkpoint's '{key}' holds {numbers[bad]} at element {bad}, where every parameter is a finite number; it is damaged, so restore it or train anew.");
            fit.Add((key, tensor, numbers));
        }
        return fit;
    }

    static T[] Values<T>(SafeTensor stored, string key, bool convert) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var own = typeof(T) == typeof(float) ? SafeTensorType.F32 : SafeTensorType.F64;
        if (stored.Type == own) return stored.ToArray<T>();
        if (convert && stored.Type == SafeTensorType.F32) return Array.ConvertAll(stored.ToArray<float>(), T.CreateTruncating);
        if (convert && stored.Type == SafeTensorType.F64) return Array.ConvertAll(stored.ToArray<double>(), T.CreateTruncating);
        throw new CheckpointException($"The checkpoint's '{key}' is {stored.Type} but {own} is expected; use --precision {(own == SafeTensorType.F32 ? "double" : "float")}.");
    }
}
