namespace SideBySide;

/// <summary>A parameter's starting value, row-major.</summary>
sealed record Parameter(string Name, int[] Shape, float[] Values);

/// <summary>
/// One training step of the static classifier, in float: forward, backward, Adam with weight decay.
/// An autoencoder 784–360–120–40–120–360–784 (a sigmoid after every layer) drives one ORGaNICs layer of n units by its code:
/// <code>
/// v = code·Wzxᵀ,  z = v/‖v‖,  b = sigmoid(code·Wbxᵀ),  b₀ = sigmoid(b0),  c = (σ b₀)²,  W = exp(L),  Wr = V/σ₁(V)
/// y = (I − diag(1 − √a) Wr)⁻¹ (b⊙z),  a = c + W (a⊙y²)      by Algorithm 1 from a = c + W (Wr (b⊙z))²
/// loss = cross-entropy(fc(⌊y⌋²), label) + mean (decoded − x)²
/// </code>
/// σ₁(V) = uᵀVv, where u and v take one step of power iteration per training step, outside the derivative.
/// </summary>
sealed class StaticStep
{
    public const int Batch = 256, Pixels = 784, Code = 40, Units = 50, Classes = 10;
    public const float Sigma = 1, LearningRate = 1e-3f, WeightDecay = 1e-5f, Beta1 = 0.9f, Beta2 = 0.999f, Epsilon = 1e-8f;

    /// <summary>Widths from the pixels to the code and back.</summary>
    public static readonly int[] Widths = [Pixels, 360, 120, Code, 120, 360, Pixels];

    readonly Random _random = new(1);
    readonly List<Parameter> _parameters = [];

    StaticStep()
    {
        for (int i = 1; i < Widths.Length; i++)
            AddLinear($"autoencoder.{i - 1}", Widths[i - 1], Widths[i]);
        Add("Wzx", [Units, Code], () => Uniform(1 / MathF.Sqrt(Code)));
        Add("Wbx", [Units, Code], () => Uniform(1 / MathF.Sqrt(Code)));
        Add("b0", [Units], () => Uniform(1));
        Add("L", [Units, Units], () => -_random.NextSingle());
        Add("V", [Units, Units], () => Uniform(1 / MathF.Sqrt(Units)));
        AddLinear("fc", Units, Classes);
        X = [.. Enumerable.Range(0, Batch * Pixels).Select(_ => _random.NextSingle())];
        Labels = [.. Enumerable.Range(0, Batch).Select(_ => _random.Next(Classes))];
        (U, V) = Singular(_parameters.Single(p => p.Name == "V").Values);
    }

    /// <summary>Weights [out, in] and biases [out] by layer, then the circuit's.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>Pixels in [0, 1), batch × 784.</summary>
    public float[] X { get; }
    public int[] Labels { get; }

    /// <summary>First left and right singular vectors of the starting V, nearly: what the power iteration starts from.</summary>
    public float[] U { get; }
    public float[] V { get; }

    public static IEnumerable<Case> Cases
    {
        get
        {
            var step = new StaticStep();
            return ((int[])[10, 5]).Select(iterations => new Case($"static training step, {iterations} iterations", null, 1e-3,
            [
                new("libtorch", _ => new TorchStaticStep(step, iterations, ownGradient: true)),
                new("libtorch, linalg.solve on the tape", _ => new TorchStaticStep(step, iterations, ownGradient: false)),
                new("Organics", threads => new OrganicsStaticStep(step, threads)),
            ]));
        }
    }

    void AddLinear(string name, int fanIn, int fanOut)
    {
        Add($"{name}.weight", [fanOut, fanIn], () => Uniform(1 / MathF.Sqrt(fanIn)));
        Add($"{name}.bias", [fanOut], () => Uniform(1 / MathF.Sqrt(fanIn)));
    }

    void Add(string name, int[] shape, Func<float> value)
        => _parameters.Add(new(name, shape, [.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => value())]));

    float Uniform(float bound) => bound * (2 * _random.NextSingle() - 1);

    /// <summary>Fifteen steps of power iteration on a square matrix: u ← Mv/‖Mv‖, v ← Mᵀu/‖Mᵀu‖.</summary>
    static (float[] U, float[] V) Singular(float[] m)
    {
        int n = (int)Math.Sqrt(m.Length);
        float[] u = new float[n], v = new float[n];
        Array.Fill(v, 1 / MathF.Sqrt(n));
        for (int step = 0; step < 15; step++)
        {
            u = Normalized(i => Enumerable.Range(0, n).Sum(j => m[i * n + j] * v[j]));
            v = Normalized(j => Enumerable.Range(0, n).Sum(i => m[i * n + j] * u[i]));
        }
        return (u, v);

        float[] Normalized(Func<int, float> element)
        {
            float[] w = [.. Enumerable.Range(0, n).Select(element)];
            float norm = MathF.Sqrt(w.Sum(x => x * x));
            return [.. w.Select(x => x / norm)];
        }
    }
}
