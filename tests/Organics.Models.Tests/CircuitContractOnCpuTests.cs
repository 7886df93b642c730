using Organics.Contract;

namespace Organics.Tests;

/// <summary>What is asked of devices of this process alone: a sequence op by op is as many launches of a GPU as it has ops, each of which has its own contract.</summary>
public abstract class HostCircuitContract(Device device) : CircuitContract(device)
{
    [Theory]
    [InlineData("all")]
    [InlineData("sqrt")]
    public void A_sequence_op_by_op_its_loss_and_all_gradients_are_the_golden_ones(string memory) => CheckSequence(fused: false, memory);
}

public sealed class CircuitContractOnCpu() : HostCircuitContract(Device.Cpu);

public sealed class CircuitContractOnTheReference() : HostCircuitContract(Device.Reference);
