using System.Runtime.CompilerServices;

namespace Organics;

/// <summary>The extents of a contiguous row-major tensor, of rank 0 (a scalar) to 4.</summary>
[CollectionBuilder(typeof(Shape), nameof(Of))]
public readonly struct Shape : IEquatable<Shape>
{
    /// <summary>The highest rank.</summary>
    public const int MaxRank = 4;

    readonly int _d0, _d1, _d2, _d3;

    Shape(ReadOnlySpan<int> extents)
    {
        if (extents.Length > MaxRank)
            throw new ShapeException($"A shape has at most {MaxRank} axes, but {extents.Length} were given; merge axes with Reshape.");
        var length = 1L;
        foreach (var e in extents)
        {
            if (e < 0) throw new ShapeException($"An axis of {e} elements was asked for; an extent must be 0 or more.");
            length *= e;
            if (length > int.MaxValue) throw new ShapeException($"[{string.Join(", ", extents.ToArray())}] holds more than 2³¹ − 1 elements; split the tensor.");
        }
        Rank = extents.Length;
        Length = (int)length;
        if (Rank > 0) _d0 = extents[0];
        if (Rank > 1) _d1 = extents[1];
        if (Rank > 2) _d2 = extents[2];
        if (Rank > 3) _d3 = extents[3];
    }

    /// <summary>A shape from its extents, the slowest axis first; also written <c>[256, 50]</c>.</summary>
    public static Shape Of(params ReadOnlySpan<int> extents) => new(extents);

    /// <summary>The shape of one number.</summary>
    public static Shape Scalar => new([]);

    /// <summary>How many axes there are.</summary>
    public int Rank { get; }

    readonly int _length;

    /// <summary>How many elements there are.</summary>
    public int Length { get => Rank == 0 ? 1 : _length; private init => _length = value; }

    /// <summary>The extent of an axis; negative indices count from the end.</summary>
    public int this[int axis]
    {
        get
        {
            var i = axis < 0 ? axis + Rank : axis;
            if ((uint)i >= (uint)Rank)
                throw new ShapeException($"Axis {axis} was asked for, but {this} has {Rank}; {(Rank == 0 ? "Reshape it" : $"use 0 to {Rank - 1} or −{Rank} to −1")}.");
            return i switch { 0 => _d0, 1 => _d1, 2 => _d2, _ => _d3 };
        }
    }

    /// <summary>The extent of an axis, where [^1] is the last one's.</summary>
    public int this[Index axis] => this[axis.IsFromEnd ? -axis.Value : axis.Value];

    /// <summary>The extents before, at and after an axis, as [outer, axis, inner].</summary>
    public (int Outer, int Axis, int Inner) Around(int axis)
    {
        var i = axis < 0 ? axis + Rank : axis;
        var n = this[axis];
        var (outer, inner) = (1, 1);
        for (var j = 0; j < i; j++) outer *= this[j];
        for (var j = i + 1; j < Rank; j++) inner *= this[j];
        return (outer, n, inner);
    }

    /// <summary>The shape without one axis.</summary>
    public Shape Without(int axis)
    {
        var i = axis < 0 ? axis + Rank : axis;
        _ = this[axis];
        Span<int> e = stackalloc int[MaxRank];
        var r = 0;
        for (var j = 0; j < Rank; j++)
            if (j != i) e[r++] = this[j];
        return new(e[..r]);
    }

    /// <summary>The shape with another extent on one axis.</summary>
    public Shape With(int axis, int extent)
    {
        var i = axis < 0 ? axis + Rank : axis;
        _ = this[axis];
        Span<int> e = stackalloc int[MaxRank];
        for (var j = 0; j < Rank; j++) e[j] = j == i ? extent : this[j];
        return new(e[..Rank]);
    }

    /// <summary>The shape with two axes exchanged, in one step: one extent put in the other's place alone may be more elements than a tensor holds.</summary>
    internal Shape Exchanged(int i, int j)
    {
        var e = ToArray();
        (e[i], e[j]) = (e[j], e[i]);
        return new(e);
    }

    /// <summary>The shape with one axis more, which is <paramref name="axis"/> of the result: 0 to the rank; negative ones count from the end of the
    /// result.</summary>
    public Shape Insert(int axis, int extent)
    {
        var i = axis < 0 ? axis + Rank + 1 : axis;
        if ((uint)i > (uint)Rank) throw new ShapeException($"No axis can be inserted at {axis} into {this}; use 0 to {Rank} or −{Rank + 1} to −1.");
        Span<int> e = stackalloc int[MaxRank + 1];
        for (int j = 0, k = 0; j <= Rank; j++) e[j] = j == i ? extent : this[k++];
        return new(e[..(Rank + 1)]);
    }

    /// <summary>Whether this shape is the trailing part of another, so that it broadcasts over the leading axes.</summary>
    public bool IsSuffixOf(Shape other)
    {
        if (Rank > other.Rank) return false;
        for (var j = 1; j <= Rank; j++)
            if (this[-j] != other[-j]) return false;
        return true;
    }

    /// <summary>The extents as an array.</summary>
    public int[] ToArray()
    {
        var e = new int[Rank];
        for (var j = 0; j < Rank; j++) e[j] = this[j];
        return e;
    }

    /// <inheritdoc/>
    public bool Equals(Shape other) => Rank == other.Rank && _d0 == other._d0 && _d1 == other._d1 && _d2 == other._d2 && _d3 == other._d3;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape s && Equals(s);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rank, _d0, _d1, _d2, _d3);

    /// <summary>Whether both shapes have the same extents.</summary>
    public static bool operator ==(Shape a, Shape b) => a.Equals(b);

    /// <summary>Whether the shapes differ.</summary>
    public static bool operator !=(Shape a, Shape b) => !a.Equals(b);

    /// <summary>The extents, as in [256, 50].</summary>
    public override string ToString() => $"[{string.Join(", ", ToArray())}]";

    /// <summary>Enumerates the extents.</summary>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)ToArray()).GetEnumerator();
}
