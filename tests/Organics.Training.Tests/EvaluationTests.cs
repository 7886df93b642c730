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
}
