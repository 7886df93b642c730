using System.Globalization;
using System.Numerics;

namespace Organics;

/// <summary>Which layers stand between the code and the read-out of a static classifier, and how many units they have.</summary>
public abstract record StaticLayers
{
    private protected StaticLayers() { }

    /// <summary>Units of the code, which an autoencoder makes of the inputs; null where the layers see the inputs themselves.</summary>
    public virtual int? Code => CodeUnits;

    private protected const int CodeUnits = 40;

    /// <summary>Numbers that the read-out sees.</summary>
    public abstract int Outputs { get; }

    /// <summary>The largest initial weight of the read-out; 1/√Outputs, as PyTorch has it, unless the responses ask for another.</summary>
    public virtual double HeadBound => 1 / Math.Sqrt(Outputs);

    /// <summary>Whether the layers have steady states, and so a stability.</summary>
    public virtual bool HasDynamics => true;

    /// <summary>The layers with initial values.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="init">Draws the numbers.</param>
    public abstract IReadOnlyList<IStaticLayer<T>> Create<T>(Initializer<T> init) where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>Semisaturation σ of circuits; null where there are none.</summary>
    public virtual double? Semisaturation => null;

    /// <summary>The shapes, by name, of the parameters that tell the sizes.</summary>
    public abstract IEnumerable<(string Name, int[] Shape)> Sizes { get; }

    /// <summary>What a model's file says of the layers in its header.</summary>
    public abstract IReadOnlyDictionary<string, string> Metadata { get; }

    private protected static string Units(IEnumerable<int> units) => string.Join(',', units);

    /// <summary>Checks units of layers one behind the other.</summary>
    private protected static IReadOnlyList<int> Checked(IReadOnlyList<int> hidden)
    {
        if (hidden is null || hidden.Count == 0) throw new ArgumentException("The classifier has no hidden layer; give at least one number of units.", nameof(hidden));
        for (var i = 0; i < hidden.Count; i++)
            if (hidden[i] < 1) throw new ArgumentOutOfRangeException(nameof(hidden), $"Layer {i + 1} has {hidden[i]} units; give 1 or more.");
        return hidden;
    }

    /// <summary>The layers that a file's header speaks of.</summary>
    /// <param name="text">The text behind a key, which complains where there is none.</param>
    /// <param name="layer">The kind of layer; null for circuits, the only one that earlier versions knew.</param>
    /// <param name="path">The file, for what is said of it.</param>
    /// <param name="sigma">σ of the circuits of a layer.</param>
    /// <exception cref="CheckpointException">No such layers can be.</exception>
    internal static StaticLayers Parse(Func<string, string> text, string? layer, string path, Func<string, double> sigma)
    {
        int[] Numbers(string key) => [.. text(key).Split(',').Select(part => int.TryParse(part, CultureInfo.InvariantCulture, out var n) && n > 0 ? n
            : throw new CheckpointException($"The checkpoint '{path}' has '{key}' = '{text(key)}', where the units of each layer are expected; it is damaged."))];
        return layer switch
        {
            null => new CircuitLayers(Numbers("hidden"), text("recurrence") == "learned", sigma("org1")),
            RectifiedLayers.Layer => new RectifiedLayers(Numbers("hidden")),
            SsnLayers.Layer => new SsnLayers(Numbers("excitatory")[0], Numbers("inhibitory")[0]),
            ConvolutionLayers.Layer => new ConvolutionLayers(Numbers("height")[0], Numbers("width")[0], Numbers("channels")[0], Numbers("kernel")[0],
                text("attention") == ConvolutionLayers.Yes, text("pool") == ConvolutionLayers.Whole ? null : Numbers("pool")[0], sigma("conv1")),
            _ => throw new CheckpointException($"The checkpoint '{path}' has a layer '{layer}', which this version does not know; use the one that wrote it."),
        };
    }
}

/// <summary>Layers of ORGaNICs at their fixed points, one behind the other.</summary>
/// <param name="Hidden">Units of each.</param>
/// <param name="LearnedRecurrence">Whether Wr is learned (largest singular value 1); it is the identity otherwise.</param>
/// <param name="Sigma">Semisaturation σ.</param>
public sealed record CircuitLayers(IReadOnlyList<int> Hidden, bool LearnedRecurrence, double Sigma) : StaticLayers
{
    /// <inheritdoc cref="CircuitLayers"/>
    public IReadOnlyList<int> Hidden { get; } = Checked(Hidden);

