using Organics;

// A recurrent cell of one's own, trained on the adding task; the training is stopped twice and resumed, and ends with the same bits.
var set = SequenceTask.Load("task:adding,steps=10,train=1000,val=200,test=200");
string[] folders = [Directory.CreateTempSubdirectory("organics-whole-").FullName, Directory.CreateTempSubdirectory("organics-stopped-").FullName];
Train(folders[0], int.MaxValue);
foreach (var updates in (int[])[30, 100, int.MaxValue]) Train(folders[1], updates);
var states = folders.Select(folder => File.ReadAllBytes(Path.Combine(folder, Trainer<SequenceParameters<MinimalGate, float>, float>.StateFile))).ToArray();
Console.WriteLine($"the same bits: {states[0].AsSpan().SequenceEqual(states[1])}");
var trained = Model();
trained.Take(SafeTensors.Read(Path.Combine(folders[0], Trainer<SequenceParameters<MinimalGate, float>, float>.ModelFile)));
var error = Evaluation.Of(trained, set.Test!, Device.Cpu).Metrics["mse"];
Console.WriteLine($"the sum is learned, the squared error far below chance (0.167): {error < 0.02}");
foreach (var folder in folders) Directory.Delete(folder, recursive: true);

SequenceModel<MinimalGate, MinimalGate, float> Model()
{
    var (init, options) = (new Initializer<float>(seed: 1, Device.Cpu), new SequenceOptions { Units = 24, Format = set.Train.Format });
    var cell = new MinimalGate(init.Uniform([48, 2], -0.5, 0.5), init.Uniform([48, 24], -0.2, 0.2), init.Uniform([48], -0.2, 0.2));
    return new(options, new(new MinimalGatedUnit(), cell, [Tensor.Zeros<float>([24])]), new("own.", cell, Linear<float>.Create(24, 1, init)));
}

void Train(string folder, int updates)
{
    var model = Model();
    var adam = new Adam<SequenceParameters<MinimalGate, float>, float>(model.Parameters);
    using var stop = new CancellationTokenSource();
    var trainer = new Trainer<SequenceParameters<MinimalGate, float>, float>(model, adam, set.Train, set.Validation!, Device.Cpu,
        new() { Folder = folder, Epochs = 30, Batch = 50, LearningRate = 0.01, Schedule = new CosineSchedule(30) })
    {
        OnProgress = _ =>
        {
            if (adam.Steps == updates) stop.Cancel();
        },
    };
    if (File.Exists(Path.Combine(folder, Trainer<SequenceParameters<MinimalGate, float>, float>.StateFile))) trainer.Resume();
    try
    {
        trainer.Run(stop.Token);
    }
    catch (OperationCanceledException)
    {
        Console.WriteLine($"stopped after {adam.Steps} updates");
    }
}

/// <summary>Weights of the input [2n, d], of the state [2n, n] and biases [2n]: the gate above, the candidate below.</summary>
sealed record MinimalGate(Tensor<float> Input, Tensor<float> State, Tensor<float> Bias) : IParameters<MinimalGate, float>
{
    public MinimalGate Map(Func<string, Tensor<float>, Tensor<float>> f) => new(f("input", Input), f("state", State), f("bias", Bias));
}

/// <summary>g = σ(…), h ← h + g⊙(tanh(…) − h): a unit of one gate (Zhou, Wu, Zhang and Zhou 2016, without the gate in the candidate).</summary>
sealed class MinimalGatedUnit : IRecurrentCell<MinimalGate, MinimalGate, float>
{
    public IReadOnlyList<string> States { get; } = ["h"];

    public MinimalGate Prepare(MinimalGate parameters) => parameters;

    public IReadOnlyList<Tensor<float>> Step(MinimalGate p, Tensor<float> x, IReadOnlyList<Tensor<float>> state)
    {
        var (h, n) = (state[0], state[0].Shape[1]);
        var both = x.MatMul(p.Input, transposeOther: true) + h.MatMul(p.State, transposeOther: true) + p.Bias;
        return [h + both.Slice(0, n, axis: 1).Sigmoid() * (both.Slice(n, n, axis: 1).Tanh() - h)];
    }
}
