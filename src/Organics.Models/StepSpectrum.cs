using System.Numerics;

namespace Organics;

/// <summary>What a step of a recurrent cell does to a small perturbation of its state, at one state and input.</summary>
/// <param name="Multipliers">μ, the eigenvalues of the Jacobian of the step, one for each number of the state; none where they were not found.</param>
/// <param name="Eigenvalues">
/// λ in units of 1/Δt: those of the ODE's Jacobian, where the cell is a discretised ODE (<see cref="IRecurrentCell{P, C, T}.WithStep"/>), and else ln μ, the
/// rates of a flow that does in a time Δt what a step does. As many as <paramref name="Multipliers"/>.
/// </param>
/// <param name="Uncertainty">
/// An estimate of the error of max |μ| − 1 (<see cref="SpectralBound"/>), where it was asked for; infinite where the step has several Jacobians, because a
/// rectifier stands at its kink, and no norm in which all of them contract was found.
/// </param>
public sealed record StepSpectrum(Complex[] Multipliers, Complex[] Eigenvalues, double Uncertainty = 0)
{
    // μ − 1, with the digits that μ lacks.
    internal Complex[] Distances { get; init; } = [];

    /// <summary>Nothing was found.</summary>
    internal static StepSpectrum Unknown { get; } = new([], [], double.NaN);

    // Of a step so much shorter that its Jacobian's distance from the identity is the ODE's Jacobian, but for terms that extrapolation takes away.
    const double ShortStep = 1.0 / 256;

    // Steps of Euler's method have the ODE's Jacobian in theirs.
    const double IsEuler = 1e-9;

    // By as much of its largest element a Jacobian changes at a kink; elsewhere, within the rounding of the state, by far less.
    const double Jump = 1e-6;

    /// <summary>The largest |μ|; NaN if none is known.</summary>
    public double Radius => Multipliers.Length == 0 ? double.NaN : Multipliers.Max(v => v.Magnitude);

    /// <summary>The largest real part of λ; NaN if none is known.</summary>
    public double MaxRealPart => Eigenvalues.Length == 0 ? double.NaN : Eigenvalues.Max(v => v.Real);

    /// <summary>Whether every |μ| &lt; 1, by more than their error, or one is above it; unknown where no error was asked for. max |μ| and its error do not say as
    /// much as the distance from 1 and its own, which near 1 has more digits.</summary>
    public StabilityVerdict Verdict { get; init; } = StabilityVerdict.Unknown;

    /// <summary>The spectrum of a cell, without its error.</summary>
    /// <param name="cell">In double.</param>
    /// <param name="x">Inputs. Shape [d].</param>
    /// <param name="state">Part after part. Shape [parts × n].</param>
    /// <param name="jacobian">Of the step there, from <see cref="Jacobian"/>.</param>
    internal static StepSpectrum Of(PreparedCell<double> cell, double[] x, double[] state, double[] jacobian)
    {
        if (!jacobian.All(double.IsFinite)) return Unknown;
        // μ − 1, which of slow cells is small, is found to more digits than μ.
        var less = LessIdentity(jacobian, state.Length);
        var distances = Organics.Eigenvalues.Of(less, state.Length);
        if (distances.Summary.Status != EigenvalueStatus.Converged) return Unknown;
        Complex[] multipliers = Array.ConvertAll(distances.Values, v => 1 + v);
        return new(multipliers, Rates(), double.NaN) { Distances = distances.Values };

        Complex[] Rates()
        {
            if (OdeJacobian(cell, x, state, less) is not { } ode) return Array.ConvertAll(multipliers, Complex.Log);
            if (ode == less) return distances.Values;
            var rates = Organics.Eigenvalues.Of(ode, state.Length);
            return rates.Summary.Status == EigenvalueStatus.Converged ? rates.Values : [];
        }
    }

