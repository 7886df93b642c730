using Organics.Contract;

namespace Organics.Gpu.Tests;

/// <summary>
/// The device that the contract runs on: ILGPU's emulation, or the GPU that the environment variable ORGANICS_GPU names ("CUDA", "OpenCL", a name).
/// </summary>
static class DeviceUnderTest
{
    static readonly string? Name = Environment.GetEnvironmentVariable("ORGANICS_GPU");

    public static GpuDevice Device { get; } = Open();

    public static bool Contracts => IsReal;

    /// <summary>Whether a driver stands behind it, not the emulation.</summary>
    public static bool IsReal => Name is not null;

    /// <summary>The same device with memory of its own, for tests that count buffers while others run.</summary>
    public static GpuDevice Open() => Name is null ? GpuDevice.IlgpuCpu() : GpuDevice.Open(Name);
}

public sealed class ContractOnGpuInSingle() : BackendContract<float>(DeviceUnderTest.Device, DeviceUnderTest.Contracts);

public sealed class ContractOnGpuInDouble() : BackendContractInDouble(DeviceUnderTest.Device, DeviceUnderTest.Contracts);
