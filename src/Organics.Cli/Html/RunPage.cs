using System.Globalization;

namespace Organics;

/// <summary>The page of a training: what is known of it, examined or not, done or not.</summary>
static class RunPage
{
    static readonly (string Training, string Validation, string Name, bool Logarithmic)[] Pairs =
    [
        ("train_loss", "val_loss", "Loss", true), ("train_accuracy", TrainingCurve.Accuracy, "Accuracy", false),
        ("train_mse", "val_mse", "Mean squared error", true), ("train_r2", "val_r2", "R²", false),
    ];

    const string Shortest = "tau/min", Longest = "tau/max";

    // 0 divides what is stable from what is not.
    static readonly string[] AboutZero = [TrainingCurve.AtRest, TrainingCurve.OnTheWay];

    /// <summary>A page with everything but what an examination says.</summary>
    /// <param name="record">The run.</param>
    /// <param name="folder">Where it is.</param>
    /// <param name="curve">Its epochs.</param>
    /// <param name="progress">How far it is, where it goes on: a fraction, and words.</param>
    public static HtmlReport Of(RunRecord record, string folder, TrainingCurve curve, (double Done, string Text)? progress = null)
    {
        var run = record.Configuration;
        var page = new HtmlReport($"Training of a {run.Kind} model on {run.Data}");
        if (progress is { } going) page.Progress(going.Done, going.Text);
        if (record.Results is { } results) page.Section("What came of it").Facts("Results", Results(results));
        else page.Section("What came of it").Text(curve.Epochs.Count == 0 ? "No epoch is done yet."
            : $"{curve.Epochs.Count} of {run.Epochs} epochs are done, and the run has no results yet.");
        Curves(page.Section("Training"), curve);
        page.Section("What ran").Text("The run can be repeated with this command, to the same numbers on the same kind of device:").Code(CommandOf(record))
            .Facts("Machine and data",
            [
                ("folder", folder), ("organics", record.Versions.Organics), ("runtime", record.Versions.Runtime), ("system", record.Versions.System),
                ("device", record.Device), ("data", $"{record.Data.Name}: {record.Data.Format}"),
                ("samples", $"{record.Data.Training:N0} training, {record.Data.Validation:N0} validation, {record.Data.Test:N0} test"),
                .. record.Data.Sha256.Select(each => ($"SHA-256 of {each.Key}", each.Value)),
            ]);
        return page;
    }

    /// <summary>Adds what an examination says.</summary>
    /// <param name="page">The page of the run.</param>
    /// <param name="examined">The model.</param>
    /// <param name="test">What it was examined with.</param>
    /// <param name="data">The name of that.</param>
    public static void Add(HtmlReport page, Examination examined, SampleSet test, string data)
    {
        page.Section("Stability").Text($"Examined with the parameters of the best epoch and {test.Count:N0} test samples of {data}.");
        examined.Show(page);
        foreach (var lack in examined.Lacking) page.Text(lack);
        page.Section("Test samples").Text($"{Summary.Scores(examined.Test.Metrics)}, loss {HtmlReport.Show(examined.Test.Loss)}.");
        if (examined.Confusion is { } confusion) page.Confusion(confusion);
        else page.Text("There is no confusion matrix: numbers are asked for, or more than 1,000 classes.");
    }

    /// <summary>The command that trains it, with what differs from what holds otherwise.</summary>
    public static string CommandOf(RunRecord record)
    {
        var run = record.Configuration;
        var otherwise = (run is SequenceRun ? (TrainingRun)new SequenceRun() : new StaticRun()).For(record.Data);
        var options = run.Settings.Select(setting => (setting.Name, Text: setting.Show(run), Otherwise: setting.Show(otherwise)))
            .Where(each => each.Text is not null && each.Text != each.Otherwise).Select(each => $" {each.Name} {ShellWord.Of(each.Text!)}");
        return $"organics train {run.Kind}{string.Concat(options)}";
    }

