namespace Organics;

/// <summary>
/// Compares reverse-mode gradients with central differences in double precision; for the ops of this library and for your own.
/// </summary>
public static class GradientCheck
{
    /// <summary>Differentiates Σ wᵢ·f(inputs)ᵢ with fixed weights w in both ways and reports the worst disagreement.</summary>
    /// <param name="f">A function of watched tensors, built from tape ops; smooth near the inputs.</param>
    /// <param name="inputs">Where to differentiate; each element of each is varied.</param>
    /// <param name="step">The step of the differences, relative to max(1, |x|).</param>
    public static GradientCheckResult Run(Func<Tensor<double>[], Tensor<double>> f, Tensor<double>[] inputs, double step = 1e-6)
    {
        ArgumentNullException.ThrowIfNull(f);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentOutOfRangeException.ThrowIfZero(inputs.Length);
        using var tape = new Tape<double>(inputs[0].Device);
        var output = f(Array.ConvertAll(inputs, tape.Watch));
        var weights = new double[output.Length];
        for (var i = 0; i < weights.Length; i++) weights[i] = Math.Cos(1 + 2.3 * i);
        var gradients = tape.Backward(output, tape.Constant(weights, output.Shape));
        var analytic = Array.ConvertAll(inputs, x => gradients[x].ToArray());

        var worst = new GradientCheckResult(0, 0, 0, 0, 0);
        using var workspace = new Workspace<double>(inputs[0].Device);
        for (var i = 0; i < inputs.Length; i++)
        {
            var x = inputs[i].ToArray();
            for (var j = 0; j < x.Length; j++)
            {
                var (x0, h) = (x[j], step * Math.Max(1, Math.Abs(x[j])));
                x[j] = x0 + h;
                var up = Value(x, i);
                x[j] = x0 - h;
                var down = Value(x, i);
                x[j] = x0;
                var numeric = (up - down) / (2 * h);
                var error = Math.Abs(numeric - analytic[i][j]) / Math.Max(1, Math.Abs(numeric));
                // A NaN is the worst there is, and no later error replaces it.
                if (!double.IsNaN(worst.Error) && !(error <= worst.Error)) worst = new(error, i, j, analytic[i][j], numeric);
            }
        }
        return worst;

        double Value(double[] x, int i)
        {
            var y = f([.. inputs.Select((t, k) => workspace.From(k == i ? x : t.ToArray(), t.Shape))]).ToArray();
            workspace.Reset();
            return y.Zip(weights, (a, w) => a * w).Sum();
        }
    }
}

/// <summary>The worst disagreement between two derivatives; the first that is NaN, if one is.</summary>
/// <param name="Error">|analytic − numeric| / max(1, |numeric|).</param>
/// <param name="Input">Which input.</param>
/// <param name="Element">Which of its elements.</param>
/// <param name="Analytic">The reverse-mode derivative.</param>
/// <param name="Numeric">The central difference.</param>
public sealed record GradientCheckResult(double Error, int Input, int Element, double Analytic, double Numeric)
{
    /// <summary>Throws where the error exceeds a tolerance (or is NaN).</summary>
    /// <exception cref="InvalidOperationException">The derivatives disagree.</exception>
    public void OrThrow(double tolerance = 1e-6)
    {
        if (!(Error <= tolerance))
            throw new InvalidOperationException(
                $"The gradient of input {Input}, element {Element}, is {Analytic:g9} by the tape but {Numeric:g9} by central differences (error {Error:g3}, tolerance {tolerance:g3}); check the op's Vjp.");
    }
}
