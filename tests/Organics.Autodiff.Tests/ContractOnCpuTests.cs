using System.Numerics;
using Organics.Contract;

namespace Organics.Autodiff.Tests;

public abstract class ContractOnCpu<T>(int threads) : BackendContract<T>(new CpuDevice(threads)) where T : unmanaged, IFloatingPointIeee754<T>;

public sealed class ContractOnOneThreadInSingle() : ContractOnCpu<float>(1);

public sealed class ContractOnOneThreadInDouble() : ContractOnCpu<double>(1);

public sealed class ContractOnTwoThreadsInSingle() : ContractOnCpu<float>(2);

public sealed class ContractOnTwoThreadsInDouble() : ContractOnCpu<double>(2);
