using System.Text;

namespace Organics;

/// <summary>The pictures in the folder of a run.</summary>
static class Figures
{
    /// <summary>Draws the curves of the training, and what the examination has to show.</summary>
    public static void Write(string folder, Examination examined)
    {
        var curve = new TrainingCurve(MetricsLog.Read(Path.Combine(folder, ModelFiles.Metrics)));
        // What has nothing to show now may have had before a resume.
        foreach (var sometimes in (string[])["largest-eigenvalue.svg", "spectrum.svg", "time-constants.svg"]) File.Delete(Path.Combine(folder, sometimes));
        Save("loss.svg", SvgPlot.Lines(
            "Loss", "epoch", curve.Has("train_accuracy") ? "cross-entropy (nat)" : "loss", Both("train_loss", "val_loss"), logarithmic: true));
        if (curve.Has("train_accuracy"))
            Save("accuracy.svg", SvgPlot.Lines("Accuracy", "epoch", "accuracy (%)", [.. Both("train_accuracy", TrainingCurve.Accuracy).Select(InPercent)]));
        if (curve.Has("train_mse"))
            Save("error.svg", SvgPlot.Lines(
                "Mean squared error", "epoch", "mean squared error (unit of the targets, squared)", Both("train_mse", "val_mse"), logarithmic: true));
        // A model that rests nowhere has no numbers there, and after a single one of several epochs no course.
        if (curve.Of(TrainingCurve.AtRest, "max Re λ") is var largest
            && largest.Y.ToArray().Count(double.IsFinite) is var known && known > 0 && (known > 1 || curve.Epochs.Count == 1))
            Save("largest-eigenvalue.svg", SvgPlot.Lines(
                $"Largest real part of an eigenvalue {(examined is StaticExamination ? "at validation samples" : "under constant inputs")}",
                "epoch", $"max Re λ ({examined.RateUnit})", [largest]));
        examined.Draw(Save);

        PlotSeries[] Both(string training, string validation) => [curve.Of(training, "training"), curve.Of(validation, "validation")];
        static PlotSeries InPercent(PlotSeries part) => new(part.Name, part.X, Array.ConvertAll(part.Y.ToArray(), y => 100 * y));
        void Save(string file, string svg) => AtomicFile.Write(Path.Combine(folder, file), stream => stream.Write(Encoding.UTF8.GetBytes(svg)));
    }
}
