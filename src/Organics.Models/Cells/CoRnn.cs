using System.Numerics;
using System.Runtime.CompilerServices;

namespace Organics;

/// <summary>
/// coRNN, coupled oscillators (Rusch and Mishra, ICLR 2021): ÿ = tanh(Wy + Uẏ + Vx + b) − γy − εẏ in steps that take the new velocity:
/// <para>z ← z + Δt·(tanh(Wy + Uz + Vx + b) − γy − εz), y ← y + Δt·z.</para>
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="dt">Δt.</param>
/// <param name="gamma">γ, the square of the oscillators' frequency.</param>
/// <param name="epsilon">ε, their damping.</param>
public readonly struct CoRnnFormula<T>(T dt, T gamma, T epsilon) : ICellFormula<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    const int Y = 0, Z = 1, P = 0;

    readonly T _dt = dt, _gamma = gamma, _epsilon = epsilon;

    /// <inheritdoc/>
    public CellLayout Layout => new()
    {
        States = ["y", "z"],
        Products = [new("p", Activation.Tanh, "b", new CellTerm(CellLayout.Input, "V"), new CellTerm("y", "W"), new CellTerm("z", "U"))],
    };

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct
    {
        V y = m.State(Y), z = m.State(Z);
        var after = V.Fma(V.Of(_dt), m.Product(P) - V.Of(_gamma) * y - V.Of(_epsilon) * z, z);
        m.SetAfter(Z, after);
        m.SetAfter(Y, V.Fma(V.Of(_dt), after, y));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StepVjp<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct
    {
        var toY = m.AfterCotangent(Y);
        var toZ = V.Fma(V.Of(_dt), toY, m.AfterCotangent(Z));
        var force = V.Of(_dt) * toZ;
        m.SetProduct(P, force);
        m.AddToState(Y, toY - V.Of(_gamma) * force);
        m.AddToState(Z, toZ - V.Of(_epsilon) * force);
    }

    /// <inheritdoc/>
    public void Sources<V, M>(M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct
    {
    }

    /// <inheritdoc/>
    public void SourcesVjp<V, M>(M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct
    {
    }
}

/// <summary>coRNN by its name, with parameters under the authors': one matrix of x, ẏ and y side by side.</summary>
public sealed class CoRnnKind : FormulaKind
{
    const string Dt = "dt", Gamma = "gamma", Epsilon = "epsilon";

    /// <inheritdoc/>
    public override string Name => "cornn";

    /// <inheritdoc/>
    public override string Description => "coRNN, coupled oscillators (Rusch and Mishra 2021).";

    /// <inheritdoc/>
    public override double LearningRate => 2.1e-3;

    /// <summary>The authors' of sequences of pixels in their order; shorter sequences get longer steps, so that as much time passes, but no longer than an eighth of
    /// a damping time.</summary>
    protected override IReadOnlyList<CellNumber> Numbers(int steps)
        => [new(Dt, Math.Round(Math.Min(0.042 * Math.Max(1, 784.0 / steps), 0.2), 3), 1e-6, 1), new(Gamma, 2.7, 0), new(Epsilon, 4.7, 0)];

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, int[] Shape)> Parameters(CellSize size)
        => [("i2h.weight", [size.Units, size.Channels + 2 * size.Units]), ("i2h.bias", [size.Units])];

    /// <summary>As PyTorch draws a linear map: uniform within ±1/√(its inputs).</summary>
    protected override Tensor<T> Draw<T>(string name, Shape shape, CellSize size, IReadOnlyDictionary<string, double> numbers, Initializer<T> init)
    {
        var bound = 1 / Math.Sqrt(size.Channels + 2 * size.Units);
        return init.Uniform(shape, -bound, bound);
    }

    /// <inheritdoc/>
    protected override IRecurrentCell<CellWeights<T>, CellWeights<T>, T> Cell<T>(IReadOnlyDictionary<string, double> numbers)
    {
        T Number(string name) => T.CreateTruncating(numbers[name]);
        return new FormulaCell<CoRnnFormula<T>, T>(new(Number(Dt), Number(Gamma), Number(Epsilon)), p =>
        {
            var w = p["i2h.weight"];
            var n = w.Shape[0];
            var d = w.Shape[1] - 2 * n;
            return new(("V", w.Slice(0, d, axis: 1)), ("U", w.Slice(d, n, axis: 1)), ("W", w.Slice(d + n, n, axis: 1)), ("b", p["i2h.bias"]));
        })
        { OtherStep = factor => Cell<T>(Times(numbers, Dt, factor)) };
    }
}
