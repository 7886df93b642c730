using ILGPU;

namespace Organics.Backends;

/// <summary>The neuron of a thread, and the samples of its group: block by block of <see cref="Rows{T, L}.Count"/>, the last sample repeated where the last
/// block has none.</summary>
readonly struct Block(int batch)
{
    public readonly int Neuron = Group.IdxX, Neurons = Group.DimX, First = Grid.IdxX * 4, Batch = batch;

    /// <summary>Rows that are samples of their own. No constant: a loop over them is not unrolled, which would make a kernel four times as long.</summary>
    public int Own => Batch - First < 4 ? Batch - First : 4;

    /// <summary>Whether row r is a sample of its own.</summary>
    public bool Has(int r) => First + r < Batch;

    /// <summary>The sample of row r.</summary>
    public int Sample(int r) => Has(r) ? First + r : Batch - 1;
}

/// <summary>One number of each of the samples that a thread takes at a time, in its registers: a weight is read once for all of them.</summary>
readonly struct Rows<T, L>(L a, L b, L c, L d) where T : unmanaged where L : unmanaged, ILane<L, T>
{
    public const int Count = 4;

    public readonly L A = a, B = b, C = c, D = d;

    public static implicit operator Rows<T, L>(L value) => new(value, value, value, value);

    public static Rows<T, L> operator +(Rows<T, L> x, Rows<T, L> y) => new(x.A + y.A, x.B + y.B, x.C + y.C, x.D + y.D);

    public static Rows<T, L> operator -(Rows<T, L> x, Rows<T, L> y) => new(x.A - y.A, x.B - y.B, x.C - y.C, x.D - y.D);

    public static Rows<T, L> operator *(Rows<T, L> x, Rows<T, L> y) => new(x.A * y.A, x.B * y.B, x.C * y.C, x.D * y.D);

    public static Rows<T, L> operator /(Rows<T, L> x, Rows<T, L> y) => new(x.A / y.A, x.B / y.B, x.C / y.C, x.D / y.D);

    public static Rows<T, L> operator -(Rows<T, L> x) => new(-x.A, -x.B, -x.C, -x.D);

    public static Rows<T, L> Fma(Rows<T, L> x, Rows<T, L> y, Rows<T, L> z)
        => new(L.Fma(x.A, y.A, z.A), L.Fma(x.B, y.B, z.B), L.Fma(x.C, y.C, z.C), L.Fma(x.D, y.D, z.D));

    public static Rows<T, L> Max(Rows<T, L> x, L floor) => new(L.Max(x.A, floor), L.Max(x.B, floor), L.Max(x.C, floor), L.Max(x.D, floor));

    public static Rows<T, L> Sqrt(Rows<T, L> x) => new(L.Sqrt(x.A), L.Sqrt(x.B), L.Sqrt(x.C), L.Sqrt(x.D));

    public static Rows<T, L> Exp(Rows<T, L> x) => new(L.Exp(x.A), L.Exp(x.B), L.Exp(x.C), L.Exp(x.D));

    /// <summary>y where x is above the floor, else 0.</summary>
    public static Rows<T, L> Where(L floor, Rows<T, L> x, Rows<T, L> y)
        => new(L.IfLess(floor, x.A, y.A, L.Zero), L.IfLess(floor, x.B, y.B, L.Zero), L.IfLess(floor, x.C, y.C, L.Zero), L.IfLess(floor, x.D, y.D, L.Zero));

    /// <summary>The sum over the samples that there are.</summary>
    public L Sum(Block block)
    {
        var sum = A;
        if (block.Has(1)) sum += B;
        if (block.Has(2)) sum += C;
        if (block.Has(3)) sum += D;
        return sum;
    }

    /// <summary>Reads the elements that lie <paramref name="pitch"/> apart from sample to sample.</summary>
    public static Rows<T, L> Load(ArrayView<T> from, int at, int pitch, Block block) => new(
        L.Of(from[at + block.Sample(0) * pitch]), L.Of(from[at + block.Sample(1) * pitch]),
        L.Of(from[at + block.Sample(2) * pitch]), L.Of(from[at + block.Sample(3) * pitch]));

    /// <inheritdoc cref="Load"/>
    public void Store(ArrayView<T> to, int at, int pitch, Block block)
    {
        to[at + block.First * pitch] = A.Value;
        if (block.Has(1)) to[at + (block.First + 1) * pitch] = B.Value;
        if (block.Has(2)) to[at + (block.First + 2) * pitch] = C.Value;
        if (block.Has(3)) to[at + (block.First + 3) * pitch] = D.Value;
    }
}
