using Organics;
using Parameters = Organics.SequenceParameters<Organics.RecurrentCircuitParameters<float>, float>;

// dotnet run -c Release -- [DATA] [EPOCHS]
// DATA is an .npz file with x_train [samples, steps, channels] and y_train [samples] (x_val, y_val, x_test, y_test are optional), a folder of
// recordings as CSV, or a task such as task:adding. Ctrl-C stops; the same command goes on where it was stopped, to the same bits; without the
// folder "run" it begins anew.
var data = args.Length > 0 ? args[0] : "task:delayed-match,train=3000,val=300,test=1000";
var epochs = args.Length > 1 ? int.Parse(args[1]) : 10;
const string Folder = "run";

var set = data.StartsWith("task:", StringComparison.Ordinal) ? SequenceTask.Load(data) : ArrayData.Load(data);
var (train, validation) = (set.Train, set.Validation);
if (validation is null)
{
    // A tenth is set apart to tell the best epoch by.
    var order = new CounterRandom(Seed: 7).Permutation(train.Count);
    var apart = Math.Max(1, train.Count / 10);
    (train, validation) = (set.Train.Select(order.AsSpan(apart)), set.Train.Select(order.AsSpan(0, apart)));
}

// Inputs, and numbers asked for, of mean 0 and deviation 1 as the training samples have them. The model keeps both, and answers in your units.
var inputs = InputStatistics.Of(train);
var targets = train.Format.Target == TargetKind.Numbers ? TargetStatistics.Of(train) : null;
var options = new SequenceOptions
{
    Format = train.Format,
    Units = 48,
    ReadOut = train.Format.PerStep ? ReadOut.EveryStep : ReadOut.Last,
    Inputs = new(inputs.Mean, Scales(inputs.Deviation)),
    Targets = targets is null ? null : new(targets.Mean, Scales(targets.Deviation)),
};
var model = CircuitModels.Create<float>(options, seed: 1);
var trainer = new Trainer<Parameters, float>(model, new Adam<Parameters, float>(model.Parameters), train, validation, Device.Cpu, new()
{
    Folder = Folder,
    Epochs = epochs,
    Batch = 64,
    LearningRate = 0.01,
    Schedule = new CosineSchedule(epochs),
    Metadata = options.ToMetadata(),
    Constants = model.Constants,
})
{
    OnEpoch = epoch => Console.WriteLine($"epoch {epoch.Epoch + 1}: loss {epoch.TrainLoss:F4}, validation {Words(epoch.Validation)}"),
};
if (File.Exists(Path.Combine(Folder, Trainer<Parameters, float>.StateFile))) trainer.Resume();

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
try
{
    trainer.Run(stop.Token);
}
catch (OperationCanceledException)
{
    Console.WriteLine($"stopped; the same command goes on from the checkpoint in '{Folder}'");
    return 130;
}

// The best epoch, as it was stored: how good it is, and whether it is stable under constant inputs.
var stored = Path.Combine(Folder, Trainer<Parameters, float>.ModelFile);
if (set.Test is { } test) Console.WriteLine($"test: {Words(Evaluation.Of(CircuitModels.Load<float>(stored), test, Device.Cpu))}");
var stability = SequenceStability.Of(SequenceModel<double>.Load(stored), count: 11);
Console.WriteLine($"under {stability.Inputs.Count} constant inputs: stable at {stability.StableFraction:P0} of them, "
    + $"{stability.NotSettled} did not come to rest in time, largest max Re λ {stability.MaxRealPart:G3} per step");
return 0;

static string Words(Evaluation evaluation) => string.Join(", ", evaluation.Metrics.Select(metric => $"{metric.Key} {metric.Value:G4}"));

// What never changes keeps its scale.
static double[] Scales(double[] deviations) => [.. deviations.Select(deviation => deviation > 0 ? deviation : 1)];
