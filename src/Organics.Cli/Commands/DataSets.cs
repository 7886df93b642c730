using System.CommandLine;
using System.Text.Json;

namespace Organics;

/// <summary>Where each published data set is; stdout has it with --json.</summary>
/// <param name="DataSets">All of them.</param>
sealed record DataSetsReport(IReadOnlyList<DataSetState> DataSets);

/// <summary>Where a data set is.</summary>
/// <param name="Name">As for --data.</param>
/// <param name="State">built-in, verified, damaged or missing.</param>
/// <param name="Folder">Where it is; of one that is here.</param>
/// <param name="Problem">What is wrong with it; of a damaged one.</param>
sealed record DataSetState(string Name, string State, string? Folder = null, string? Problem = null);

/// <summary>What the samples of a data set are like; stdout has it with --json.</summary>
/// <param name="Name">As for --data.</param>
/// <param name="Format">In words.</param>
/// <param name="Steps">The time steps of a sample.</param>
/// <param name="Channels">Numbers at each step.</param>
/// <param name="Target">class or numbers; null where there are no targets.</param>
/// <param name="PerStep">Whether there is a target at each step.</param>
/// <param name="Outputs">Classes, or numbers of a target.</param>
/// <param name="Parts">The samples of each part, by training, validation and test, or by the names of arrays where there is none to train on.</param>
/// <param name="Doubts">What is odd about them, in sentences.</param>
/// <param name="Task">What is asked, with the scores of chance and of the best; of a task.</param>
sealed record SamplesReport(
    string Name, string Format, int Steps, int Channels, string? Target, bool PerStep, int Outputs, IReadOnlyDictionary<string, int> Parts,
    IReadOnlyList<string> Doubts, string? Task);

/// <summary><c>organics data</c>.</summary>
static class DataSets
{
    const string Name = "NAME", Json = "--json";

    public static Command Command()
    {
        var data = new Command("data", "Fetch the data sets and see what is where.");
        var get = new Command("get", "Download a data set into the cache and verify it; the only command that uses the network.");
        get.Arguments.Add(new Argument<string>(Name) { Description = "mnist or fashion-mnist." });
        var info = new Command("info", "Show where each published data set is; or, of a set that is named, what its samples are like, and the first few.");
        info.Arguments.Add(new Argument<string?>(Name)
        {
            Description = "As for --data of a training: a file, a folder, task:NAME, ….",
            Arity = ArgumentArity.ZeroOrOne,
        });
        var folder = TrainingRun.Of("--data-dir");
        get.Options.Add(folder.Option(null));
        info.Options.Add(folder.Option(null));
        get.SetAction(given => (int)Get(given.GetRequiredValue<string>(Name), folder.Set(new StaticRun(), given).DataDir));
        info.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        info.SetAction(given => (int)(given.GetValue<string?>(Name) is { } name
            ? Show(folder.Set(new StaticRun { Data = name }, given), given.GetValue<bool>(Json))
            : Info(folder.Set(new StaticRun(), given).DataDir, given.GetValue<bool>(Json))));
        data.Subcommands.Add(get);
        data.Subcommands.Add(info);
        return data;
    }

