using System.Numerics;

namespace Organics;

/// <summary>
/// Trained networks as ONNX files, for whoever runs them elsewhere: standard operators of opset 17, numbers rounded to float once, batches of any size. A
/// graph is given what the network's own <c>Predict</c> is, so that the order of steps and standardisation are in it, while bytes of pixels must have been
/// divided by 255; it gives <c>outputs</c> (logits, or numbers) and, where classes are asked for, <c>classes</c> and <c>probabilities</c>.
/// </summary>
public static class OnnxFile
{
    // IR version 8 came with opset 15 to 18.
    const int IrVersion = 8, Opset = 17;

    const string Input = "input", Batch = "batch", Steps = "steps";

    /// <summary>
    /// A sequence model. <c>input</c> is [batch, steps, channels], with as many steps as are given, all samples as many, unless the model shows them in an
    /// order of its own; <c>outputs</c> is [batch, outputs], or [batch, steps, outputs] where an answer is given at each step. The cell is the body of a Scan,
    /// written by its own formula.
    /// </summary>
    /// <param name="model">The model; its parameters are copied.</param>
    /// <param name="metadata">Text to be kept in the file by its keys (metadata_props); null for none.</param>
    /// <exception cref="NotSupportedException">The cell is written in tape ops.</exception>
    public static byte[] Of<T>(SequenceModel<T> model, IReadOnlyDictionary<string, string>? metadata = null) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(model);
        var options = model.Options;
        var (format, units) = (options.Format, options.Units);
        var cell = model.PreparedCell();
        var layers = cell.Formulas(new OnnxCell<T>());
        if (layers.Count == 0)
            throw new NotSupportedException(
                $"The cell '{options.Cell}' is written in tape ops, which no ONNX file can hold; write its equations as an ICellFormula.");

        var graph = new OnnxGraph("sequence");
        OnnxAxis steps = options.Order is null ? Steps : format.Steps;
        var x = graph.Node("Transpose", [graph.Input(Input, Batch, steps, format.Channels)], new OnnxAttribute("perm", Numbers: [1, 0, 2]));
        if (options.Order is { } order) x = graph.Node("Gather", [x, graph.Wholes("order", [.. order])], new OnnxAttribute("axis", 0));
        if (options.Inputs is { } own)
            x = graph.Node("Div", [graph.Node("Sub", [x, Row(graph, "inputs.mean", own.Mean)]), Row(graph, "inputs.scale", own.Scale)]);