    /// <summary>The same with its error.</summary>
    /// <param name="cell">In double.</param>
    /// <param name="x">Inputs. Shape [d].</param>
    /// <param name="state">Part after part. Shape [parts × n].</param>
    /// <param name="jacobian">Of the step there, from <see cref="Jacobian"/>.</param>
    /// <param name="spread">How far each of its elements may be from the one that is meant.</param>
    /// <param name="near">How far each number of the state may be from the one that is meant.</param>
    internal static StepSpectrum Of(PreparedCell<double> cell, double[] x, double[] state, double[] jacobian, double[] spread, double near)
    {
        var found = Of(cell, x, state, jacobian);
        if (found.Multipliers.Length == 0) return found;
        var size = state.Length;
        // Every number by another amount: what sees differences of the state alone must not stay at its kink.
        double[] Beside(double sign) => Jacobian(cell, x, [.. state.Select((v, i) => v + sign * near * (1 + Math.Sin(i + 1) / 2))]);
        double[] above = Beside(1), below = Beside(-1);
        double[] jump = [.. above.Zip(below, (a, b) => Math.Abs(a - b))], all = [.. spread.Zip(jump, (s, j) => s + j)];
        var atKink = !(jump.Max() <= Jump * jacobian.Max(Math.Abs));
        if (atKink && !ContractBesideKinks()) return found with { Uncertainty = double.PositiveInfinity, Verdict = StabilityVerdict.Undecided };
        var (outside, uncertainty) = SpectralBound.Largest(
            LessIdentity(jacobian, size), atKink ? spread : all, size, found.Distances, StabilityRegion.EulerDisc);
        return found with { Uncertainty = uncertainty, Verdict = SpectralBound.Verdict(outside, uncertainty) };

        // Beside a kink the step is one matrix or another, and that each of them has its eigenvalues in the disc does not make their products small. One norm
        // in which all contract does: where every kink is one of a single number of the state, the larger of the elements with all of them on and with all off
        // bound those of any, and where that bound has a spectral radius below 1, its Perron vector weighs the maximum norm.
        bool ContractBesideKinks()
        {
            if (!cell.HasKinksOfStatesAlone) return false;
            var larger = new double[size * size];
            for (var k = 0; k < larger.Length; k++) larger[k] = Math.Max(Math.Abs(above[k]), Math.Abs(below[k])) + spread[k];
            return larger.All(double.IsFinite) && Organics.Eigenvalues.Of(larger, size).SpectralRadius < 1 - 1e-9;
        }
    }

    /// <summary>
    /// The Jacobian of the ODE whose discretisation a cell is, times Δt: the limit of (∂step/∂state − I)/h for steps of h; null where it is none. Where steps are
    /// Euler's, whose own Jacobian it is, <paramref name="less"/>.
    /// </summary>
    static double[]? OdeJacobian(PreparedCell<double> cell, double[] x, double[] state, double[] less)
    {
        if (Difference(ShortStep) is not { } a) return null;
        var scale = a.Max(Math.Abs);
        if (a.Zip(less).All(pair => Math.Abs(pair.First - pair.Second) <= IsEuler * scale)) return less;
        // Extrapolation (Romberg) takes away what is linear and quadratic in h.
        double[] b = Difference(ShortStep / 2)!, c = Difference(ShortStep / 4)!;
        for (var k = 0; k < a.Length; k++) a[k] = (4 * (2 * c[k] - b[k]) - (2 * b[k] - a[k])) / 3;
        return a;

        double[]? Difference(double h)
        {
            if (cell.WithStep(h) is not { } shorter) return null;
            var difference = LessIdentity(Jacobian(shorter, x, state), state.Length);
            for (var k = 0; k < difference.Length; k++) difference[k] /= h;
            return difference;
        }
    }

    /// <summary>The Jacobian of one step, the whole state by the whole state: row r is the VJP with the r-th unit vector, all of them in one batch.</summary>
    internal static double[] Jacobian(PreparedCell<double> cell, double[] x, double[] state)
    {
        var (parts, size) = (cell.States.Count, state.Length);
        var n = size / parts;
        using var tape = new Tape<double>(Device.Cpu);
        var copies = new Tensor<double>[parts];
        for (var k = 0; k < parts; k++)
            copies[k] = tape.Watch(tape.Workspace.From(state.AsSpan(k * n, n), [n]).Expand(0, size));
        var after = cell.Step(tape, tape.Constant([.. Enumerable.Repeat(x, size).SelectMany(v => v)], [size, x.Length]), copies);
        var total = Tensor.Scalar(0.0, tape.Device);
        for (var k = 0; k < parts; k++)
        {
            var unit = new double[size * n];
            for (var j = 0; j < n; j++) unit[(k * n + j) * n + j] = 1;
            total += (after[k] * tape.Constant(unit, [size, n])).Sum();
        }
        var gradients = tape.Backward(total);
        var jacobian = new double[size * size];
        for (var k = 0; k < parts; k++)
        {
            var g = gradients[copies[k]].ToArray();
            for (var r = 0; r < size; r++) g.AsSpan(r * n, n).CopyTo(jacobian.AsSpan(r * size + k * n));
        }
        return jacobian;
    }

    internal static double[] LessIdentity(double[] matrix, int size)
    {
        double[] less = [.. matrix];
        for (var k = 0; k < size; k++) less[k * size + k] -= 1;
        return less;
    }
}
