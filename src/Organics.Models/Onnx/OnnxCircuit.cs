using System.Numerics;

namespace Organics;

/// <summary>A layer of ORGaNICs with identity recurrence in closed form as nodes of a graph (Eq. 4, 5): <see cref="StaticLayer{T}.Settle"/>.</summary>
static class OnnxCircuit
{
    // As in StaticLayer, for float.
    const float KeepsDirection = 1e-36f;

    /// <summary>The firing rates ⌊y⌋² at the fixed points. Shape [batch, n].</summary>
    public static string Response<T>(OnnxGraph graph, string prefix, StaticLayer<T> layer, double sigma, string x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string Square(string value) => graph.Node("Mul", [value, value]);
        var v = graph.Gemm(x, graph.Constant(prefix + "Wzx", layer.Wzx), "");
        var sum = graph.Node("ReduceSum", [Square(v), graph.Wholes(prefix + "axes", 1)], new OnnxAttribute("keepdims", 1));
        var z = graph.Node("Div", [v, graph.Node("Sqrt", [graph.Node("Add", [sum, graph.Scalar(KeepsDirection)])])]);
        var b = graph.Node("Sigmoid", [graph.Gemm(x, graph.Constant(prefix + "Wbx", layer.Wbx), "")]);
        var g = graph.Node("Mul", [b, z]);
        var c = (layer.B0.Sigmoid() * T.CreateTruncating(sigma)).Square();
        var a = graph.Gemm(Square(g), graph.Constant(prefix + "W", layer.LogWay.Exp()), graph.Constant(prefix + "c", c));
        return Square(graph.Node("Relu", [graph.Node("Div", [g, graph.Node("Sqrt", [a])])]));
    }
}
