using Spectre.Console;

namespace Organics;

/// <summary>A classifier without dynamics on test images: there is nothing to rest, and no stability.</summary>
/// <param name="Test">In the precision of the run.</param>
sealed record FeedForwardExamination(Evaluation Test) : Examination(Test)
{
    /// <inheritdoc/>
    public override double? MaxRealPart => null;

    /// <inheritdoc/>
    public override double? StableFraction => null;

    /// <inheritdoc/>
    public override void Draw(Action<string, string> save)
    {
    }

    /// <inheritdoc/>
    public override void Show(HtmlReport page) => page.Text(NoStability);

    /// <inheritdoc/>
    public override void Write(IAnsiConsole console) => Console.Out.WriteLine(NoStability);

    const string NoStability = "A feed-forward layer has no steady state, and so no stability.";
}

/// <summary>A static classifier whose layers come to rest, on test images.</summary>
/// <param name="Test">In the precision of the run.</param>
/// <param name="Missing">How many fixed points were not found, counted over inputs and layers: in the precision of the run or in double, whichever is
/// more.</param>
/// <param name="Stability">In double.</param>
/// <param name="Widened">The model that was certified: the same numbers in double.</param>
/// <param name="Certificates">Of every layer of circuits, checked against the weights; none of a network.</param>
sealed record StaticExamination(
    Evaluation Test, long Missing, StaticStability Stability, StaticClassifier<double> Widened,
    IReadOnlyList<LayerCertificate> Certificates) : Examination(Test)
{
    /// <inheritdoc/>
    public override double? MaxRealPart => Stability.MaxRealPart;

    /// <inheritdoc/>
    public override double? StableFraction => Stability.StableFraction;

    /// <summary>Whether every input settles to a stable fixed point in every layer.</summary>
    public override ExitCode Verdict => Stability.StableInputs == Stability.Inputs && Missing == 0 ? ExitCode.Done : ExitCode.CheckFailed;

    /// <summary>Says on stderr what the verdict rests on, where it is not good.</summary>
    public override void LogFailure()
    {
        if (Verdict != ExitCode.Done)
            Log.Line($"organics: only {Stability.StableInputs} of {Stability.Inputs} test inputs settle to a stable fixed point in every layer ({Missing} did "
                + $"not converge, {Stability.Undecided} are too near to the margin to decide, largest Re λ {Stability.MaxRealPart:G4}); "
                + (Networks.Any() ? "no theorem promises a network any: train with another --seed, a lower --lr, or --growth."
                    : "train longer, or with a larger --sigma."));
    }

    IEnumerable<SsnLayer<double>> Networks => Widened.Parameters.Layers.OfType<SsnLayer<double>>();

    /// <inheritdoc/>
    public override string RateUnit => Networks.Any() ? "1/τE" : "1/τ";

    /// <inheritdoc/>
    public override IEnumerable<string> Lacking => Certificates.Where(c => c is { Stored: false, Certificate: not null })
        .Select(c => $"The checkpoint holds no certificate of layer {c.Where}: what is said of that layer was derived from the weights, and nothing that was "
            + "stored could be checked.");

    /// <summary>Writes the certificates into the metadata of the model's file, where they are not there yet.</summary>
    public override void Store(string folder)
    {
        if (Certificates.All(c => c.Stored || c.Certificate is null)) return;
        ModelFiles.Annotate(folder, [.. Certificates.Where(c => c.Certificate is not null)
            .Select(c => new KeyValuePair<string, string>(Key(c.Layer, c.Channel), c.Certificate!.ToJson()))]);
    }

    /// <summary>Of every layer; what is stored must follow from the weights.</summary>
    public static LayerCertificate[] Certified(string path, StaticClassifier<double> model)
    {
        var metadata = SafeTensors.Read(path).Metadata;
        (int Layer, int? Channel)[] circuits = [.. model.Parameters.Layers.Index().SelectMany(each => each.Item switch
        {
            StaticLayer<double> => [(each.Index + 1, (int?)null)],
            ConvolutionLayer<double> images => Enumerable.Range(1, images.Channels).Select(channel => (each.Index + 1, (int?)channel)),
            _ => [],
        })];
        string[] own = [.. circuits.Select(each => Key(each.Layer, each.Channel))];
        if (metadata.Keys.FirstOrDefault(
            key => key.StartsWith(StabilityCertificate.MetadataKey, StringComparison.Ordinal) && !own.Contains(key)) is { } stranger)
            throw Failure.Check($"'{path}' has a certificate '{stranger}' of a layer that the model lacks; restore the file, or train anew.");
        return [.. circuits.Select(each => Check(each.Layer, each.Channel))];

        LayerCertificate Check(int number, int? channel)
        {
            var (layer, key) = (model.Parameters.Layers[number - 1], Key(number, channel));
            var derived = layer is ConvolutionLayer<double> images ? StaticCertificate.Of(images, channel!.Value - 1, model.Sigma)
                : StaticCertificate.Of((StaticLayer<double>)layer, model.Sigma);
            if (!metadata.TryGetValue(key, out var text)) return new(number, channel, derived, false);
            try
            {
                // What is shown is what was derived here, never what a file says.
                if (derived is not null && Follows(StabilityCertificate.Parse(text))) return new(number, channel, derived, true);
            }
            catch (InvalidDataException error)
            {
                throw Failure.Check($"'{path}' is damaged at '{key}': {error.Message}");
            }
            throw Failure.Check($"The stability certificate of layer {new LayerCertificate(number, channel, derived, true).Where} "
                + $"in '{path}' does not follow from the weights beside it, so one of them was "
                + "changed after the training; restore the file, or train anew.");

            bool Follows(StabilityCertificate stored) => layer is ConvolutionLayer<double> images
                ? StaticCertificate.Follows(stored, images, channel!.Value - 1, model.Sigma)
                : StaticCertificate.Follows(stored, (StaticLayer<double>)layer, model.Sigma);
        }
    }

    static string Key(int layer, int? channel) => channel is { } number ? StaticCertificate.Key(layer, number) : StaticCertificate.Key(layer);

    /// <inheritdoc/>
    public override void Draw(Action<string, string> save)
    {
        save("spectrum.svg", SvgPlot.ComplexPlane(SpectrumTitle, Spectra, RateUnit));
        StaticLayer<double>[] layers = [.. Widened.Parameters.Layers.OfType<StaticLayer<double>>()];
        for (var i = 0; i < layers.Length; i++)
        {
            var w = Array.ConvertAll(layers[i].LogWay.ToArray(), Math.Exp);
            save(layers.Length == 1 ? "normalization-weights.svg" : $"normalization-weights-{i + 1}.svg", SvgPlot.HeatMap(
                layers.Length == 1 ? "Normalization weights W" : $"Normalization weights W of layer {i + 1}",
                "target neuron", "source neuron", w, layers[i].Units, layers[i].Units, "weight"));
        }
        foreach (var network in Networks)
            save("recurrent-weights.svg", SvgPlot.HeatMap(
                "Recurrent weights W", "target neuron", "source neuron", network.Signed.ToArray(), network.Units, network.Units, "weight"));
    }

    string SpectrumTitle
        => $"Eigenvalues at the fixed points of {Stability.Layers.Max(layer => layer.Spectra.Count):N0} of {Stability.Inputs:N0} test inputs";

    PlotSeries[] Spectra => [.. Stability.Layers.Select((layer, i) => Spectrum($"layer {i + 1}", layer))];

    /// <inheritdoc/>
    public override void Show(HtmlReport page)
    {
        page.Table(StabilityTitle, ["layer", .. StabilityColumns], Enumerable.Range(0, Stability.Layers.Count).Select(StabilityRow)).Text(UnitText);
        foreach (var text in AttractionTexts) page.Text(text);
        foreach (var certificate in Certificates) page.Text($"{certificate}");
        page.ComplexPlane(SpectrumTitle, Spectra, RateUnit);
        StaticLayer<double>[] layers = [.. Widened.Parameters.Layers.OfType<StaticLayer<double>>()];
        for (var i = 0; i < layers.Length; i++)
            page.Map($"Normalization weights W of layer {i + 1}", "target neuron", "source neuron",
                Array.ConvertAll(layers[i].LogWay.ToArray(), Math.Exp), layers[i].Units, layers[i].Units);
        foreach (var network in Networks)
            page.Map("Recurrent weights W", "target neuron", "source neuron", network.Signed.ToArray(), network.Units, network.Units);
    }

    static PlotSeries Spectrum(string name, LayerStability layer)
    {
        var points = layer.Spectra.SelectMany(each => each).ToArray();
        return new(name, Array.ConvertAll(points, p => p.Real), Array.ConvertAll(points, p => p.Imaginary));
    }

    /// <inheritdoc/>
    public override void Write(IAnsiConsole console)
    {
        console.Write(StabilityTable());
        Console.Out.WriteLine(UnitText);
        foreach (var text in AttractionTexts) Console.Out.WriteLine(text);
        foreach (var certificate in Certificates) Console.Out.WriteLine(certificate);
    }

    string UnitText => UnitOfRates + (Channels is not { LogPool: var pool } ? ""
        : pool is null ? " Each channel's were computed from its pool's formula; that they are stable is Theorem 4.1."
        : $" Of pools of neighbours the rightmost were sought, at {Stability.Layers.Max(layer => layer.Spectra.Count)} test inputs; that all are stable is "
            + "Theorem 4.1.");

    ConvolutionLayer<double>? Channels => Widened.Parameters.Layers.OfType<ConvolutionLayer<double>>().FirstOrDefault();

    string UnitOfRates
        => $"Eigenvalues are those of the Jacobian in units of {RateUnit}, with {(Networks.Any() ? "τE = 2 τI" : "all time constants τ alike")}.";

    /// <summary>From how far the fixed points attract, a sentence or two for each layer of which it is known.</summary>
    IEnumerable<string> AttractionTexts
    {
        get
        {
            for (var i = 0; i < Stability.Layers.Count; i++)
            {
                if (Stability.Layers[i] is not { Global: { } global, BasinFactors: { Count: > 0 } factors }) continue;
                yield return $"Layer {i + 1}: at {global:N0} of {Stability.Inputs:N0} test inputs the fixed point attracts every start, "
                    + $"with all time constants alike (theorem of global stability). At {factors.Count} of them the certified basin was looked for: "
                    + $"every y and a within a factor of {SafeSide.Factor(factors[0])} at the least, "
                    + $"{SafeSide.Factor(factors[factors.Count / 2])} in the middle, units without drive being silent.";
            }
        }
    }

    /// <inheritdoc/>
    public override TrainingResult Complete(TrainingResult result) => result with { MaxResidual = Stability.MaxResidual, NotConverged = Missing, Undecided = Stability.Undecided };

    /// <inheritdoc/>
    public override EvalResult Complete(EvalResult result)
        => result with
        {
            MaxResidual = Stability.MaxResidual,
            NotConverged = Missing,
            Undecided = Stability.Undecided,
            Certificates = [.. Certificates.Select(c => LayerCertificateReport.Of(c, Stability.Layers[c.Layer - 1]))],
        };

    const string StabilityTitle = "Stability at the fixed points of the test inputs";

    static readonly string[] StabilityColumns = ["stable", "undecided", "largest Re λ", "largest relative residual", "not converged"];

    Table StabilityTable()
    {
        var table = new Table().Title(StabilityTitle).Border(TableBorder.Simple);
        table.AddColumn("layer");
        foreach (var name in StabilityColumns) table.AddColumn(new TableColumn(name).RightAligned());
        for (var i = 0; i < Stability.Layers.Count; i++) table.AddRow(StabilityRow(i));
        return table;
    }

    string[] StabilityRow(int i)
    {
        var layer = Stability.Layers[i];
        return
        [
            $"{i + 1}", $"{layer.Stable} of {Stability.Inputs}", $"{layer.Undecided}", $"{layer.MaxRealPart:G4}", $"{layer.MaxResidual:0.0e-0}",
            $"{layer.NotConverged}",
        ];
    }
}
