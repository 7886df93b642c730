using Organics.Contract;

namespace Organics.Gpu.Tests;

public sealed class CircuitContractOnGpu() : CircuitContract(Gpu)
{
    static readonly GpuDevice Gpu = DeviceUnderTest.Open();
}
