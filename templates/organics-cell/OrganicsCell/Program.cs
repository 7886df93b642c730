using Organics;
using OrganicsCell;
using Parameters = Organics.SequenceParameters<Organics.CellWeights<float>, float>;

// Trains the cell on a task, dotnet run -c Release --project OrganicsCell -- [TASK] [EPOCHS]; `organics data info` lists the tasks.
var set = SequenceTask.Load(args.Length > 0 ? args[0] : "task:sine,steps=30,train=1000,val=200,test=200");
var epochs = args.Length > 1 ? int.Parse(args[1]) : 10;
const int Units = 24;

var weights = AdaptiveCell.Draw<float>(Units, set.Train.Format.Channels, seed: 1);
Tensor<float>[] initial = [Tensor.Zeros<float>([Units]), Tensor.Zeros<float>([Units])];
var readOut = Linear<float>.Create(Units, set.Train.Format.Outputs, new Initializer<float>(seed: 2, Device.Cpu));
var model = new SequenceModel<CellWeights<float>, CellWeights<float>, float>(
    new() { Format = set.Train.Format, Units = Units, ReadOut = set.Train.Format.PerStep ? ReadOut.EveryStep : ReadOut.Last },
    new(AdaptiveCell.Create<float>(), weights, initial), new("cell.", weights, readOut));
new Trainer<Parameters, float>(model, new Adam<Parameters, float>(model.Parameters), set.Train, set.Validation!, Device.Cpu, new()
{
    Folder = "run",
    Epochs = epochs,
    Batch = 50,
    LearningRate = 0.005,
    Schedule = new CosineSchedule(epochs),
})
{
    OnEpoch = epoch => Console.WriteLine($"epoch {epoch.Epoch + 1}: loss {epoch.TrainLoss:F4}, validation {Words(epoch.Validation)}"),
}.Run();
Console.WriteLine($"test: {Words(Evaluation.Of(model, set.Test!, Device.Cpu))}");

static string Words(Evaluation evaluation) => string.Join(", ", evaluation.Metrics.Select(metric => $"{metric.Key} {metric.Value:G4}"));
