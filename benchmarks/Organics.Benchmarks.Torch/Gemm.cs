namespace SideBySide;

/// <summary>C = A·B in float: A is m×k, B is k×n, all row-major, C allocated beforehand.</summary>
sealed class Gemm
{
    Gemm(int m, int k, int n)
    {
        (M, K, N) = (m, k, n);
        var random = new Random(1);
        A = Uniform(m * k);
        B = Uniform(k * n);
        float[] Uniform(int count) => [.. Enumerable.Range(0, count).Select(_ => 2 * random.NextSingle() - 1)];
    }

    public int M { get; }
    public int K { get; }
    public int N { get; }
    public float[] A { get; }
    public float[] B { get; }

    public static IEnumerable<Case> Cases
        => from gemm in new Gemm[] { new(256, 64, 192), new(256, 128, 384), new(256, 784, 360), new(1024, 1024, 1024) }
           select new Case($"GEMM {gemm.M}×{gemm.K}×{gemm.N}", 2.0 * gemm.M * gemm.K * gemm.N, 1e-5,
           [
               new("libtorch", _ => new TorchGemm(gemm)),
               new("Organics", threads => new OrganicsGemm(gemm, threads)),
           ]);
}
