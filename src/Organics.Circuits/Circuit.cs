namespace Organics;

/// <summary>
/// The parameters of one ORGaNICs circuit of n neuron pairs under a constant input: immutable, checked once.
/// <para>Every vector has n elements; matrices are n × n, row-major, row = target, column = source. Time constants share one unit of time of the caller's
/// choice.</para>
/// </summary>
public sealed class Circuit
{
    // n² elements are an array.
    internal const int MostPairs = 46340;

    readonly double[] _z, _b, _b0, _sigma, _tauY, _tauA, _w, _wr, _drive, _c;

    /// <summary>Copies and checks the parameters.</summary>
    /// <exception cref="ArgumentException">A shape is wrong, a value is not finite, b, b0, sigma or a time constant is not positive, or W has a negative
    /// entry.</exception>
    public Circuit(
        ReadOnlySpan<double> z, ReadOnlySpan<double> b, ReadOnlySpan<double> b0, ReadOnlySpan<double> sigma,
        ReadOnlySpan<double> tauY, ReadOnlySpan<double> tauA, ReadOnlySpan<double> W, ReadOnlySpan<double> Wr)
    {
        N = z.Length;
        if (N == 0) throw new ArgumentException("z is empty; a circuit needs at least one neuron pair.");
        if (N > MostPairs) throw new ArgumentException($"z has {N} elements; a circuit has at most {MostPairs} neuron pairs, for its matrices are arrays.");
        _z = Copy(z, nameof(z), N, double.NegativeInfinity, true);
        _b = Copy(b, nameof(b), N, 0, true);
        _b0 = Copy(b0, nameof(b0), N, 0, true);
        _sigma = Copy(sigma, nameof(sigma), N, 0, true);
        _tauY = Copy(tauY, nameof(tauY), N, 0, true);
        _tauA = Copy(tauA, nameof(tauA), N, 0, true);
        _w = Copy(W, nameof(W), N * N, 0, false);
        _wr = Copy(Wr, nameof(Wr), N * N, double.NegativeInfinity, true);
        _drive = new double[N];
        _c = new double[N];
        IsIdentityRecurrence = true;
        for (var i = 0; i < N; i++)
        {
            _drive[i] = _b[i] * _z[i];
            _c[i] = _b0[i] * _sigma[i] * (_b0[i] * _sigma[i]);
            if (!(_c[i] > 0) || !double.IsFinite(_c[i]))
                throw new ArgumentException($"(b0·sigma)² is {_c[i]} at index {i}; scale b0 or sigma so that it is a positive finite number.");
            for (var j = 0; j < N; j++) IsIdentityRecurrence &= _wr[i * N + j] == (i == j ? 1 : 0);
        }
    }

    /// <summary>Number of neuron pairs.</summary>
    public int N { get; }

    /// <summary>Input drive z.</summary>
    public ReadOnlySpan<double> Z => _z;

    /// <summary>Input gain b &gt; 0.</summary>
    public ReadOnlySpan<double> B => _b;

    /// <summary>Modulator gain b0 &gt; 0.</summary>
    public ReadOnlySpan<double> B0 => _b0;

    /// <summary>Semi-saturation constant σ &gt; 0.</summary>
    public ReadOnlySpan<double> Sigma => _sigma;

    /// <summary>Time constants τ_y &gt; 0 of the principal neurons.</summary>
    public ReadOnlySpan<double> TauY => _tauY;

    /// <summary>Time constants τ_a &gt; 0 of the modulator neurons.</summary>
    public ReadOnlySpan<double> TauA => _tauA;

    /// <summary>Normalization weights W ≥ 0.</summary>
    public ReadOnlySpan<double> W => _w;

    /// <summary>Recurrent weights Wr.</summary>
    public ReadOnlySpan<double> Wr => _wr;

    /// <summary>Gated drive g = b⊙z.</summary>
    public ReadOnlySpan<double> Drive => _drive;

    /// <summary>c = (b0⊙σ)².</summary>
    public ReadOnlySpan<double> C => _c;

    /// <summary>True when Wr is exactly the identity: the case with a closed-form fixed point and unconditional stability (Theorems 4.1–4.3).</summary>
    public bool IsIdentityRecurrence { get; }

    /// <summary>The same circuit without one neuron pair: its rows and columns are dropped.</summary>
    /// <param name="pair">Which, 0 … n − 1; a circuit of one pair has none to spare.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such pair, or no other.</exception>
    public Circuit Without(int pair)
    {
        if (N == 1 || (uint)pair >= (uint)N) throw new ArgumentOutOfRangeException(nameof(pair), $"Pair {pair} was to be dropped of {N}; name one of several.");
        double[] Vector(double[] v) => [.. v.Where((_, i) => i != pair)];
        double[] Matrix(double[] m) => [.. m.Where((_, k) => k / N != pair && k % N != pair)];
        return new(Vector(_z), Vector(_b), Vector(_b0), Vector(_sigma), Vector(_tauY), Vector(_tauA), Matrix(_w), Matrix(_wr));
    }

    double[] Copy(ReadOnlySpan<double> values, string name, int length, double least, bool strict)
    {
        if (values.Length != length)
            throw new ArgumentException($"{name} has {values.Length} elements where z asks for {length}; give one value per neuron pair (n × n for a matrix).");
        for (var i = 0; i < length; i++)
            if (!double.IsFinite(values[i]) || values[i] < least || (strict && values[i] == least))
                throw new ArgumentException(
                    $"{name}[{(name is "W" or "Wr" ? $"{i / N}][{i % N}" : $"{i}")}] is {values[i]}; it must be finite{(least == 0 ? strict ? " and greater than zero" : " and not negative" : "")}.");
        return values.ToArray();
    }
}
