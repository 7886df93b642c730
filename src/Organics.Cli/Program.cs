using System.CommandLine;
using System.Globalization;
using Organics;

// Numbers are written and read alike everywhere, also where globalization is switched on.
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var output = StandardStreams.Guard();
// Only the command that runs loads the libraries it needs, so that help is there at once.
var root = new RootCommand("Trains, evaluates and certifies ORGaNICs: recurrent circuits that perform divisive normalization.");
root.Subcommands.Add(Train.Command());
root.Subcommands.Add(Eval.Command());
root.Subcommands.Add(Predict.Command());
root.Subcommands.Add(Report.Command());
root.Subcommands.Add(Export.Command());
root.Subcommands.Add(Replay.Command());
root.Subcommands.Add(CircuitCommand.Command());
root.Subcommands.Add(Simulate.Command());
root.Subcommands.Add(Phase.Command());
root.Subcommands.Add(Sweep.Command());
root.Subcommands.Add(Merge.Command());
root.Subcommands.Add(Bifurcate.Command());
root.Subcommands.Add(Spectrum.Command());
root.Subcommands.Add(Fit.Command());
root.Subcommands.Add(StabilityCommand.Command());
root.Subcommands.Add(Falsify.Command());
root.Subcommands.Add(Reproduce.Command());
root.Subcommands.Add(DataSets.Command());
root.Subcommands.Add(Devices.Command());
CommandLine.AddVersion(root);
var code = CommandLine.Run(root, args);
if (code == (int)ExitCode.Interrupted) code = Interrupt.Code;
return output.Error is { } error ? StandardStreams.Incomplete(code, error) : code;
