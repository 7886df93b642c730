namespace Organics.Circuits.Tests;

public sealed class EigenvalueContractOnCpuInSingle() : EigenvalueContract<float>(Device.Cpu);

public sealed class EigenvalueContractOnCpuInDouble() : EigenvalueContract<double>(Device.Cpu);
