using BenchmarkDotNet.Running;
using Organics.Benchmarks;

// Everything but the check of memory is BenchmarkDotNet's: --filter, --list, --job, --help.
if (args is ["--steady-state-memory"]) return SteadyStateMemory.Check();
BenchmarkSwitcher.FromAssembly(typeof(SteadyStateMemory).Assembly).Run(args);
return 0;