    static ExitCode Get(string name, string? cache)
    {
        var names = DataCatalog.Published.Select(set => set.Name).ToArray();
        var set = DataCatalog.Published.FirstOrDefault(set => set.Name == name);
        if (set is null)
        {
            var nearest = Suggestion.Nearest(name, names);
            throw Failure.Usage(
                $"There is no data set '{name}' to fetch; {(nearest is null ? $"name {string.Join(" or ", names)}." : $"did you mean {nearest}?")}");
        }
        using var interrupt = new Interrupt();
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            var where = Log.Progress(
                report => new DataDownload(http).GetAsync(set, cache, new Reporter(set, report), interrupt.Token).GetAwaiter().GetResult());
            Console.Out.WriteLine(Printable.Of($"{set.Name} is in '{where}', verified."));
            return ExitCode.Done;
        }
        catch (DataUnavailableException error)
        {
            throw Failure.Check(error.Message);
        }
        catch (OperationCanceledException)
        {
            throw new Failure(ExitCode.Interrupted, $"interrupted; `organics data get {set.Name}` continues where it stopped.");
        }
    }

    // A few samples are enough to see what is what, and as many channels and steps as fit into a line.
    const int Shown = 3, MostChannels = 12, MostSteps = 64;

    const string Levels = "▁▂▃▄▅▆▇█";

    static ExitCode Show(TrainingRun run, bool json)
    {
        void Line(string text)
        {
            if (!json) Console.Out.WriteLine(Printable.Of(text));
        }
        static string Part(SampleSet? samples, string what, string otherwise) => samples is null ? otherwise : $"{samples.Count:N0} {what}";
        var all = ArrayFiles.IsArrayFile(run.Data) ? RunData.LoadAll(run) : [];
        SampleSet samples;
        var (hasTargets, parts) = (true, new Dictionary<string, int>());
        if (all is [] || all.Any(part => part is { Inputs: ArrayData.TrainInputs, Samples.HasTargets: true }))
        {
            var set = RunData.LoadSet(run);
            samples = set.Train;
            foreach (var (part, each) in (ReadOnlySpan<(string, SampleSet?)>)[("training", set.Train), ("validation", set.Validation), ("test", set.Test)])
                if (each is not null) parts[part] = each.Count;
            Line($"{run.Data}: {samples.Format}; {samples.Count:N0} training, "
                + $"{Part(set.Validation, "validation", "no validation (some of the training samples are set apart)")} and "
                + $"{Part(set.Test, "test", "no test (likewise)")} samples.");
        }
        else
        {
            (samples, hasTargets) = (all[0].Samples, all[0].Samples.HasTargets);
            foreach (var part in all) parts[part.Inputs] = part.Samples.Count;
            Line($"{run.Data}: {(hasTargets ? $"{samples.Format}" : $"{samples.Format.InputsText}, no targets")}; "
                + $"{string.Join(" and ", all.Select(part => $"{part.Samples.Count:N0} samples in {part.Inputs}"))}, none to train on.");
        }
        var format = samples.Format;
        string[] doubts = hasTargets ? [.. RunData.Doubts(samples)] : [];
        string? asked = null;
        foreach (var doubt in doubts) Line($"Note: {doubt}.");
        if (run.Data.StartsWith(SequenceTask.Scheme, StringComparison.Ordinal))
        {
            var (task, _) = SequenceTask.Parse(run.Data);
            Line(asked = $"{task.Description} Chance: {task.Chance}. Best: {task.Optimum}.");
        }
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new(run.Data, hasTargets ? $"{format}" : format.InputsText, format.Steps, format.Channels,
                    !hasTargets ? null : format.Target == TargetKind.Class ? "class" : "numbers", hasTargets && format.PerStep, hasTargets ? format.Outputs : 0,
                    parts, doubts, asked), RunJson.Line.SamplesReport));
            return ExitCode.Done;
        }
        var batch = new SampleBatch<double>(format, Math.Min(Shown, samples.Count));
        samples.Gather([.. Enumerable.Range(0, batch.Capacity)], batch);
        var (least, most) = (batch.Inputs[0], batch.Inputs[0]);
        foreach (var x in batch.Inputs) (least, most) = (Math.Min(least, x), Math.Max(most, x));
        Line($"The first {batch.Count}; {Levels[0]} is {least:G3} and {Levels[^1]} is {most:G3}:");
        for (var i = 0; i < batch.Count; i++)
        {
            var steps = Math.Min(format.Steps, MostSteps);
            for (var c = 0; c < Math.Min(format.Channels, MostChannels); c++)
            {
                var course = new char[steps];
                for (var t = 0; t < steps; t++)
                {
                    var share = (batch.Inputs[i * format.Width + t * format.Channels + c] - least) / (most - least);
                    course[t] = Levels[most > least ? Math.Min(Levels.Length - 1, (int)(Levels.Length * share)) : 0];
                }
                Line($"  channel {c,3}  {new string(course)}{(format.Steps > steps ? "…" : "")}");
            }
            if (format.Channels > MostChannels) Line($"  and {format.Channels - MostChannels} channels more");
            if (hasTargets) Line($"  target       {Target(batch, i)}");
        }
        return ExitCode.Done;
    }

    static string Target(SampleBatch<double> batch, int sample)
    {
        const int Most = 16;
        var (targets, outputs) = (batch.Format.Targets, batch.Format.Outputs);
        var words = new List<string>();
        for (var t = 0; t < Math.Min(targets, Most); t++)
        {
            var at = sample * targets + t;
            words.Add(batch.IsWeighted && batch.Weights[at] == 0 ? "–"
                : batch.Format.Target == TargetKind.Class ? $"{batch.Classes[at]}"
                : string.Join('/', batch.Numbers.Slice(at * outputs, Math.Min(outputs, Most)).ToArray().Select(x => $"{x:G3}")));
        }
        return $"{string.Join(' ', words)}{(targets > Most ? " …" : "")}";
    }

    static ExitCode Info(string? cache, bool json)
    {
        List<DataSetState> states = [new(SampleDigits.Name, "built-in")];
        foreach (var set in DataCatalog.Published)
        {
            var folders = (string[])[Path.Combine(cache ?? DataCache.Folder, set.Name), .. set.SystemFolders];
            var folder = folders.FirstOrDefault(each => set.Files.All(file => DataCache.Find(each, file.Name) is not null));
            var state = new DataSetState(set.Name, "missing");
            try
            {
                if (folder is not null)
                {
                    DataCatalog.Load(set, cache);
                    state = new(set.Name, "verified", folder);
                }
            }
            catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                state = new(set.Name, "damaged", folder, error.Message);
            }
            states.Add(state);
        }
        if (json) Console.Out.WriteLine(JsonSerializer.Serialize(new(states), RunJson.Line.DataSetsReport));
        else
            foreach (var each in states)
                Console.Out.WriteLine(Printable.Of($"{each.Name,-16}" + each.State switch
                {
                    "built-in" => "in the program itself: 5,000 training and 1,000 test images of MNIST",
                    "verified" => $"in '{each.Folder}', verified",
                    "damaged" => $"damaged: {each.Problem}",
                    _ => $"not here; fetch it with `organics data get {each.Name}`",
                }));
        return states.Any(each => each.Problem is not null) ? ExitCode.CheckFailed : ExitCode.Done;
    }

    /// <summary>Shows the download of four files as one.</summary>
    sealed class Reporter(PublishedDataSet set, Action<double, string> report) : IProgress<DownloadProgress>
    {
        string? _file;

        public void Report(DownloadProgress value)
        {
            if (value.File != _file && !Log.IsLive) Log.Line($"Fetching {value.File} of {set.Name}.");
            _file = value.File;
            report((double)value.Received / Math.Max(value.Total ?? value.Received * 2, 1), $"{value.File}  {value.Received / 1e6:F1} MB");
        }
    }
}
