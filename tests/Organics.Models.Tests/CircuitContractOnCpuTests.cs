using Organics.Contract;

namespace Organics.Tests;

public sealed class CircuitContractOnCpu() : CircuitContract(Device.Cpu);

public sealed class CircuitContractOnTheReference() : CircuitContract(Device.Reference);
