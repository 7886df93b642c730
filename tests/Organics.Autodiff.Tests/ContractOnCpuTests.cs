using Organics.Contract;

namespace Organics.Autodiff.Tests;

/// <summary>Devices with fixed numbers of threads, whatever the machine has.</summary>
static class CpuDevices
{
    public static CpuDevice OneThread { get; } = new(1);

    public static CpuDevice TwoThreads { get; } = new(2);
}

public sealed class ContractOnOneThreadInSingle() : BackendContract<float>(CpuDevices.OneThread);

public sealed class ContractOnOneThreadInDouble() : BackendContractInDouble(CpuDevices.OneThread);

public sealed class ContractOnTwoThreadsInSingle() : BackendContract<float>(CpuDevices.TwoThreads);

public sealed class ContractOnTwoThreadsInDouble() : BackendContractInDouble(CpuDevices.TwoThreads);
