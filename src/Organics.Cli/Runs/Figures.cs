using System.Text;

namespace Organics;

/// <summary>The pictures in the folder of a run.</summary>
static class Figures
{
    /// <summary>Draws the curves of the training, the spectra of the trained layers and their normalization weights.</summary>
    public static void Write(string folder, Examination examined)
    {
        var rows = MetricsLog.Read(Path.Combine(folder, Trainer<StaticClassifierParameters<double>, double>.MetricsFile));
        Save("loss.svg", SvgPlot.Lines("Loss", "epoch", "loss", [Curve("training", "train_loss"), Curve("validation", "val_loss")], logarithmic: true));
        Save("accuracy.svg", SvgPlot.Lines("Accuracy", "epoch", "accuracy", [Curve("training", "train_accuracy"), Curve("validation", "val_acc")]));
        Save("spectrum.svg", SvgPlot.ComplexPlane(
            $"Eigenvalues of the Jacobian at the fixed points of {examined.Stability.Layers.Max(layer => layer.Spectra.Count):N0} of {examined.Stability.Inputs:N0} test inputs", [.. examined.Stability.Layers.Select((layer, i) => Spectrum($"layer {i + 1}", layer))], "1/τ"));
        var layers = examined.Widened.Parameters.Layers;
        for (var i = 0; i < layers.Count; i++)
        {
            var w = Array.ConvertAll(layers[i].LogWay.ToArray(), Math.Exp);
            Save(layers.Count == 1 ? "normalization-weights.svg" : $"normalization-weights-{i + 1}.svg", SvgPlot.HeatMap(
                layers.Count == 1 ? "Normalization weights W" : $"Normalization weights W of layer {i + 1}", "target neuron", "source neuron", w, layers[i].Units, layers[i].Units));
        }

        PlotSeries Curve(string name, string metric) => new(
            name, rows.Select(row => (double)row.Step).ToArray(), rows.Select(row => row.Values.GetValueOrDefault(metric, double.NaN)).ToArray());
        void Save(string file, string svg) => AtomicFile.Write(Path.Combine(folder, file), stream => stream.Write(Encoding.UTF8.GetBytes(svg)));
    }

    static PlotSeries Spectrum(string name, LayerStability layer)
    {
        var points = layer.Spectra.SelectMany(each => each).ToArray();
        return new(name, Array.ConvertAll(points, p => p.Real), Array.ConvertAll(points, p => p.Imaginary));
    }
}
