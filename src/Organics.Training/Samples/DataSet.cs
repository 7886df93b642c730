namespace Organics;

/// <summary>A named set of samples to train on, with those that are not shown in training.</summary>
public sealed class DataSet
{
    /// <summary>Joins them.</summary>
    /// <param name="name">What the set is called: <c>mnist</c>, a file or a folder.</param>
    /// <param name="train">What is trained on.</param>
    /// <param name="test">What is reported; null where none is set apart.</param>
    /// <param name="validation">What decides which epoch is kept; null where none is set apart.</param>
    /// <exception cref="ArgumentException">They differ in format.</exception>
    public DataSet(string name, SampleSet train, SampleSet? test = null, SampleSet? validation = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(train);
        foreach (var (part, what) in ((SampleSet?, string)[])[(test, nameof(test)), (validation, nameof(validation))])
            if (part is not null && part.Format != train.Format)
                throw new ArgumentException($"The training samples of '{name}' are {train.Format}, the {what} samples {part.Format}; both must agree.", what);
        (Name, Train, Test, Validation) = (name, train, test, validation);
    }

    /// <summary>What the set is called.</summary>
    public string Name { get; }

    /// <summary>What is trained on.</summary>
    public SampleSet Train { get; }

    /// <summary>What is reported; null where none is set apart.</summary>
    public SampleSet? Test { get; }

    /// <summary>What decides which epoch is kept; null where none is set apart.</summary>
    public SampleSet? Validation { get; }
}
