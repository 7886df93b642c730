using Microsoft.ML;
using Microsoft.ML.Data;
using Organics;

// A trained circuit as a step of an ML.NET pipeline: it sees an image pixel by pixel, and what it makes of it is the features of ML.NET's own classifier, which here
// learns to tell odd digits from even ones.
var model = SequenceModel<float>.Load(Path.Combine(AppContext.BaseDirectory, "model.safetensors"));
var digits = SampleDigits.Load().Train.Batches<float>(600).First();
Digit[] all = [.. Enumerable.Range(0, digits.Count).Select(i => new Digit { Pixels = digits.Inputs.Slice(784 * i, 784).ToArray(), IsOdd = digits.Classes[i] % 2 == 1 })];

var ml = new MLContext(seed: 1);
var pipeline = ml.Transforms.CustomMapping<Digit, Seen>((digit, seen) => seen.Features = model.Predict(digit.Pixels), contractName: null)
    .AppendCacheCheckpoint(ml)
    .Append(ml.BinaryClassification.Trainers.LbfgsLogisticRegression(nameof(Digit.IsOdd)));
var trained = pipeline.Fit(ml.Data.LoadFromEnumerable(all[..400]));
var tested = ml.BinaryClassification.Evaluate(trained.Transform(ml.Data.LoadFromEnumerable(all[400..])), nameof(Digit.IsOdd));
Console.WriteLine($"at least 95 % of 200 digits right: {tested.Accuracy >= 0.95}");

sealed class Digit
{
    [VectorType(784)]
    public float[] Pixels { get; set; } = [];

    public bool IsOdd { get; set; }
}

sealed class Seen
{
    [VectorType(10)]
    public float[] Features { get; set; } = [];
}
