using BenchmarkDotNet.Running;
using Organics.Benchmarks;

// Everything but the check of memory and the race against NumPy is BenchmarkDotNet's: --filter, --list, --job, --help.
if (args is ["--steady-state-memory"]) return SteadyStateMemory.Check();
if (args is ["--eigenvalue-race"]) return EigenvalueRace.Run();
BenchmarkSwitcher.FromAssembly(typeof(SteadyStateMemory).Assembly).Run(args);
return 0;
