namespace Organics;

/// <summary>
/// A counter-based random stream: number <c>i</c> of stream <c>s</c> under seed <c>k</c> is a pure function of <c>(k, s, i)</c>,
/// so any number can be drawn at any time, on any thread, in any order, with the same bits on every platform.
/// The generator is Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
/// </summary>
/// <param name="Seed">The key of the generator; a run has one.</param>
/// <param name="Stream">The stream under that key; streams are independent, so give each purpose its own.</param>
public readonly record struct CounterRandom(ulong Seed, ulong Stream = 0)
{
    const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57; // Salmon et al. 2011, table 2
    const uint Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85; // golden ratio and √3 − 1
    const int Rounds = 10;

    /// <summary>The 64 random bits at <paramref name="index"/>.</summary>
    /// <param name="index">Position in the stream; all 2⁶⁴ are legal.</param>
    public ulong Bits(ulong index)
    {
        ulong block = index >> 1;
        (uint x0, uint x1, uint x2, uint x3) = Philox(((uint)block, (uint)(block >> 32), (uint)Stream, (uint)(Stream >> 32)), ((uint)Seed, (uint)(Seed >> 32)));
        return (index & 1) == 0 ? x0 | (ulong)x1 << 32 : x2 | (ulong)x3 << 32;
    }

    /// <summary>A number uniform on the open interval (0, 1): the midpoints of 2⁵² equal cells, symmetric about ½.</summary>
    /// <param name="index">Position in the stream.</param>
    public double Uniform(ulong index) => ((Bits(index) >> 12) + 0.5) * (1.0 / (1L << 52));

    /// <summary>A standard normal number (mean 0, variance 1): the normal quantile of <see cref="Uniform"/> at the same position.</summary>
    /// <param name="index">Position in the stream.</param>
    public double Normal(ulong index) => NormalQuantile(Uniform(index));

    /// <summary>An integer uniform on [0, <paramref name="bound"/>), by the high half of a 128-bit product; its bias is below bound / 2⁶⁴.</summary>
    /// <param name="index">Position in the stream.</param>
    /// <param name="bound">The number of outcomes, at least 1.</param>
    public int Below(ulong index, int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)Math.BigMul(Bits(index), (ulong)bound, out _);
    }

    /// <summary>
    /// Shuffles <paramref name="items"/> in place (Fisher and Yates, in Durstenfeld's form) with the first <c>items.Length − 1</c> numbers of this stream.
    /// </summary>
    /// <param name="items">What to shuffle.</param>
    public void Shuffle<T>(Span<T> items)
    {
        for (int left = items.Length; left > 1; left--)
        {
            int chosen = Below((ulong)(items.Length - left), left);
            (items[left - 1], items[chosen]) = (items[chosen], items[left - 1]);
        }
    }

    /// <summary>A permutation of 0 … <paramref name="n"/> − 1 that depends on (seed, stream, n) only.</summary>
    /// <param name="n">The number of items, 0 or more.</param>
    public int[] Permutation(int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        int[] items = new int[n];
        for (int i = 0; i < n; i++) items[i] = i;
        Shuffle(items.AsSpan());
        return items;
    }

    /// <summary>The bijection Philox4x32-10 itself: 128 bits of counter and 64 of key to 128 random bits.</summary>
    internal static (uint, uint, uint, uint) Philox((uint, uint, uint, uint) counter, (uint, uint) key)
    {
        (uint x0, uint x1, uint x2, uint x3) = counter;
        (uint k0, uint k1) = key;
        for (int round = 0; round < Rounds; round++)
        {
            ulong p0 = (ulong)Multiplier0 * x0, p1 = (ulong)Multiplier1 * x2;
            (x0, x1, x2, x3) = ((uint)(p1 >> 32) ^ x1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ x3 ^ k1, (uint)p0);
            k0 += Weyl0;
            k1 += Weyl1;
        }
        return (x0, x1, x2, x3);
    }

    /// <summary>
    /// Φ⁻¹(p), to about 1e-16 relative: Wichura, "Algorithm AS 241: the percentage points of the normal distribution",
    /// Applied Statistics 37 (1988), rational approximations PPND16. Only + − × ÷ and √ are used, which IEEE 754 rounds alike everywhere.
    /// </summary>
    internal static double NormalQuantile(double p)
    {
        double q = p - 0.5;
        if (Math.Abs(q) <= 0.425) return q * Ratio(CentralNumerator, CentralDenominator, 0.180625 - q * q);
        double r = Math.Sqrt(-Log(q < 0 ? p : 1 - p));
        double magnitude = r <= 5 ? Ratio(MiddleNumerator, MiddleDenominator, r - 1.6) : Ratio(TailNumerator, TailDenominator, r - 5);
        return q < 0 ? -magnitude : magnitude;
    }

    /// <summary>ln x for normal positive x: x = 2ᵉ·m with m in [√½, √2), ln m = 2·artanh((m − 1)/(m + 1)) by its series.</summary>
    internal static double Log(double x)
    {
        int exponent = Math.ILogB(x);
        double m = Math.ScaleB(x, -exponent);
        if (m > 1.4142135623730951) (m, exponent) = (m / 2, exponent + 1);
        double s = (m - 1) / (m + 1), s2 = s * s, sum = 0;
        for (int k = 23; k >= 3; k -= 2) sum = (sum + 1.0 / k) * s2;
        return exponent * 0.6931471805599453 + 2 * (s + s * sum);
    }

    static double Ratio(ReadOnlySpan<double> numerator, ReadOnlySpan<double> denominator, double x) => Horner(numerator, x) / Horner(denominator, x);

    static double Horner(ReadOnlySpan<double> ascending, double x)
    {
        double sum = 0;
        for (int i = ascending.Length - 1; i >= 0; i--) sum = sum * x + ascending[i];
        return sum;
    }

    static ReadOnlySpan<double> CentralNumerator =>
    [
        3.3871328727963666080, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
        4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
    ];

    static ReadOnlySpan<double> CentralDenominator =>
    [
        1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
        2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3,
    ];

    static ReadOnlySpan<double> MiddleNumerator =>
    [
        1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
        1.27045825245236838258, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
    ];

    static ReadOnlySpan<double> MiddleDenominator =>
    [
        1, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1,
        1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
    ];

    static ReadOnlySpan<double> TailNumerator =>
    [
        6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 2.96560571828504891230e-1,
        2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
    ];

    static ReadOnlySpan<double> TailDenominator =>
    [
        1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
    ];
}
