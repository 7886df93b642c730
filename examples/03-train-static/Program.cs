using Organics;

// The paper's static classifier on the digits inside the library: 5,000 to train, 1,000 to test.
var digits = SampleDigits.Load();
var order = new CounterRandom(Seed: 7).Permutation(digits.Train.Count);
var (train, validation) = (digits.Train.Select(order.AsSpan(500)), digits.Train.Select(order.AsSpan(0, 500)));
var model = StaticClassifier<float>.Create(train.Format.Width, train.Format.Outputs, hidden: [50], learnedRecurrence: true, sigma: 0.1, seed: 0);
var adam = new Adam<StaticClassifierParameters<float>, float>(model.Parameters) { WeightDecay = 1e-5 };
var folder = args.Length > 0 ? args[0] : Path.Combine(Path.GetTempPath(), $"organics-{Guid.NewGuid():N}");
var options = new TrainerOptions { Epochs = 3, Schedule = new CosineSchedule(3), Folder = folder };
var trainer = new Trainer<StaticClassifierParameters<float>, float>(model, adam, train, validation, Device.Cpu, options)
{
    OnEpoch = e => Console.WriteLine($"epoch {e.Epoch + 1}: loss {e.TrainLoss:F3}, validation accuracy {e.Validation.Accuracy:P1}"),
};
trainer.Run();

// The best epoch's parameters, from the file that PyTorch's safetensors reads too.
Checkpoint.Unpack<StaticClassifierParameters<float>, float>(model.Parameters, SafeTensors.Read(Path.Combine(folder, Trainer<StaticClassifierParameters<float>, float>.ModelFile)));
var test = Evaluation.Of(model, digits.Test!, Device.Cpu);
Console.WriteLine($"test accuracy {test.Accuracy:P1}; checkpoints in {folder}");