    static void Curves(HtmlReport page, TrainingCurve curve)
    {
        if (curve.Epochs.Count == 0)
        {
            page.Text("There are no curves before the first epoch is done.");
            return;
        }
        string[] names = [.. curve.Epochs.SelectMany(e => e.Values.Keys).Distinct()];
        foreach (var (training, validation, name, logarithmic) in Pairs)
            if (curve.Has(training) || curve.Has(validation))
                page.Lines(name, "epoch", name, [curve.Of(training, "training"), curve.Of(validation, "validation")], logarithmic, small: true);
        if (curve.Has(Shortest))
            page.Lines("Time constants", "epoch", "τ (Δt)", [curve.Of(Shortest, "shortest"), curve.Of(Longest, "longest")], logarithmic: true, small: true);
        // What never changes is in the table.
        string[] drawn = [.. Pairs.SelectMany(p => (string[])[p.Training, p.Validation]), Shortest, Longest];
        foreach (var name in names.Where(n => !drawn.Contains(n) && curve.Epochs.Any(e => !Of(e, n).Equals(Of(curve.Epochs[0], n)))))
            page.Lines(Words(name), "epoch", Words(name), [curve.Of(name, Words(name))], limit: AboutZero.Contains(name) ? 0 : null, small: true);
        page.Table("All numbers, epoch by epoch", ["epoch", .. names.Select(Words)],
            curve.Epochs.Select(e => (IReadOnlyList<string>)[$"{e.Step}", .. names.Select(n => HtmlReport.Show(Of(e, n)))]));

        static double Of(MetricsRow epoch, string name) => epoch.Values.GetValueOrDefault(name, double.NaN);
    }

    static string Words(string metric) => metric switch
    {
        TrainingCurve.AtRest => "Largest Re λ at rest",
        TrainingCurve.OnTheWay => "Largest Re λ on the way",
        "stability/steps_outside" => "Share of steps outside |μ| < 1",
        "stability/examined" => "Samples examined",
        "stability/stable" => "Samples stable",
        TrainingCurve.Unsettled => "Samples that did not settle",
        "spectral_radius_Wr" => "Spectral radius of Wr",
        "spectral_norm_Wzx" => "Spectral norm of Wzx",
        "learning_rate" => "Learning rate",
        "gradient_norm" => "Norm of the gradient",
        "seconds" => "Seconds",
        "train_loss" => "Training loss",
        "val_loss" => "Validation loss",
        "train_accuracy" => "Training accuracy",
        TrainingCurve.Accuracy => "Validation accuracy",
        "train_mse" => "Training mean squared error",
        "val_mse" => "Validation mean squared error",
        "train_r2" => "Training R²",
        "val_r2" => "Validation R²",
        Shortest => "Shortest τ (Δt)",
        Longest => "Longest τ (Δt)",
        _ => metric,
    };

    static IEnumerable<(string, string)> Results(TrainingResult r)
    {
        static (string, string)? Share(string name, double? x) => x is { } v ? (name, $"{SafeSide.Percent(v):F2} %") : null;
        static (string, string)? Of(string name, double? x) => x is { } v ? (name, HtmlReport.Show(v)) : null;
        return ((ReadOnlySpan<(string, string)?>)
        [
            Share("test accuracy", r.TestAccuracy), Of("test mean squared error", r.TestMse), Of("test R²", r.TestR2), Of("test loss", r.TestLoss),
            Share("validation accuracy", r.ValAccuracy), Of("validation mean squared error", r.ValMse), Of("validation R²", r.ValR2),
            Of("validation loss", r.ValLoss), Of("training loss", r.TrainLoss), Share("training accuracy", r.TrainAccuracy), Of("best epoch", r.BestEpoch),
            Of("epochs", r.Epochs), ("parameters", $"{r.Parameters:N0}"), Of("seconds an epoch", r.SecondsPerEpoch),
            Of("samples a second", r.SamplesPerSecond), Of("largest Re λ", r.MaxReLambda), Share("stable", r.StableFraction),
            Of("largest Re λ on the way", r.MaxReLambdaCourse), Share("steps outside |μ| < 1", r.StepsOutside),
            Of("largest residual", r.MaxResidual), Of("not converged", r.NotConverged), Of("spectral radius of Wr", r.SpectralRadiusWr),
            ("seed", r.Seed.ToString(CultureInfo.InvariantCulture)),
        ]).ToArray().OfType<(string, string)>();
    }
}
