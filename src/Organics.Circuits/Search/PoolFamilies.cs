namespace Organics;

/// <summary>Random circuits with Wr = I and every unit driven, in families to which the theorem of global stability often does not apply.</summary>
static class PoolFamilies
{
    public const int Count = 6;

    /// <summary>Draws from a family: time constants alike, or over two decades; cyclic pools with weak self-normalization; sparse pools; the paper's protocol
    /// with its Wr replaced; strong input with small c and fast modulators.</summary>
    public static Circuit Draw(int family, int n, Random random) => family switch
    {
        0 => Of(n, random, 0, 0, (-4, 0), (-1, 0), Dense),
        1 => Of(n, random, 1, 0, (-4, 0), (-1, 0), Dense),
        2 => Of(n, random, 1, -0.5, (-4, 0), (-0.5, 0.5), Cyclic),
        3 => Of(n, random, 1, 0, (-4, 0), (-0.5, 0.5), Sparse),
        4 => Paper(n, random),
        _ => Of(n, random, 1, -1, (-6, -2), (0, 1), Dense),
    };

    static double Decades(Random random, double from, double to) => Math.Pow(10, from + (to - from) * random.NextDouble());

    static double Dense(int i, int j, int n, Random random) => Decades(random, -1, 1);

    static double Sparse(int i, int j, int n, Random random) => random.NextDouble() < 0.35 ? Decades(random, -1, 1) : 0;

    static double Cyclic(int i, int j, int n, Random random)
        => j == (i + n - 1) % n ? Decades(random, -0.3, 0.3) : i == j && random.NextDouble() < 0.5 ? Decades(random, -3, -1) : 0;

    // τ_a is faster than τ_y by a power of ten.
    static Circuit Of(
        int n, Random random, double times, double faster, (double Least, double Most) c, (double Least, double Most) drive,
        Func<int, int, int, Random, double> pool)
    {
        double[] Each(Func<int, double> draw) => [.. Enumerable.Range(0, n).Select(draw)];
        var w = new double[n * n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) w[i * n + j] = pool(i, j, n, random);
        return With(
            Each(_ => Decades(random, drive.Least, drive.Most)), Each(_ => Decades(random, c.Least, c.Most)), Each(_ => Decades(random, -times, times)),
            Each(_ => Decades(random, -times + faster, times + faster)), w);
    }

    static Circuit Paper(int n, Random random)
    {
        var drawn = RandomCircuits.Recurrent(n, 1, RecurrenceHypothesis.Any, random);
        return With(drawn.Drive.ToArray(), drawn.C.ToArray(), drawn.TauY.ToArray(), drawn.TauA.ToArray(), drawn.W.ToArray());
    }

    /// <summary>The circuit of given g, c, τ and W with Wr = I: b = b0 = 1.</summary>
    public static Circuit With(double[] g, double[] c, double[] tauY, double[] tauA, double[] w)
    {
        var n = g.Length;
        var (ones, identity) = (new double[n], new double[n * n]);
        Array.Fill(ones, 1);
        for (var i = 0; i < n; i++) identity[i * (n + 1)] = 1;
        return new(g, ones, ones, [.. c.Select(Math.Sqrt)], tauY, tauA, w, identity);
    }
}
