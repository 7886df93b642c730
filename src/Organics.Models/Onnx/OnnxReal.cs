using System.Numerics;

namespace Organics;

/// <summary>
/// A value of an ONNX graph as the carrier of a formula: the formula run once writes the nodes that compute it, one for each of its operations. A constant
/// stays a number until it meets a value.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
readonly struct OnnxReal<T> : IReal<OnnxReal<T>, T> where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly OnnxGraph? _graph;
    readonly string? _name;
    readonly T _number;

    /// <summary>A value of a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="name">The value's name.</param>
    /// <param name="isOfSamples">Whether it has a number for every sample, or one for all.</param>
    public OnnxReal(OnnxGraph graph, string name, bool isOfSamples) => (_graph, _name, IsOfSamples) = (graph, name, isOfSamples);

    OnnxReal(T number) => _number = number;

    /// <summary>Whether it has a number for every sample.</summary>
    public bool IsOfSamples { get; }

    /// <summary>The name of the value; a constant becomes one of a graph.</summary>
    public string In(OnnxGraph graph) => _name ?? graph.Scalar(float.CreateTruncating(_number));

    public static OnnxReal<T> Of(T value) => new(value);

    public static OnnxReal<T> Literal(double value) => new(T.CreateTruncating(value));

    public static OnnxReal<T> Zero => default;

    public static OnnxReal<T> One => new(T.One);

    public static OnnxReal<T> Half => Literal(0.5);

    public static OnnxReal<T> operator +(OnnxReal<T> a, OnnxReal<T> b) => Map("Add", a, b, static (x, y) => x + y);

    public static OnnxReal<T> operator -(OnnxReal<T> a, OnnxReal<T> b) => Map("Sub", a, b, static (x, y) => x - y);

    public static OnnxReal<T> operator *(OnnxReal<T> a, OnnxReal<T> b) => Map("Mul", a, b, static (x, y) => x * y);

    public static OnnxReal<T> operator /(OnnxReal<T> a, OnnxReal<T> b) => Map("Div", a, b, static (x, y) => x / y);

    public static OnnxReal<T> operator -(OnnxReal<T> a) => Map("Neg", a, static x => -x);

    public static OnnxReal<T> Fma(OnnxReal<T> a, OnnxReal<T> b, OnnxReal<T> c) => a * b + c;

    public static OnnxReal<T> Max(OnnxReal<T> a, OnnxReal<T> b) => Map("Max", a, b, T.Max);

    public static OnnxReal<T> Min(OnnxReal<T> a, OnnxReal<T> b) => Map("Min", a, b, T.Min);

    public static OnnxReal<T> Abs(OnnxReal<T> a) => Map("Abs", a, T.Abs);

    public static OnnxReal<T> Sqrt(OnnxReal<T> a) => Map("Sqrt", a, T.Sqrt);

    public static OnnxReal<T> Exp(OnnxReal<T> a) => Map("Exp", a, T.Exp);

    /// <summary>ONNX has none. With t = tanh(a/2) it is 2t/(1 + |t|) below 0, and that times eᵃ above, where nothing cancels.</summary>
    public static OnnxReal<T> Expm1(OnnxReal<T> a)
    {
        if (a._graph is null) return new(T.ExpM1(a._number));
        var t = Map("Tanh", Half * a, T.Tanh);
        return (t + t) / (One + Abs(t)) * Exp(Max(a, Zero));
    }

    public static OnnxReal<T> Log(OnnxReal<T> a) => Map("Log", a, T.Log);

    /// <summary>ONNX has none. Below 1 it is 2 artanh(a/(2 + a)), which keeps what 1 + a would round away.</summary>
    public static OnnxReal<T> Log1p(OnnxReal<T> a)
    {
        if (a._graph is null) return new(T.LogP1(a._number));
        var half = Map("Atanh", a / (Literal(2) + a), T.Atanh);
        return IfLess(a, One, half + half, Log(One + a));
    }

    public static OnnxReal<T> Sin(OnnxReal<T> a) => Map("Sin", a, T.Sin);

    public static OnnxReal<T> Cos(OnnxReal<T> a) => Map("Cos", a, T.Cos);

    public static OnnxReal<T> Pow(OnnxReal<T> a, OnnxReal<T> b) => Map("Pow", a, b, T.Pow);

    public static OnnxReal<T> IfLess(OnnxReal<T> a, OnnxReal<T> b, OnnxReal<T> then, OnnxReal<T> otherwise)
    {
        if ((a._graph ?? b._graph) is not { } graph) return a._number < b._number ? then : otherwise;
        var condition = graph.Node("Less", [a.In(graph), b.In(graph)]);
        return new(graph, graph.Node("Where", [condition, then.In(graph), otherwise.In(graph)]),
            a.IsOfSamples || b.IsOfSamples || then.IsOfSamples || otherwise.IsOfSamples);
    }

    static OnnxReal<T> Map(string op, OnnxReal<T> a, Func<T, T> numbers)
        => a._graph is { } graph ? new(graph, graph.Node(op, [a.In(graph)]), a.IsOfSamples) : new(numbers(a._number));

    static OnnxReal<T> Map(string op, OnnxReal<T> a, OnnxReal<T> b, Func<T, T, T> numbers) => (a._graph ?? b._graph) is { } graph
        ? new(graph, graph.Node(op, [a.In(graph), b.In(graph)]), a.IsOfSamples || b.IsOfSamples) : new(numbers(a._number, b._number));
}
