using System.Numerics;

namespace Organics;

/// <summary>
/// An immutable record of named tensors. Watching, optimising, saving, loading and counting all go through <see cref="Map"/>.
/// </summary>
/// <typeparam name="TSelf">The record itself.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
public interface IParameters<TSelf, T>
    where TSelf : IParameters<TSelf, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The same record with every tensor replaced by f(name, tensor), called in a fixed order.</summary>
    TSelf Map(Func<string, Tensor<T>, Tensor<T>> f);
}

/// <summary>What follows for every parameter record.</summary>
public static class Parameters
{
    /// <summary>All names and tensors, in the record's order.</summary>
    public static IReadOnlyList<KeyValuePair<string, Tensor<T>>> List<P, T>(this IParameters<P, T> parameters)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var list = new List<KeyValuePair<string, Tensor<T>>>();
        parameters.Map((name, t) =>
        {
            list.Add(new(name, t));
            return t;
        });
        return list;
    }

    /// <summary>How many numbers the record holds.</summary>
    public static long Count<P, T>(this IParameters<P, T> parameters)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        => parameters.List().Sum(p => (long)p.Value.Length);
}
