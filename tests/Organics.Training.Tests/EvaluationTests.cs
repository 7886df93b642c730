namespace Organics.Tests;

public sealed class EvaluationTests
{
    // One pixel, logits (x, 0, −x + ½): three classes, known from x alone.
    static readonly byte[] Pixels = [0, 255, 51, 204, 0, 255, 102];
    static readonly byte[] Labels = [2, 0, 1, 2, 2, 1, 0];

    static double[] Logits(byte pixel) => [pixel / 255.0, 0, 0.5 - pixel / 255.0];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(500)]
    public void Loss_accuracy_and_confusion_are_sums_over_images_whatever_the_batch(int batch)
    {
        var model = new LinearClassifier<double>(new(Tensor.From<double>([1, 0, -1], [3, 1]), Tensor.From<double>([0, 0, 0.5], [3])));
        var evaluation = Evaluation.Of(model, new ImageSet(Pixels, Labels, 1, 1, 3), Device.Cpu, batch);

        var loss = Pixels.Zip(Labels, (p, l) => Math.Log(Logits(p).Sum(Math.Exp)) - Logits(p)[l]).Average();
        Assert.Equal(loss, evaluation.Loss, 1e-14);
        // Predicted: 2, 0, 2, 0, 2, 0, 0.
        Assert.Equal(4 / 7.0, evaluation.Accuracy);
        Assert.Equal(new int[,] { { 2, 0, 0 }, { 1, 0, 1 }, { 1, 0, 2 } }, evaluation.Confusion);
    }

    /// <summary>With weights the loss of a set is Σwℓ/Σw over it, and the table counts what counts, whatever the batch: also where some batches have nothing
    /// that counts.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(500)]
    public void Weighted_losses_and_confusion_are_those_of_the_set_whatever_the_batch(int batch)
    {
        double[] mask = [0, 2, 0.5, 1, 0, 0, 3], classes = [1, 0.25, 4];
        var model = new LinearClassifier<double>(new(Tensor.From<double>([1, 0, -1], [3, 1]), Tensor.From<double>([0, 0, 0.5], [3])));
        var set = new ArraySet(NumberArray.Of<double>("x", [7, 1], Array.ConvertAll(Pixels, p => p / 255.0)), NumberArray.Of<byte>("y", [7], Labels),
            NumberArray.Of<double>("mask", [7], mask));
        double Mean(Func<int, double> weight)
        {
            var all = Enumerable.Range(0, 7).ToArray();
            return all.Sum(i => weight(i) * (Math.Log(Logits(Pixels[i]).Sum(Math.Exp)) - Logits(Pixels[i])[Labels[i]])) / all.Sum(weight);
        }
        var masked = Evaluation.Of(model, set, Device.Cpu, batch);
        Assert.Equal(Mean(i => mask[i]), masked.Loss, 1e-14);
        Assert.Equal(new int[,] { { 2, 0, 0 }, { 0, 0, 1 }, { 1, 0, 0 } }, masked.Confusion);
        Assert.Equal(Mean(i => mask[i] * classes[Labels[i]]), Evaluation.Of(model, set.Weighted(classes), Device.Cpu, batch).Loss, 1e-14);
        var images = new ImageSet(Pixels, Labels, 1, 1, 3).Weighted(classes);
        Assert.Equal(Mean(i => classes[Labels[i]]), Evaluation.Of(model, images, Device.Cpu, batch).Loss, 1e-14);
    }
}
