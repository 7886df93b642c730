using System.Numerics;

namespace Organics;

/// <summary>What the commands need to know of a kind of model.</summary>
/// <typeparam name="P">Its parameter record.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
abstract class ModelKind<P, T>
    where P : IParameters<P, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The model at the beginning of its training.</summary>
    public abstract IModel<P, T> Create(DataRecord data, Device device);

    /// <summary>Prepares a new model for its training, always in the same way, where there is something to do.</summary>
    public virtual void Prepare(IModel<P, T> model, SampleSet train, Device device, CancellationToken cancellation)
    {
    }

    /// <summary>How the network grew when it was prepared; null where it did not.</summary>
    public virtual GrowthRecord? Growth => null;

    /// <summary>The shapes of some parameters, which with one another tell all sizes of the model.</summary>
    public abstract IEnumerable<(string Name, int[] Shape)> Sizes(DataRecord data);

    /// <summary>The numbers of the model that are not trained, for readers of model.safetensors; this tool makes them from run.json.</summary>
    public abstract IReadOnlyList<SafeTensor> Constants(IModel<P, T> model);

    /// <summary>Text for the header of model.safetensors; the same run always has the same.</summary>
    public abstract IReadOnlyDictionary<string, string> Metadata(DataRecord data);

    /// <summary>In words.</summary>
    public abstract string Description(DataRecord data);

    /// <summary>What becomes of samples that do not settle, in a clause.</summary>
    public virtual string Unsettled => "their gradients are not to be trusted";

    /// <summary>Whether the gradients' norm is of interest.</summary>
    public virtual bool GradientNorm => false;

    /// <summary>More numbers of an epoch.</summary>
    /// <param name="model">The model of now.</param>
    /// <param name="data">What it is trained on.</param>
    /// <param name="validation">Samples that it may be looked at with.</param>
    public virtual IEnumerable<KeyValuePair<string, double>> Metrics(IModel<P, T> model, DataRecord data, SampleSet validation) => [];

    /// <summary>A few words for the progress bar beyond loss and accuracy.</summary>
    public virtual string Progress(TrainingProgress progress) => "";

    /// <summary>Gives a model what a file holds of it.</summary>
    public virtual void Take(IModel<P, T> model, SafeTensors file) => Checkpoint.Unpack<P, T>(model.Parameters, file, convert: true);

    /// <summary>More about an epoch that has ended, behind a comma.</summary>
    public virtual string Epoch => "";

    /// <summary>Examines the best checkpoint of a run.</summary>
    public abstract Examination Examine(string folder, DataRecord trained, SampleSet test, Device device, CancellationToken cancellation);
}

/// <summary>The files of a run.</summary>
static class ModelFiles
{
    public const string Metrics = Trainer<StaticClassifierParameters<float>, float>.MetricsFile;
    public const string State = Trainer<StaticClassifierParameters<float>, float>.StateFile;
    public const string Replay = Trainer<StaticClassifierParameters<float>, float>.ReplayFile;
    public const string Cause = Trainer<StaticClassifierParameters<float>, float>.CauseKey;
    public const string Model = Trainer<StaticClassifierParameters<float>, float>.ModelFile;

    /// <summary>What stands before the names of parameters in a file from which a training goes on.</summary>
    public const string StatePrefix = "parameters/";

    /// <summary>The file that a path means: itself, or where it is a run's folder the file of a name in it.</summary>
    public static string Named(string path, string name)
    {
        var file = Directory.Exists(path) ? System.IO.Path.Combine(path, name) : path;
        return File.Exists(file) ? file : throw Failure.Usage($"There is no file '{file}'; name a {name}, or the folder of a run that has one.");
    }

    /// <summary>The model in a folder.</summary>
    public static string Path(string folder) => System.IO.Path.Combine(folder, Model);

    /// <summary>Writes something into the metadata of the model in a folder, beside what is there.</summary>
    public static void Annotate(string folder, IEnumerable<KeyValuePair<string, string>> more)
    {
        var file = SafeTensors.Read(Path(folder));
        var metadata = new Dictionary<string, string>(file.Metadata);
        foreach (var (key, text) in more) metadata[key] = text;
        SafeTensors.Write(Path(folder), file.Tensors, metadata);
    }

    /// <summary>Refuses a file that holds a model of another size.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape.</exception>
    public static void CheckSizes<P, T>(ModelKind<P, T> kind, DataRecord data, SafeTensors file, string prefix)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (var (name, shape) in kind.Sizes(data)) Checkpoint.CheckShape(file, prefix + name, shape);
    }

    /// <summary>A model of a kind with the parameters of its best epoch.</summary>
    public static IModel<P, T> Load<P, T>(ModelKind<P, T> kind, TrainingRun run, string folder, DataRecord trained, Device device)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var path = Path(folder);
        if (!File.Exists(path) && File.Exists(System.IO.Path.Combine(folder, Metrics)) && MetricsLog.Read(System.IO.Path.Combine(folder, Metrics)).Count > 0)
            throw Failure.Check($"'{path}' is missing, though epochs of the run are done; restore it, or train anew.");
        if (!File.Exists(path)) throw Failure.Check($"No epoch of the run in '{folder}' is done, so there is no {Model} to examine; continue it with `{Train.ResumeCommand(run, folder)}`.");
        var file = SafeTensors.Read(path);
        // A record may claim any size, and a model of it takes time and memory to make.
        CheckSizes(kind, trained, file, "");
        var model = kind.Create(trained, device);
        var known = model.Parameters.List().Select(p => p.Key).Concat(kind.Constants(model).Select(c => c.Name)).ToHashSet();
        if (file.Tensors.FirstOrDefault(t => !known.Contains(t.Name)) is { } stranger)
            throw Failure.Check($"'{path}' has a tensor '{stranger.Name}' [{string.Join(", ", stranger.Shape)}] that the model of {RunRecord.File} lacks; it belongs to another model.");
        kind.Take(model, file);
        return model;
    }
}