        var count = graph.Node("Shape", [x], new OnnxAttribute("start", 1), new OnnxAttribute("end", 2));
        var first = graph.Node("Concat", [count, graph.Wholes("units", units)], new OnnxAttribute("axis", 0));
        string[] initial = [.. cell.States.Zip(model.Initial, (name, s) => graph.Node("Expand", [graph.Constant($"initial.{name}", s), first]))];
        var isLast = options.ReadOut == ReadOut.Last;
        var scan = graph.Nodes("Scan", [.. initial, x], initial.Length + (isLast ? 0 : 1),
            new OnnxAttribute("body", Graph: Body(cell.States, layers, units, format.Channels, !isLast)), new OnnxAttribute("num_scan_inputs", 1));
        var shown = isLast ? scan[0] : scan[^1];
        if (options.Rates)
        {
            var rectified = graph.Node("Relu", [shown]);
            shown = graph.Node("Concat", [shown, graph.Node("Mul", [rectified, rectified])], new OnnxAttribute("axis", -1));
        }
        var seen = options.ReadOut switch
        {
            ReadOut.Last => shown,
            ReadOut.Mean => graph.Node("ReduceMean", [shown], new OnnxAttribute("axes", Numbers: [0]), new OnnxAttribute("keepdims", 0)),
            _ => graph.Node("Transpose", [shown], new OnnxAttribute("perm", Numbers: [1, 0, 2])),
        };
        var head = model.Tensors.ToDictionary(t => t.Key, t => t.Value);
        var outputs = Head(graph, seen, head["fc.weight"], head["fc.bias"]);
        if (options.Targets is { } targets)
            outputs = graph.Node("Add", [graph.Node("Mul", [outputs, Row(graph, "outputs.scale", targets.Scale)]), Row(graph, "outputs.mean", targets.Mean)]);
        Give(graph, outputs, format.Target, format.Outputs, format.PerStep ? [Batch, Steps] : [Batch]);
        return File(graph, metadata);
    }

    /// <summary>A static classifier of circuits with Wr = I, convolutional or not, whose fixed points have a closed form, or of rectified units.
    /// <c>input</c> is [batch, pixels], <c>outputs</c> [batch, classes].</summary>
    /// <param name="model">The model; its parameters are copied.</param>
    /// <param name="metadata">Text to be kept in the file by its keys (metadata_props); null for none.</param>
    /// <exception cref="NotSupportedException">A layer's fixed points have no closed form.</exception>
    public static byte[] Of<T>(StaticClassifier<T> model, IReadOnlyDictionary<string, string>? metadata = null) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(model);
        var parameters = model.Parameters;
        var graph = new OnnxGraph("static");
        var x = graph.Input(Input, Batch, model.Inputs);
        foreach (var (k, layer) in (parameters.Autoencoder?.Encoder ?? []).Index())
            x = graph.Node("Sigmoid", [Affine(graph, $"autoencoder.encoder.{2 * k}", layer, x)]);
        foreach (var (k, layer) in parameters.Layers.Index())
            x = layer switch
            {
                RectifiedLayer<T> rectified => graph.Node("Relu", [Affine(graph, $"{layer.Name}{k + 1}", rectified.Affine, x)]),
                ConvolutionLayer<T> images => OnnxConvolution.Response(graph, $"{layer.Name}{k + 1}.", images, model.Sigma, x),
                StaticLayer<T> { Wr: null } circuit => OnnxCircuit.Response(graph, $"{layer.Name}{k + 1}.", circuit, model.Sigma, x),
                StaticLayer<T> => throw new NotSupportedException(
                    $"Layer {k + 1} is of circuits with a learned recurrence, whose fixed points have no closed form that an ONNX file could hold; train with "
                    + "--recurrence identity."),
                _ => throw new NotSupportedException(
                    $"Layer {k + 1} is a {layer.Name}, whose steady states have no closed form that an ONNX file could hold; train circuits of identity "
                    + "recurrence, or rectified units."),
            };
        Give(graph, Head(graph, x, parameters.Head.Weight, parameters.Head.Bias), TargetKind.Class, parameters.Head.Bias.Length, [Batch]);
        return File(graph, metadata);
    }

    // One step: each layer is shown the first part of the state that the one below has just reached; the states lie with those of the highest first.
    static OnnxGraph Body(IReadOnlyList<string> states, IReadOnlyList<OnnxStep> layers, int units, int channels, bool shows)
    {
        var body = new OnnxGraph("step", "step/");
        string[] before = [.. states.Select(name => body.Input(name, Batch, units))];
        var x = body.Input("x", Batch, channels);
        var parts = before.Length / layers.Count;
        var after = new string[before.Length];
        for (var k = 0; k < layers.Count; k++)
        {
            var at = (layers.Count - 1 - k) * parts;
            layers[k](body, layers.Count == 1 ? "" : $"l{k}.", x, before[at..(at + parts)]).CopyTo(after, at);
            x = after[at];
        }
        foreach (var (name, value) in states.Zip(after)) body.Output(name + "'", value, Batch, units);
        if (shows) body.Output("shown", after[0], Batch, units);
        return body;
    }

    static string Affine<T>(OnnxGraph graph, string name, Linear<T> layer, string x) where T : unmanaged, IFloatingPointIeee754<T>
        => graph.Gemm(x, graph.Constant($"{name}.weight", layer.Weight), graph.Constant($"{name}.bias", layer.Bias));

    // Also where there are steps, for which Gemm has no form.
    static string Head<T>(OnnxGraph graph, string seen, Tensor<T> weight, Tensor<T> bias) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var transposed = graph.Node("Transpose", [graph.Constant("fc.weight", weight)], new OnnxAttribute("perm", Numbers: [1, 0]));
        return graph.Node("Add", [graph.Node("MatMul", [seen, transposed]), graph.Constant("fc.bias", bias)]);
    }

    static void Give(OnnxGraph graph, string outputs, TargetKind target, int count, OnnxAxis[] axes)
    {
        graph.Output("outputs", outputs, [.. axes, count]);
        if (target != TargetKind.Class) return;
        graph.Whole("classes", graph.Node("ArgMax", [outputs], new OnnxAttribute("axis", -1), new OnnxAttribute("keepdims", 0)), axes);
        graph.Output("probabilities", graph.Node("Softmax", [outputs], new OnnxAttribute("axis", -1)), [.. axes, count]);
    }

    static string Row(OnnxGraph graph, string name, IReadOnlyList<double> values) => graph.Constant(name, [.. values.Select(v => (float)v)], values.Count);

    // ModelProto, with the numbers of its fields in onnx.proto.
    static byte[] File(OnnxGraph graph, IReadOnlyDictionary<string, string>? metadata)
    {
        var file = new ProtoWriter();
        file.Number(1, IrVersion);
        file.Text(2, "Organics");
        file.Text(3, typeof(OnnxFile).Assembly.GetName().Version?.ToString(3) ?? "");
        file.Message(7, graph.Write);
        file.Message(8, opset => opset.Number(2, Opset));
        foreach (var (key, text) in metadata ?? new Dictionary<string, string>())
            file.Message(14, entry =>
            {
                entry.Text(1, key);
                entry.Text(2, text);
            });
        return file.Written.ToArray();
    }
}
