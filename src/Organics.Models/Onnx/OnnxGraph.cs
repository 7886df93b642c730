namespace Organics;

/// <summary>An axis of an input or output: so many elements, or as many as a name stands for.</summary>
/// <param name="Count">How many; 0 where they have a name.</param>
/// <param name="Name">What stands for them.</param>
readonly record struct OnnxAxis(long Count, string? Name)
{
    public static implicit operator OnnxAxis(int count) => new(count, null);

    public static implicit operator OnnxAxis(string name) => new(0, name);
}

/// <summary>What a node is told besides its inputs: whole numbers, or a graph.</summary>
/// <param name="Name">Its name in the operator's specification.</param>
/// <param name="Number">One whole number.</param>
/// <param name="Numbers">Several, as an attribute that is a list.</param>
/// <param name="Graph">The body of a loop.</param>
readonly record struct OnnxAttribute(string Name, long Number = 0, long[]? Numbers = null, OnnxGraph? Graph = null);

/// <summary>
/// A graph of ONNX operators in the making: nodes in the order in which they are computed, constants, inputs and outputs (GraphProto of onnx.proto; the numbers
/// of the fields are those of that file). Values are known by their names, which no graph within has again.
/// </summary>
/// <param name="name">What it is called.</param>
/// <param name="prefix">What stands before the names of its values.</param>
sealed class OnnxGraph(string name, string prefix = "")
{
    const int Float = 1, Int64 = 7;

    readonly List<Action<ProtoWriter>> _nodes = [], _constants = [], _inputs = [], _outputs = [];
    // By their bits, which tell 0 from −0.
    readonly Dictionary<int, string> _scalars = [];

    /// <summary>An input by its name.</summary>
    public string Input(string own, params OnnxAxis[] shape)
    {
        _inputs.Add(Value(prefix + own, Float, shape));
        return prefix + own;
    }

    /// <summary>Gives a value out under a name.</summary>
    public void Output(string own, string value, params OnnxAxis[] shape) => Output(own, value, Float, shape);

    /// <summary>Gives whole numbers out under a name.</summary>
    public void Whole(string own, string value, params OnnxAxis[] shape) => Output(own, value, Int64, shape);

    void Output(string own, string value, int type, OnnxAxis[] shape)
    {
        Add("Identity", [value], [prefix + own], []);
        _outputs.Add(Value(prefix + own, type, shape));
    }

    /// <summary>Numbers that do not change. Shape: as given.</summary>
    public string Constant(string own, float[] values, params int[] shape)
    {
        _constants.Add(Tensor(prefix + own, Float, shape, p => p.Raw(9, values)));
        return prefix + own;
    }

    /// <summary>Numbers that do not change, those of a tensor.</summary>
    public string Constant<T>(string own, Tensor<T> tensor) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
        => Constant(own, Array.ConvertAll(tensor.ToArray(), float.CreateTruncating), [.. Enumerable.Range(0, tensor.Shape.Rank).Select(i => tensor.Shape[i])]);

    /// <summary>A number.</summary>
    public string Scalar(float value)
        => _scalars.TryGetValue(BitConverter.SingleToInt32Bits(value), out var known) ? known
            : _scalars[BitConverter.SingleToInt32Bits(value)] = Constant($"number_{_scalars.Count}", [value]);

    /// <summary>A list of whole numbers.</summary>
    public string Wholes(string own, params long[] values)
    {
        _constants.Add(Tensor(prefix + own, Int64, [values.Length], p => p.Raw(9, values)));
        return prefix + own;
    }

    /// <summary>What an operator makes of values.</summary>
    public string Node(string op, string[] inputs, params OnnxAttribute[] attributes) => Nodes(op, inputs, 1, attributes)[0];

    /// <summary>All that an operator makes of values.</summary>
    public string[] Nodes(string op, string[] inputs, int count, params OnnxAttribute[] attributes)
    {
        string[] outputs = [.. Enumerable.Range(0, count).Select(i => $"{prefix}{op}_{_nodes.Count}{(count == 1 ? "" : $"_{i}")}")];
        Add(op, inputs, outputs, attributes);
        return outputs;
    }

    /// <summary>source · weightsᵀ + summand for matrices; an empty summand is 0.</summary>
    public string Gemm(string source, string weights, string summand)
        => Node("Gemm", summand.Length == 0 ? [source, weights] : [source, weights, summand], new OnnxAttribute("transB", 1));

    /// <summary>Writes the fields of a GraphProto.</summary>
    public void Write(ProtoWriter p)
    {
        foreach (var node in _nodes) p.Message(1, node);
        p.Text(2, name);
        foreach (var constant in _constants) p.Message(5, constant);
        foreach (var input in _inputs) p.Message(11, input);
        foreach (var output in _outputs) p.Message(12, output);
    }

    void Add(string op, string[] inputs, string[] outputs, OnnxAttribute[] attributes) => _nodes.Add(p =>
    {
        foreach (var input in inputs) p.Text(1, input);
        foreach (var output in outputs) p.Text(2, output);
        p.Text(3, outputs[0]);
        p.Text(4, op);
        foreach (var attribute in attributes) p.Message(5, a => Write(a, attribute));
    });

    static void Write(ProtoWriter p, OnnxAttribute attribute)
    {
        const int IsNumber = 2, IsGraph = 5, IsNumbers = 7;
        p.Text(1, attribute.Name);
        if (attribute.Graph is { } graph) p.Message(6, graph.Write);
        else if (attribute.Numbers is { } numbers)
            foreach (var each in numbers) p.Number(8, each);
        else p.Number(3, attribute.Number);
        p.Number(20, attribute.Graph is not null ? IsGraph : attribute.Numbers is not null ? IsNumbers : IsNumber);
    }

    static Action<ProtoWriter> Tensor(string name, int type, int[] shape, Action<ProtoWriter> content) => p =>
    {
        foreach (var count in shape) p.Number(1, count);
        p.Number(2, type);
        p.Text(8, name);
        content(p);
    };

    static Action<ProtoWriter> Value(string name, int type, OnnxAxis[] shape) => p =>
    {
        p.Text(1, name);
        p.Message(2, ofType => ofType.Message(1, tensor =>
        {
            tensor.Number(1, type);
            tensor.Message(2, axes =>
            {
                foreach (var axis in shape)
                    axes.Message(1, d =>
                    {
                        if (axis.Name is { } symbol) d.Text(2, symbol);
                        else d.Number(1, axis.Count);
                    });
            });
        }));
    };
}
