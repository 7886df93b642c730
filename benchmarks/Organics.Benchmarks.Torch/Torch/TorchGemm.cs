using static TorchSharp.torch;

namespace SideBySide;

/// <summary>C ← 0·C + A·B in place: TorchSharp has no torch.mm with an output, and this is the same call underneath.</summary>
sealed class TorchGemm(Gemm gemm) : IContender
{
    readonly Tensor _a = tensor(gemm.A, gemm.M, gemm.K);
    readonly Tensor _b = tensor(gemm.B, gemm.K, gemm.N);
    readonly Tensor _c = zeros(gemm.M, gemm.N);

    public void Restart()
    {
    }

    public void Run()
    {
        using var mode = inference_mode();
        _c.addmm_(_a, _b, 0, 1);
    }

    public float[] Outcome() => _c.data<float>().ToArray();

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _c.Dispose();
    }
}
