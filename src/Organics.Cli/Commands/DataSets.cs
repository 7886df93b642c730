using System.CommandLine;

namespace Organics;

/// <summary><c>organics data</c>.</summary>
static class DataSets
{
    const string Name = "NAME";

    public static Command Command()
    {
        var data = new Command("data", "Fetch the data sets and see what is where.");
        var get = new Command("get", "Download a data set into the cache and verify it; the only command that uses the network.");
        get.Arguments.Add(new Argument<string>(Name) { Description = "mnist or fashion-mnist." });
        var info = new Command("info", "Show where each data set is and whether it is the published one.");
        var folder = TrainingRun.Of("--data-dir");
        get.Options.Add(folder.Option(null));
        info.Options.Add(folder.Option(null));
        get.SetAction(given => (int)Get(given.GetRequiredValue<string>(Name), folder.Set(new StaticRun(), given).DataDir));
        info.SetAction(given => (int)Info(folder.Set(new StaticRun(), given).DataDir));
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

    static ExitCode Info(string? cache)
    {
        var code = ExitCode.Done;
        Console.Out.WriteLine($"{SampleDigits.Name,-16}in the program itself: 5,000 training and 1,000 test images of MNIST");
        foreach (var set in DataCatalog.Published)
        {
            var folders = (string[])[Path.Combine(cache ?? DataCache.Folder, set.Name), .. set.SystemFolders];
            var folder = folders.FirstOrDefault(each => set.Files.All(file => DataCache.Find(each, file.Name) is not null));
            var state = $"not here; fetch it with `organics data get {set.Name}`";
            try
            {
                if (folder is not null)
                {
                    DataCatalog.Load(set, cache);
                    state = $"in '{folder}', verified";
                }
            }
            catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                state = $"damaged: {error.Message}";
                code = ExitCode.CheckFailed;
            }
            Console.Out.WriteLine(Printable.Of($"{set.Name,-16}{state}"));
        }
        return code;
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
