using System.Numerics;

namespace Organics;

/// <summary>A trained model on test images: how well it does, and whether its circuits are stable there.</summary>
/// <param name="Test">In the precision of the run.</param>
/// <param name="NotConverged">How many fixed points were not found, counted over inputs and layers: in the precision of the run or in double, whichever is more.</param>
/// <param name="Stability">In double.</param>
/// <param name="Widened">The model that was certified: the same numbers in double.</param>
/// <param name="Certificates">Of every layer, checked against the weights.</param>
sealed record Examination(
    Evaluation Test, long NotConverged, StaticStability Stability, StaticClassifier<double> Widened, IReadOnlyList<LayerCertificate> Certificates)
{
    /// <summary>One row for each true class.</summary>
    public int[][] Confusion
    {
        get
        {
            var classes = Test.Confusion.GetLength(0);
            return [.. Enumerable.Range(0, classes).Select(i => Enumerable.Range(0, classes).Select(j => Test.Confusion[i, j]).ToArray())];
        }
    }

    /// <summary>Whether every input settles to a stable fixed point in every layer.</summary>
    public ExitCode Verdict => Stability.StableInputs == Stability.Inputs && NotConverged == 0 ? ExitCode.Done : ExitCode.CheckFailed;

    /// <summary>Says on stderr what the verdict rests on, where it is not good.</summary>
    public void LogFailure()
    {
        if (Verdict != ExitCode.Done)
            Log.Line($"organics: only {Stability.StableInputs} of {Stability.Inputs} test inputs settle to a stable fixed point in every layer ({NotConverged} did not converge, largest Re λ {Stability.MaxRealPart:G4}); train longer, or with a larger --sigma.");
    }

    /// <summary>Examines the best checkpoint of a run.</summary>
    public static Examination Of<T>(string folder, StaticRun run, DataRecord trained, ImageSet test, Device device, CancellationToken cancellation)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var model = Load<T>(folder, run, trained, device);
        var evaluation = Evaluation.Of(model, test, device);
        var widened = Load<double>(folder, run, trained, device);
        var certificates = Certified(ModelPath(folder), widened);
        var stability = Log.Progress(report => StaticStability.Of(widened, test, run.Threads, cancellation: cancellation, onProgress: done =>
            report((double)done / test.Count, $"stability at {done:N0} of {test.Count:N0} test inputs")));
        if (!Log.IsLive) Log.Line($"Stability examined at {test.Count:N0} test inputs.");
        return new(evaluation, Math.Max(model.NotConverged, stability.NotConverged), stability, widened, certificates);
    }

    /// <summary>Writes the certificates into the metadata of the model's file, where they are not there yet.</summary>
    public void Store(string folder)
    {
        if (Certificates.All(c => c.Stored || c.Certificate is null)) return;
        var file = SafeTensors.Read(ModelPath(folder));
        var metadata = new Dictionary<string, string>(file.Metadata);
        foreach (var c in Certificates)
            if (c.Certificate is not null) metadata[StaticCertificate.Key(c.Layer)] = c.Certificate.ToJson();
        SafeTensors.Write(ModelPath(folder), file.Tensors, metadata);
    }

    static string ModelPath(string folder) => Path.Combine(folder, Trainer<StaticClassifierParameters<double>, double>.ModelFile);

    /// <summary>Of every layer; what is stored must follow from the weights.</summary>
    static LayerCertificate[] Certified(string path, StaticClassifier<double> model)
    {
        var metadata = SafeTensors.Read(path).Metadata;
        return [.. model.Parameters.Layers.Select((layer, i) => Check(i + 1, layer))];

        LayerCertificate Check(int number, StaticLayer<double> layer)
        {
            if (!metadata.TryGetValue(StaticCertificate.Key(number), out var text)) return new(number, StaticCertificate.Of(layer, model.Sigma), false);
            try
            {
                var stored = StabilityCertificate.Parse(text);
                if (StaticCertificate.Follows(stored, layer, model.Sigma)) return new(number, stored, true);
            }
            catch (InvalidDataException error)
            {
                throw Failure.Check($"'{path}' is damaged at '{StaticCertificate.Key(number)}': {error.Message}");
            }
            throw Failure.Check($"The stability certificate of layer {number} in '{path}' does not follow from the weights beside it, so one of them was changed after the training; restore the file, or train anew.");
        }
    }

    /// <summary>The model of a run with the parameters of its best epoch.</summary>
    static StaticClassifier<T> Load<T>(string folder, StaticRun run, DataRecord trained, Device device) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var path = ModelPath(folder);
        if (!File.Exists(path)) throw Failure.Check($"No epoch of the run in '{folder}' is done, so there is no {Path.GetFileName(path)} to examine; continue it with `{TrainStatic.ResumeCommand(folder)}`.");
        var file = SafeTensors.Read(path);
        var model = StaticModel.Create<T>(run, trained, device);
        var known = model.Parameters.List().Select(p => p.Key).Concat(StaticModel.Constants(run).Select(c => c.Name)).ToHashSet();
        if (file.Tensors.FirstOrDefault(t => !known.Contains(t.Name)) is { } stranger)
            throw Failure.Check($"'{path}' has a tensor '{stranger.Name}' [{string.Join(", ", stranger.Shape)}] that the model of {RunRecord.File} lacks; it belongs to another model.");
        Checkpoint.Unpack<StaticClassifierParameters<T>, T>(model.Parameters, file, convert: true);
        return model;
    }
}

/// <summary>What is certified of a layer, for all inputs.</summary>
/// <param name="Layer">From 1.</param>
/// <param name="Certificate">Null where the weights make no circuit.</param>
/// <param name="Stored">Whether the checkpoint holds it.</param>
sealed record LayerCertificate(int Layer, StabilityCertificate? Certificate, bool Stored)
{
    /// <summary>In words.</summary>
    public override string ToString()
        => $"Layer {Layer}{(Certificate is { IsCertified: true } ? ", certified" : "")}: {Certificate?.ToString() ?? "Not certified: its weights make no circuit."}{(Stored ? " The checkpoint holds this, and it follows from the weights." : "")}";
}

/// <summary>The same for a program.</summary>
sealed record LayerCertificateReport(int Layer, bool Certified, string Theorem, double Margin, string Conclusion, bool Stored)
{
    public static LayerCertificateReport Of(LayerCertificate c) => new(
        c.Layer, c.Certificate is { IsCertified: true }, (c.Certificate?.Theorem ?? StabilityTheorem.None).ToString(), c.Certificate?.Margin ?? 0, $"{c.Certificate?.Conclusion}", c.Stored);
}
