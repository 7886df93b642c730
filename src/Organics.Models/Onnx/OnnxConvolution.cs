using System.Numerics;

namespace Organics;

/// <summary>A convolutional layer of ORGaNICs in closed form as nodes of a graph: <see cref="ConvolutionLayer{T}.Settle"/>.</summary>
static class OnnxConvolution
{
    /// <summary>The firing rates ⌊y⌋² at the fixed points. Shape [batch, channels × height × width].</summary>
    public static string Response<T>(OnnxGraph graph, string prefix, ConvolutionLayer<T> layer, double sigma, string x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        string Square(string value) => graph.Node("Mul", [value, value]);
        string Convolve(string images, string name, Tensor<T> kernels, int groups = 1)
        {
            var (h, w) = (kernels.Shape[2], kernels.Shape[3]);
            return graph.Node("Conv", [images, graph.Constant(prefix + name, kernels)],
                new OnnxAttribute("group", groups), new OnnxAttribute("pads", Numbers: [(h - 1) / 2, (w - 1) / 2, h / 2, w / 2]));
        }

        // 0 stands for as many as there are.
        var images = graph.Node("Reshape", [x, graph.Wholes(prefix + "image", 0, 1, layer.B0.Shape[1], layer.B0.Shape[2])]);
        var b = layer.Attention is { } attention ? graph.Node("Sigmoid", [Convolve(images, "attention_kernel", attention)])
            : graph.Constant(prefix + "b", layer.B0.Sigmoid());
        var squared = Square(graph.Node("Mul", [graph.Node("Relu", [Convolve(images, "input_kernel", layer.Input)]), b]));
        var pool = layer.LogPool is { } log ? Convolve(squared, "pool", log.Exp(), layer.Channels)
            : graph.Node("ReduceSum", [squared, graph.Wholes(prefix + "axes", 2, 3)], new OnnxAttribute("keepdims", 1));
        var c = (layer.B0.Sigmoid() * T.CreateTruncating(sigma)).Square().Clamp(ConvolutionLayer<T>.LeastC, T.PositiveInfinity);
        var response = graph.Node("Div", [squared, graph.Node("Add", [pool, graph.Constant(prefix + "c", c)])]);
        return graph.Node("Flatten", [response], new OnnxAttribute("axis", 1));
    }
}
