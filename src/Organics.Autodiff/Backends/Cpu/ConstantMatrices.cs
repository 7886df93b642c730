using System.Collections.Concurrent;
using System.Numerics;

namespace Organics.Backends;

/// <summary>Matrices that do not change while a piece of work runs: each is packed for products once, by whoever meets it first.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="owner">Gives the memory.</param>
/// <param name="views">What does not change.</param>
sealed class ConstantMatrices<T>(Backend<T> owner, IReadOnlyList<View<T>> views) : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly ConcurrentDictionary<(View<T> Matrix, bool IsTransposed, int Columns), Panels> _packed = [];
    int _changes;

    /// <summary>A matrix in panels, as it was after so many changes.</summary>
    sealed class Panels
    {
        public Buffer<T>? Buffer;
        public int Changes = -1;
    }

    /// <summary>Whether a matrix is one of them, or a part of one.</summary>
    public bool Hold(View<T> matrix)
    {
        foreach (var v in views)
            if (v.Buffer == matrix.Buffer && v.Offset <= matrix.Offset && matrix.Offset + matrix.Length <= v.Offset + v.Length) return true;
        return false;
    }

    /// <summary>A matrix, or its transpose, of so many columns in panels; null where nobody has packed it.</summary>
    public Buffer<T>? Find(View<T> matrix, bool isTransposed, int columns)
        => _packed.TryGetValue((matrix, isTransposed, columns), out var panels) && Volatile.Read(ref panels.Changes) == _changes ? panels.Buffer : null;

    /// <summary>The same, packed now where it is not: into memory of <paramref name="length"/> elements.</summary>
    public Buffer<T> Add(View<T> matrix, bool isTransposed, int columns, int length, Action<Buffer<T>> pack)
    {
        var panels = _packed.GetOrAdd((matrix, isTransposed, columns), static _ => new());
        lock (panels)
        {
            if (panels.Changes == _changes) return panels.Buffer!;
            panels.Buffer ??= owner.Rent(length);
            pack(panels.Buffer);
            Volatile.Write(ref panels.Changes, _changes);
            return panels.Buffer;
        }
    }

    /// <summary>Tells that they have changed, while no work runs: each is packed anew when it is next met, into the same memory.</summary>
    public void Change() => _changes++;

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        foreach (var panels in _packed.Values)
            if (panels.Buffer is { } buffer) owner.Return(buffer);
    }
}
