namespace Organics;

/// <summary>
/// A system of ordinary differential equations ẋ = f(t, x) given by one function in tape ops: its rate, its Jacobian and ∂f/∂t follow from that. For systems so
/// large or so often evaluated that this is too slow, write an <see cref="IStiffOdeSystem"/>, whose Jacobian the laws of <c>GradientCheck</c>'s kind compare
/// with this one.
/// </summary>
public sealed class OdeFunction : IStiffOdeSystem
{
    // The derivative by time takes a backward pass for each element; beyond, differences are cheaper.
    const int MostPasses = 64;

    readonly Func<Tensor<double>, Tensor<double>, Tensor<double>> _f;
    readonly Device _device;
    bool _isChecked;

    OdeFunction(int dimension, Func<Tensor<double>, Tensor<double>, Tensor<double>> f, bool isAutonomous, Device? device)
    {
        if (dimension < 1) throw new ArgumentException($"The system has dimension {dimension}; a system has at least one unknown.", nameof(dimension));
        (Dimension, _f, IsAutonomous, _device) = (dimension, f, isAutonomous, device ?? Device.Cpu);
    }

    /// <summary>ẋ = f(x).</summary>
    /// <param name="dimension">n.</param>
    /// <param name="f">
    /// The rates of states [samples, n], in tape ops and of the same shape. Samples must not depend on one another: the Jacobian takes n equal ones at once.
    /// It must not read values (Item, ToArray) of what depends on x or t, whose derivative would be lost: where it chooses by a value,
    /// <c>Tensor&lt;double&gt;.Select</c> does. Called from several threads, it must not change anything.
    /// </param>
    /// <param name="device">Where it computes; the CPU if not given.</param>
    /// <exception cref="ArgumentException">The dimension is below 1.</exception>
    public static OdeFunction Of(int dimension, Func<Tensor<double>, Tensor<double>> f, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new(dimension, (_, x) => f(x), true, device);
    }

    /// <summary>ẋ = f(t, x), t a tensor of one element.</summary>
    /// <inheritdoc cref="Of(int, Func{Tensor{double}, Tensor{double}}, Device?)"/>
    public static OdeFunction Of(int dimension, Func<Tensor<double>, Tensor<double>, Tensor<double>> f, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new(dimension, f, false, device);
    }

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool IsAutonomous { get; }

    /// <inheritdoc/>
    public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt) => Rates(t, x, dxdt);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A sample of f depends on others.</exception>
    /// <exception cref="InvalidOperationException">f reads a value that depends on x.</exception>
    public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian) => Jacobians(t, x, jacobian);

    /// <summary>The rates at several states [samples, n] in one evaluation.</summary>
    internal void Rates(double t, ReadOnlySpan<double> x, Span<double> rates)
    {
        using var workspace = new Workspace<double>(_device);
        Evaluate(workspace.From([t], Shape.Scalar), workspace.From(x, [x.Length / Dimension, Dimension])).CopyTo(rates);
    }

    /// <summary>The Jacobians at several states [samples, n] in one backward pass: n × n each.</summary>
    internal void Jacobians(double t, ReadOnlySpan<double> x, Span<double> jacobians)
    {
        var (n, count) = (Dimension, x.Length / Dimension);
        if (!_isChecked) CheckSamples(t, x[..n]);
        using var tape = new Tape<double>(_device);
        // n copies of each x, of which copy i gives row i: one backward pass with identities for cotangents.
        var states = tape.Watch(tape.Workspace.From(x, [count, n]).Expand(1, n).Reshape([count * n, n]));
        var rates = tape.Trace(() => Evaluate(tape.Workspace.From([t], Shape.Scalar), states));
        if (rates.IsTracked) tape.Backward(rates, Tensor.Identity<double>(n, _device).Expand(0, count).Reshape([count * n, n]))[states].CopyTo(jacobians);
        else jacobians.Clear();
    }

    /// <inheritdoc/>
    public bool TimeDerivative(double t, ReadOnlySpan<double> x, Span<double> derivative)
    {
        var n = Dimension;
        if (n > MostPasses) return false;
        using var tape = new Tape<double>(_device);
        var time = tape.Watch(tape.Workspace.From([t], Shape.Scalar));
        var state = tape.Workspace.From(x, [1, n]);
        var rates = tape.Trace(() => Evaluate(time, state));
        derivative.Clear();
        if (!rates.IsTracked) return true;
        var unit = new double[n];
        for (var i = 0; i < n; i++)
        {
            unit[i] = 1;
            derivative[i] = tape.Backward(rates, tape.Constant(unit, [1, n]))[time].Item();
            unit[i] = 0;
        }
        return true;
    }

    // Once, and before the first Jacobian: the rate of one state alone is right even where f mixes samples.
    void CheckSamples(double t, ReadOnlySpan<double> x)
    {
        void Map(double[] states, double[] rates) => Rates(t, states, rates);
        double[] y = [.. x, .. x], image = new double[y.Length];
        Map(y, image);
        SampleIndependence.Check("The function of the system", Map, y, image, 2);
        _isChecked = true;
    }

    Tensor<double> Evaluate(Tensor<double> t, Tensor<double> x)
    {
        var rates = _f(t, x) ?? throw new ArgumentException("The function of the system gave null; return the rates, of the shape of x.");
        return rates.Shape == x.Shape
            ? rates : throw new ShapeException($"The function of the system gave {rates.Shape} for states {x.Shape}; return the rates, of the same shape.");
    }
}
