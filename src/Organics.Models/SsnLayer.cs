using System.Numerics;

namespace Organics;

/// <summary>
/// A stabilized supralinear network at its steady state (Ahmadian, Rubin &amp; Miller, Neural Comput. 25, 2013; with the input, k and the time constants of
/// Soo &amp; Lengyel, NeurIPS 2022, without their noise): τ⊙u̇ = −u + h + W·k⌊u⌋², k = 0.3, power 2. By Dale's law the columns of W have the sign of their neurons:
/// |w|/E of the first <paramref name="Excitatory"/>, which excite, and −|w|/(n − E) of the others, so that a step of an optimiser means the same at every size. The input is h = s²·(x + θ²)^(p²), element by element, where inhibitory neurons
/// have x = 0; the response is u of the excitatory ones. No theorem says that such a state exists, or is stable.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Weights">w, whose magnitudes count. Shape [n, n], row = target.</param>
/// <param name="Scale">s, a scalar.</param>
/// <param name="Threshold">θ, a scalar.</param>
/// <param name="Power">p, a scalar.</param>
/// <param name="Excitatory">E, as many as the inputs; n − E neurons inhibit.</param>
public sealed record SsnLayer<T>(Tensor<T> Weights, Tensor<T> Scale, Tensor<T> Threshold, Tensor<T> Power, int Excitatory)
    : IParameters<SsnLayer<T>, T>, IStaticLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Where acceleration does not settle the network's own course may, in Euler's steps of τE/10 for 200 τE: of those that come to rest at all some take more
    // than 20. A sample at a fold has no gradient, and must not take that of all others with it.
    static readonly FixedPointOptions Solver = new() { Methods = [new Anderson(), new Picard(Damping: 0.2)], MaxIterations = 2000, LeavesOut = true };

    /// <inheritdoc/>
    public string Name => "ssn";

    /// <inheritdoc/>
    public int Inputs => Excitatory;

    /// <summary>n, neurons of both kinds.</summary>
    public int Units => Weights.Shape[0];

    /// <summary>
    /// A layer with initial values: w standard normal, so that in larger networks a neuron's excitation and inhibition balance; s, θ and p uniform in (½, 1).
    /// </summary>
    /// <param name="excitatory">E, also the number of inputs.</param>
    /// <param name="inhibitory">n − E.</param>
    /// <param name="init">Draws the numbers.</param>
    public static SsnLayer<T> Create(int excitatory, int inhibitory, Initializer<T> init)
    {
        ArgumentNullException.ThrowIfNull(init);
        var n = excitatory + inhibitory;
        return new(init.Normal([n, n], 1), init.Uniform(Shape.Scalar, 0.5, 1), init.Uniform(Shape.Scalar, 0.5, 1), init.Uniform(Shape.Scalar, 0.5, 1),
            excitatory);
    }

    /// <inheritdoc/>
    public SsnLayer<T> Map(Func<string, Tensor<T>, Tensor<T>> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new(f("w", Weights), f("s", Scale), f("theta", Threshold), f("p", Power), Excitatory);
    }

    IStaticLayer<T> IStaticLayer<T>.Map(Func<string, Tensor<T>, Tensor<T>> f) => Map(f);

    IStaticLayerState<T> IStaticLayer<T>.Respond(Tensor<T> x, Tensor<T> sigma, SteadyStateOptions solver) => Settle(x);

    /// <summary>W, whose columns have their neurons' signs. Shape [n, n].</summary>
    public Tensor<T> Signed => Weights.Abs() * ByKind(1.0 / Excitatory, -1.0 / (Units - Excitatory));

    /// <summary>The steady states of a batch of inputs, found from u = h.</summary>
    /// <param name="x">Inputs, not negative. Shape [batch, E].</param>
    public SsnLayerState<T> Settle(Tensor<T> x)
    {
        ArgumentNullException.ThrowIfNull(x);
        var (count, n, device) = (x.Shape[0], Units, Weights.Device);
        var all = Tensor<T>.Concat(1, x, Tensor.Zeros<T>([count, n - Excitatory], device));
        var h = Tensor<T>.Pow(all + Threshold.Square(), Power.Square()) * Scale.Square();
        var k = Signed * T.CreateTruncating(SsnSystem.Gain);
        // Inhibition is twice as fast, which keeps states stable that it would not otherwise.
        var speed = ByKind(0.5, 1);
        var u = FixedPoint.Solve<T>(
            (given, u) => u + speed * (given[0] - u + u.RectifiedSquare().MatMul(given[1], transposeOther: true)), [h, k], h, Solver, out var report);
        var response = u.Slice(0, Excitatory, 1);
        if (report.Failed.Count == 0) return new(response, u, h, k, report);
        // Where the network does not rest it says nothing, and the read-out sees zeros. No gradient of what it says would ever bring it back: its excitation does,
        // at the state that came nearest to rest.
        var found = Tensor.From<T>([.. report.Samples.Select(s => s.Status == FixedPointStatus.Converged ? T.One : T.Zero)], [count], device)
            .Expand(1, Excitatory);
        var (none, drive) = (Tensor.Scalar(T.Zero, device), h + u.StopGradient().RectifiedSquare().MatMul(k, transposeOther: true));
        var excitation = Tensor<T>.Select(found, none, drive.Slice(0, Excitatory, 1).Relu());
        return new(Tensor<T>.Select(found, response, none), u, h, k, report) { Restraint = excitation.Mean(1) };
    }

    // A number for each excitatory neuron, and one for each inhibitory.
    Tensor<T> ByKind(double excitatory, double inhibitory)
        => Tensor.From<T>([.. Enumerable.Range(0, Units).Select(j => T.CreateTruncating(j < Excitatory ? excitatory : inhibitory))], [Units], Weights.Device);
}

/// <summary>A layer's steady states and the networks that they belong to.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Response">u of the excitatory neurons; 0 where no steady state was found. Shape [batch, E].</param>
/// <param name="U">Steady states, the best state found where there is none. Shape [batch, n].</param>
/// <param name="H">Inputs. Shape [batch, n].</param>
/// <param name="K">k·W with its signs. Shape [n, n].</param>
/// <param name="Report">What the search says of each sample.</param>
public sealed record SsnLayerState<T>(Tensor<T> Response, Tensor<T> U, Tensor<T> H, Tensor<T> K, FixedPointReport Report) : IStaticLayerState<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public long? NotConverged => Report.Samples.Count - Report.Converged;

    /// <summary>Of each sample without a steady state ⌊h + k·W⌊u⌋²⌋, a mean over the excitatory neurons, and 0 of the others; null where each has one. Shape
    /// [batch].</summary>
    public Tensor<T>? Restraint { get; init; }
}
