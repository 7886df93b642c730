using System.Text;

namespace Organics;

/// <summary>The pictures in the folder of a run.</summary>
static class Figures
{
    /// <summary>Draws the curves of the training, and what the examination has to show.</summary>
    public static void Write(string folder, Examination examined)
    {
        var curve = new TrainingCurve(MetricsLog.Read(Path.Combine(folder, ModelFiles.Metrics)));
        Save("loss.svg", SvgPlot.Lines("Loss", "epoch", "loss", Both("train_loss", "val_loss"), logarithmic: true));
        if (curve.Has("train_accuracy")) Save("accuracy.svg", SvgPlot.Lines("Accuracy", "epoch", "accuracy", Both("train_accuracy", TrainingCurve.Accuracy)));
        if (curve.Has("train_mse"))
            Save("error.svg", SvgPlot.Lines("Mean squared error", "epoch", "mean squared error", Both("train_mse", "val_mse"), logarithmic: true));
        if (curve.Has(TrainingCurve.AtRest))
            Save("largest-eigenvalue.svg", SvgPlot.Lines(
                $"Largest real part of an eigenvalue {(examined is StaticExamination ? "at validation samples" : "under constant inputs")}",
                "epoch", $"max Re λ ({examined.RateUnit})", [curve.Of(TrainingCurve.AtRest, "max Re λ")]));
        examined.Draw(Save);

        PlotSeries[] Both(string training, string validation) => [curve.Of(training, "training"), curve.Of(validation, "validation")];
        void Save(string file, string svg) => AtomicFile.Write(Path.Combine(folder, file), stream => stream.Write(Encoding.UTF8.GetBytes(svg)));
    }
}