    /// <inheritdoc/>
    public override int Outputs => Hidden[^1];

    /// <inheritdoc/>
    public override double? Semisaturation => Sigma;

    // Responses are small (Σ⌊y⌋² is about 1 over all units, however many): weights of this size give logits of order 1.
    /// <inheritdoc/>
    public override double HeadBound => 3;

    /// <inheritdoc/>
    public override IReadOnlyList<IStaticLayer<T>> Create<T>(Initializer<T> init)
        => [.. Hidden.Select((units, i) => StaticLayer<T>.Create(i == 0 ? CodeUnits : Hidden[i - 1], units, LearnedRecurrence, init))];

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Sizes => Hidden.SelectMany((units, i) => ((string, int[])[])
        [($"org{i + 1}.Wzx", [units, i == 0 ? CodeUnits : Hidden[i - 1]]), ($"org{i + 1}.log_Way", [units, units])]);

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata => new Dictionary<string, string>
    {
        ["hidden"] = Units(Hidden),
        ["recurrence"] = LearnedRecurrence ? "learned" : "identity",
    };

    /// <summary>In words.</summary>
    public override string ToString() => $"{string.Join(" and ", Hidden)} units with {(LearnedRecurrence ? "learned" : "identity")} recurrence";
}

/// <summary>Feed-forward layers of rectified units in the circuits' place, all else alike: the paper's MLP.</summary>
/// <param name="Hidden">Units of each.</param>
public sealed record RectifiedLayers(IReadOnlyList<int> Hidden) : StaticLayers
{
    internal const string Layer = "mlp";

    /// <inheritdoc cref="RectifiedLayers"/>
    public IReadOnlyList<int> Hidden { get; } = Checked(Hidden);

    /// <inheritdoc/>
    public override int Outputs => Hidden[^1];

    /// <inheritdoc/>
    public override bool HasDynamics => false;

    /// <inheritdoc/>
    public override IReadOnlyList<IStaticLayer<T>> Create<T>(Initializer<T> init)
        => [.. Hidden.Select((units, i) => new RectifiedLayer<T>(Linear<T>.Create(i == 0 ? CodeUnits : Hidden[i - 1], units, init)))];

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Sizes
        => Hidden.Select((units, i) => ($"mlp{i + 1}.weight", (int[])[units, i == 0 ? CodeUnits : Hidden[i - 1]]));

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata => new Dictionary<string, string> { ["layer"] = Layer, ["hidden"] = Units(Hidden) };

    /// <summary>In words.</summary>
    public override string ToString() => $"{string.Join(" and ", Hidden)} rectified units";
}

/// <summary>A stabilized supralinear network in the circuit's place: <see cref="SsnLayer{T}"/>.</summary>
/// <param name="Excitatory">Excitatory neurons, which the read-out sees; the code has as many units, one for each.</param>
/// <param name="Inhibitory">Inhibitory neurons.</param>
public sealed record SsnLayers(int Excitatory, int Inhibitory) : StaticLayers
{
    internal const string Layer = "ssn";

    /// <inheritdoc cref="SsnLayers"/>
    public int Excitatory { get; } = Excitatory >= 1 ? Excitatory : throw new ArgumentOutOfRangeException(nameof(Excitatory), $"There are {Excitatory} excitatory neurons; give 1 or more.");

    /// <inheritdoc cref="SsnLayers"/>
    public int Inhibitory { get; } = Inhibitory >= 1 ? Inhibitory : throw new ArgumentOutOfRangeException(nameof(Inhibitory), $"There are {Inhibitory} inhibitory neurons; give 1 or more.");

    /// <inheritdoc/>
    public override int? Code => Excitatory;

    /// <inheritdoc/>
    public override int Outputs => Excitatory;

    /// <inheritdoc/>
    public override double HeadBound => 1;

