using System.Text;

namespace Organics;

/// <summary>The pictures in the folder of a run.</summary>
static class Figures
{
    // Of val_accuracy, in runs of earlier versions.
    const string FormerName = "val_acc";

    /// <summary>Draws the curves of the training, and what the examination has to show.</summary>
    public static void Write(string folder, Examination examined)
    {
        var rows = MetricsLog.Read(Path.Combine(folder, ModelFiles.Metrics));
        Save("loss.svg", SvgPlot.Lines("Loss", "epoch", "loss", [Curve("training", "train_loss"), Curve("validation", "val_loss")], logarithmic: true));
        if (Has("train_accuracy")) Save("accuracy.svg", SvgPlot.Lines("Accuracy", "epoch", "accuracy", [Curve("training", "train_accuracy"), Curve("validation", Has("val_accuracy") ? "val_accuracy" : FormerName)]));
        if (Has("train_mse")) Save("error.svg", SvgPlot.Lines("Mean squared error", "epoch", "mean squared error", [Curve("training", "train_mse"), Curve("validation", "val_mse")], logarithmic: true));
        if (Has("stability/max_re_lambda"))
            Save("largest-eigenvalue.svg", SvgPlot.Lines($"Largest real part of an eigenvalue {(examined is StaticExamination ? "at validation samples" : "under constant inputs")}", "epoch", $"max Re λ ({examined.RateUnit})", [Curve("max Re λ", "stability/max_re_lambda")]));
        examined.Draw(Save);

        bool Has(string metric) => rows.Any(row => row.Values.ContainsKey(metric));
        PlotSeries Curve(string name, string metric) => new(
            name, rows.Select(row => (double)row.Step).ToArray(), rows.Select(row => row.Values.GetValueOrDefault(metric, double.NaN)).ToArray());
        void Save(string file, string svg) => AtomicFile.Write(Path.Combine(folder, file), stream => stream.Write(Encoding.UTF8.GetBytes(svg)));
    }
}
