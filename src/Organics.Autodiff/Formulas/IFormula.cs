namespace Organics.Formulas;

/// <summary>
/// An element-wise function of one input with its derivative, written once for every machine.
/// </summary>
/// <typeparam name="T">float or double; constants of the formula are fields of this type.</typeparam>
public interface IFormula1<T>
{
    /// <summary>The value y = f(x).</summary>
    V F<V>(V x) where V : struct, IReal<V, T>;

    /// <summary>The derivative dy/dx at x, where y = f(x) is already known.</summary>
    V D<V>(V x, V y) where V : struct, IReal<V, T>;
}

/// <summary>An element-wise function of two inputs with its vector–Jacobian product.</summary>
/// <typeparam name="T">float or double.</typeparam>
public interface IFormula2<T>
{
    /// <summary>The value f(a, b).</summary>
    V F<V>(V a, V b) where V : struct, IReal<V, T>;

    /// <summary>The cotangents of the inputs, given the cotangent g of the value.</summary>
    (V A, V B) Vjp<V>(V a, V b, V g) where V : struct, IReal<V, T>;
}

/// <summary>An element-wise function of three inputs with its vector–Jacobian product.</summary>
/// <typeparam name="T">float or double.</typeparam>
public interface IFormula3<T>
{
    /// <summary>The value f(a, b, c).</summary>
    V F<V>(V a, V b, V c) where V : struct, IReal<V, T>;

    /// <summary>The cotangents of the inputs, given the cotangent g of the value.</summary>
    (V A, V B, V C) Vjp<V>(V a, V b, V c, V g) where V : struct, IReal<V, T>;
}

/// <summary>An element-wise function of four inputs with its vector–Jacobian product.</summary>
/// <typeparam name="T">float or double.</typeparam>
public interface IFormula4<T>
{
    /// <summary>The value f(a, b, c, d).</summary>
    V F<V>(V a, V b, V c, V d) where V : struct, IReal<V, T>;

    /// <summary>The cotangents of the inputs, given the cotangent g of the value.</summary>
    (V A, V B, V C, V D) Vjp<V>(V a, V b, V c, V d, V g) where V : struct, IReal<V, T>;
}

/// <summary>An associative reduction ⊕ with identity element.</summary>
/// <typeparam name="T">float or double.</typeparam>
public interface IReduction<T>
{
    /// <summary>e with e ⊕ x = x.</summary>
    V Identity<V>() where V : struct, IReal<V, T>;

    /// <summary>a ⊕ b.</summary>
    V Combine<V>(V a, V b) where V : struct, IReal<V, T>;
}

/// <summary>
/// An in-place update of a parameter and two state variables of the same shape from a gradient, as optimisers make it.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public interface IUpdate<T>
{
    /// <summary>The new parameter p and states m, v, from the gradient g and the old values.</summary>
    (V P, V M, V V2) F<V>(V g, V p, V m, V v) where V : struct, IReal<V, T>;
}

/// <summary>
/// Where an input of a formula may be tested: its interval, and the points in it where the first or second derivative is only one-sided.
/// Inputs without the attribute range over [−8, 8] without kinks.
/// </summary>
/// <param name="input">0 for the first input.</param>
/// <param name="min">Least value.</param>
/// <param name="max">Greatest value.</param>
[AttributeUsage(AttributeTargets.Struct, AllowMultiple = true)]
public sealed class DomainAttribute(int input, double min, double max) : Attribute
{
    /// <summary>0 for the first input.</summary>
    public int Input { get; } = input;

    /// <summary>Least value.</summary>
    public double Min { get; } = min;

    /// <summary>Greatest value.</summary>
    public double Max { get; } = max;

    /// <summary>Points where the first or second derivative is only one-sided: differences across them mislead.</summary>
    public double[] Kinks { get; init; } = [];
}

/// <summary>Constants with which a formula that has constants is tested, in the order of its constructor's parameters.</summary>
/// <param name="constants">The constants.</param>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class SampleConstantsAttribute(params double[] constants) : Attribute
{
    /// <summary>The constants.</summary>
    public IReadOnlyList<double> Constants { get; } = constants;
}