    /// <inheritdoc/>
    public override IReadOnlyList<IStaticLayer<T>> Create<T>(Initializer<T> init) => [SsnLayer<T>.Create(Excitatory, Inhibitory, init)];

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Sizes => [("ssn1.w", [Excitatory + Inhibitory, Excitatory + Inhibitory])];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata => new Dictionary<string, string>
    {
        ["layer"] = Layer,
        ["excitatory"] = Excitatory.ToString(CultureInfo.InvariantCulture),
        ["inhibitory"] = Inhibitory.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>In words.</summary>
    public override string ToString() => $"a supralinear network of {Excitatory} excitatory and {Inhibitory} inhibitory neurons";
}

/// <summary>A convolutional layer of circuits with identity recurrence, which sees the image itself: <see cref="ConvolutionLayer{T}"/>.</summary>
/// <param name="Height">Rows of the image.</param>
/// <param name="Width">Columns of the image.</param>
/// <param name="Channels">Channels of the layer.</param>
/// <param name="Kernel">Rows and columns of a kernel, of the drive and of the gain.</param>
/// <param name="Attention">Whether the gain b depends on the image; it is b0 otherwise.</param>
/// <param name="Pool">Rows and columns of the neighbours that normalize a place, with weights that are trained; null where the whole channel does, with weights
/// 1.</param>
/// <param name="Sigma">Semisaturation σ.</param>
public sealed record ConvolutionLayers(int Height, int Width, int Channels, int Kernel, bool Attention, int? Pool, double Sigma) : StaticLayers
{
    internal const string Layer = "conv", Yes = "true", No = "false", Whole = "channel";

    /// <inheritdoc cref="ConvolutionLayers"/>
    public int Height { get; } = AtLeastOne(Height, nameof(Height), "rows of the image");

    /// <inheritdoc cref="ConvolutionLayers"/>
    public int Width { get; } = AtLeastOne(Width, nameof(Width), "columns of the image");

    /// <inheritdoc cref="ConvolutionLayers"/>
    public int Channels { get; } = AtLeastOne(Channels, nameof(Channels), "channels");

    /// <inheritdoc cref="ConvolutionLayers"/>
    public int Kernel { get; } = AtLeastOne(Kernel, nameof(Kernel), "rows and columns of a kernel");

    /// <inheritdoc cref="ConvolutionLayers"/>
    public int? Pool { get; } = Pool is { } pool ? AtLeastOne(pool, nameof(Pool), "rows and columns of a pool") : null;

    static int AtLeastOne(int count, string name, string what)
        => count >= 1 ? count : throw new ArgumentOutOfRangeException(name, $"There are {count} {what}; give 1 or more.");

    /// <inheritdoc/>
    public override int? Code => null;

    /// <inheritdoc/>
    public override int Outputs => Channels * Height * Width;

    // Responses are small, as those of other circuits are.
    /// <inheritdoc/>
    public override double HeadBound => 3;

    /// <inheritdoc/>
    public override double? Semisaturation => Sigma;

    /// <inheritdoc/>
    public override IReadOnlyList<IStaticLayer<T>> Create<T>(Initializer<T> init) => [ConvolutionLayer<T>.Create(this, init)];

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Sizes
        => [("conv1.input_kernel", [Channels, 1, Kernel, Kernel]), ("conv1.b0", [Channels, Height, Width]), .. Optional];

    IEnumerable<(string Name, int[] Shape)> Optional
    {
        get
        {
            if (Attention) yield return ("conv1.attention_kernel", [Channels, 1, Kernel, Kernel]);
            if (Pool is { } pool) yield return ("conv1.log_pool", [Channels, 1, pool, pool]);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata => new Dictionary<string, string>
    {
        ["layer"] = Layer,
        ["height"] = Height.ToString(CultureInfo.InvariantCulture),
        ["width"] = Width.ToString(CultureInfo.InvariantCulture),
        ["channels"] = Channels.ToString(CultureInfo.InvariantCulture),
        ["kernel"] = Kernel.ToString(CultureInfo.InvariantCulture),
        ["attention"] = Attention ? Yes : No,
        ["pool"] = Pool?.ToString(CultureInfo.InvariantCulture) ?? Whole,
    };

    /// <summary>In words.</summary>
    public override string ToString()
        => $"{(Channels == 1 ? "1 channel" : $"{Channels} channels")} of circuits on images of {Height}×{Width}, kernels of {Kernel}×{Kernel}"
            + (Pool is { } pool ? $", pools of {pool}×{pool}" : "");
}
