using System.Numerics;

namespace Organics;

/// <summary>How a classifier does on a set of images.</summary>
/// <param name="Loss">Mean loss.</param>
/// <param name="Accuracy">Fraction put into the right class.</param>
/// <param name="Confusion">How many images of class i (row) were put into class j (column). Shape [classes, classes].</param>
public sealed record Evaluation(double Loss, double Accuracy, int[,] Confusion)
{
    /// <summary>Runs the classifier over all images, without a tape.</summary>
    /// <exception cref="OperationCanceledException">Cancelled between two batches.</exception>
    public static Evaluation Of<P, T>(IClassifier<P, T> model, ImageSet images, Device device, int batch = 500, CancellationToken cancellation = default)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(images);
        var confusion = new int[images.Classes, images.Classes];
        var (loss, correct) = (0.0, 0);
        using var workspace = new Workspace<T>(device);
        for (var start = 0; start < images.Count; start += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            var (pixels, labels) = images.Batch<T>(start, batch);
            var count = labels.Length;
            var (l, logits) = model.Evaluate(model.Parameters, workspace.From(pixels, [count, images.PixelsPerImage]), labels);
            loss += double.CreateTruncating(l.Item()) * count;
            var predicted = logits.Argmax(1);
            for (var i = 0; i < count; i++)
            {
                confusion[labels[i], predicted[i]]++;
                if (labels[i] == predicted[i]) correct++;
            }
            workspace.Reset();
        }
        return new(loss / images.Count, (double)correct / images.Count, confusion);
    }
}
