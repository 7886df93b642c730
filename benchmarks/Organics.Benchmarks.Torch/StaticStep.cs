using Organics;

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
    public const float Sigma = 1, LearningRate = 1e-4f, WeightDecay = 1e-5f, Beta1 = 0.9f, Beta2 = 0.999f, Epsilon = 1e-8f;

    /// <summary>Widths from the pixels to the code and back.</summary>
    public static readonly int[] Widths = [Pixels, 360, 120, Code, 120, 360, Pixels];

    /// <summary>The circuits of a net at its start are easier to settle than those it will have.</summary>
    const int EpochsBefore = 10;

    StaticStep()
    {
        Parameters = [.. OrganicsStaticStep.Trained(EpochsBefore)];
        Samples = SampleDigits.Load().Train.Batches<float>(Batch).First();
        (X, Labels) = (Samples.Inputs.ToArray(), Samples.Classes.ToArray());
        (U, V) = Singular(Parameters.Single(p => p.Name == "org1.Wr").Values);
    }

    /// <summary>Images and labels as the library takes them.</summary>
    public SampleBatch<float> Samples { get; }

    /// <summary>Weights [out, in] and biases [out] by layer, then the circuit's Wzx, Wbx, L, b0 and V, then the head.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Pixels in [0, 1], batch × 784: sample digits.</summary>
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

    /// <summary>Power iteration, long enough for singular values that lie close together, on a square matrix: u ← Mv/‖Mv‖, v ← Mᵀu/‖Mᵀu‖.</summary>
    static (float[] U, float[] V) Singular(float[] m)
    {
        int n = (int)Math.Sqrt(m.Length);
        float[] u = new float[n], v = new float[n];
        Array.Fill(v, 1 / MathF.Sqrt(n));
        for (int step = 0; step < 2000; step++)
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
