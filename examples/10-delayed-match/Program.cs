using Organics;

// Delayed match-to-sample with ORGaNICs: was the second stimulus the first one? The trained circuit is stored, loaded and asked.
var set = SequenceTask.Load("task:delayed-match,train=3000,val=300,test=1000");
var model = CircuitModels.Create<float>(new() { Format = set.Train.Format, Units = 48 }, seed: 1);
var folder = Directory.CreateTempSubdirectory("organics-").FullName;
var trainer = new Trainer<SequenceParameters<RecurrentCircuitParameters<float>, float>, float>(
    model, new Adam<SequenceParameters<RecurrentCircuitParameters<float>, float>, float>(model.Parameters), set.Train, set.Validation!, Device.Cpu,
    new() { Folder = folder, Epochs = 10, Batch = 64, LearningRate = 0.01, Schedule = new CosineSchedule(10), Metadata = model.Options.ToMetadata(), Constants = model.Constants });
trainer.Run();

var loaded = SequenceModel<float>.Load(Path.Combine(folder, "model.safetensors"));
var test = set.Test!.Batches<float>(set.Test.Count).Single();
var right = loaded.Classify(test.Inputs).Zip(test.Classes.ToArray(), (said, was) => said == was).Count(same => same);
Console.WriteLine($"at least 99 % of {test.Count} trials right: {right >= 0.99 * test.Count}");
Directory.Delete(folder, recursive: true);
