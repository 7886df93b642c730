namespace Organics.Formulas;

/// <summary>
/// What a backend runs for every element-wise op: a formula of up to four inputs. <see cref="Unary{TOp, T}"/> to
/// <see cref="Quaternary{TOp, T}"/> wrap the formulas, so that a backend has one map and one VJP instead of four of each.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public interface IPointwise<T>
{
    /// <summary>How many inputs are read; the others are passed as 0.</summary>
    static abstract int Arity { get; }

    /// <summary>The value.</summary>
    V F<V>(V a, V b, V c, V d) where V : struct, IReal<V, T>;

    /// <summary>The cotangents of the inputs. The value y is passed only where <see cref="Arity"/> is 1.</summary>
    (V A, V B, V C, V D) Vjp<V>(V a, V b, V c, V d, V y, V g) where V : struct, IReal<V, T>;
}

/// <summary>A formula of one input.</summary>
public readonly struct Unary<TOp, T>(TOp op) : IPointwise<T> where TOp : unmanaged, IFormula1<T>
{
    readonly TOp _op = op;

    /// <inheritdoc/>
    public static int Arity => 1;

    /// <inheritdoc/>
    public V F<V>(V a, V b, V c, V d) where V : struct, IReal<V, T> => _op.F(a);

    /// <inheritdoc/>
    public (V A, V B, V C, V D) Vjp<V>(V a, V b, V c, V d, V y, V g) where V : struct, IReal<V, T>
        => (g * _op.D(a, y), V.Zero, V.Zero, V.Zero);
}

/// <summary>A formula of two inputs.</summary>
public readonly struct Binary<TOp, T>(TOp op) : IPointwise<T> where TOp : unmanaged, IFormula2<T>
{
    readonly TOp _op = op;

    /// <inheritdoc/>
    public static int Arity => 2;

    /// <inheritdoc/>
    public V F<V>(V a, V b, V c, V d) where V : struct, IReal<V, T> => _op.F(a, b);

    /// <inheritdoc/>
    public (V A, V B, V C, V D) Vjp<V>(V a, V b, V c, V d, V y, V g) where V : struct, IReal<V, T>
    {
        var (ga, gb) = _op.Vjp(a, b, g);
        return (ga, gb, V.Zero, V.Zero);
    }
}

/// <summary>A formula of three inputs.</summary>
public readonly struct Ternary<TOp, T>(TOp op) : IPointwise<T> where TOp : unmanaged, IFormula3<T>
{
    readonly TOp _op = op;

    /// <inheritdoc/>
    public static int Arity => 3;

    /// <inheritdoc/>
    public V F<V>(V a, V b, V c, V d) where V : struct, IReal<V, T> => _op.F(a, b, c);

    /// <inheritdoc/>
    public (V A, V B, V C, V D) Vjp<V>(V a, V b, V c, V d, V y, V g) where V : struct, IReal<V, T>
    {
        var (ga, gb, gc) = _op.Vjp(a, b, c, g);
        return (ga, gb, gc, V.Zero);
    }
}

/// <summary>A formula of four inputs.</summary>
public readonly struct Quaternary<TOp, T>(TOp op) : IPointwise<T> where TOp : unmanaged, IFormula4<T>
{
    readonly TOp _op = op;

    /// <inheritdoc/>
    public static int Arity => 4;

    /// <inheritdoc/>
    public V F<V>(V a, V b, V c, V d) where V : struct, IReal<V, T> => _op.F(a, b, c, d);

    /// <inheritdoc/>
    public (V A, V B, V C, V D) Vjp<V>(V a, V b, V c, V d, V y, V g) where V : struct, IReal<V, T> => _op.Vjp(a, b, c, d, g);
}
