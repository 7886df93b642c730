using BenchmarkDotNet.Running;
using Organics.Benchmarks;

// What BenchmarkDotNet does not measure has a word of its own; everything else is BenchmarkDotNet's: --filter, --list, --job, --help.
switch (args)
{
    case ["--steady-state-memory"]: return SteadyStateMemory.Check();
    case ["--eigenvalue-race"]: return EigenvalueRace.Run();
    case ["--sequence"]: return SequenceFigures.Rates();
    case ["--sequence-long"]: return SequenceFigures.Long();
    case ["--sequence-growth", var folder]: return SequenceFigures.Growth(folder);
    case ["--sequence-soak"]: return SequenceFigures.Soak();
}
BenchmarkSwitcher.FromAssembly(typeof(SteadyStateMemory).Assembly).Run(args);
return 0;
