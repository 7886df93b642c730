using Organics;

namespace SideBySide;

/// <summary>C ← A·B on tensors that were allocated before.</summary>
sealed class OrganicsGemm : IContender
{
    readonly CpuDevice _device;
    readonly Gemm _gemm;
    readonly Tensor<float> _a, _b, _c;

    public OrganicsGemm(Gemm gemm, int threads)
    {
        (_gemm, _device) = (gemm, new CpuDevice(threads));
        _a = Tensor.From<float>(gemm.A, [gemm.M, gemm.K], _device);
        _b = Tensor.From<float>(gemm.B, [gemm.K, gemm.N], _device);
        _c = Tensor.Zeros<float>([gemm.M, gemm.N], _device);
    }

    public void Restart()
    {
    }

    public void Run() => _device.Backend<float>().MatMul(_a.View, false, _b.View, false, _c.View, _gemm.M, _gemm.N, _gemm.K, accumulate: false);

    public float[] Outcome() => _c.ToArray();

    public void Dispose() => _device.Dispose();
}
