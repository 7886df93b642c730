namespace Organics;

/// <summary>
/// Data sets of arrays by name, as a person's <c>.npz</c> holds them: <c>x_train</c> and <c>y_train</c>, <c>x_val</c>, <c>y_val</c>, <c>x_test</c> and
/// <c>y_test</c> where there are such parts, <c>mask_…</c> and <c>length_…</c> of each; or <c>x</c> alone, with <c>y</c>, <c>mask</c> and <c>length</c>, to be
/// looked at by a model (<see cref="ArraySet"/> says what shapes they have).
/// </summary>
public static class ArrayData
{
    const string Inputs = "x", Targets = "y", Mask = "mask", Lengths = "length", Train = "_train", Validation = "_val", Test = "_test";

    /// <summary>The inputs to train on.</summary>
    internal const string TrainInputs = Inputs + Train;

    static readonly string[] Parts = [Train, Validation, Test, ""];

    static readonly string[] Names = [.. Parts.SelectMany(part => (string[])[Inputs + part, Targets + part, Mask + part, Lengths + part])];

    /// <summary>The set to train on in a file or folder.</summary>
    /// <param name="path">As <see cref="ArrayFiles.Open"/> takes it.</param>
    /// <exception cref="InvalidDataException">There is no training part, an array has another name, or does not fit the others.</exception>
    public static DataSet Load(string path)
    {
        var arrays = Open(path);
        var missing = !arrays.ContainsKey(Inputs + Train) ? Inputs : !arrays.ContainsKey(Targets + Train) ? Targets : null;
        if (missing is not null)
            throw new InvalidDataException(!ArrayFiles.IsCsv(path)
                ? $"'{path}' has no {missing}{Train} ({Listed(arrays)}), which a training needs; name the arrays {Inputs}{Train} and {Targets}{Train}."
                : missing == Inputs
                ? $"'{path}' has no samples of the part train, which a training needs; let the column part of {CsvFolder.ListFile} say train."
                : $"'{path}' has no targets, which a training needs; give {CsvFolder.ListFile}, or each recording, a column target.");
        var train = Part(arrays, Train, null)!;
        return new(path, train, Part(arrays, Test, train.Format, path), Part(arrays, Validation, train.Format, path));
    }

    /// <summary>The samples in a file or folder for a model to look at: its test part, or else <c>x</c>, or else its only part.</summary>
    /// <param name="path">As <see cref="ArrayFiles.Open"/> takes it.</param>
    /// <param name="format">What the model expects.</param>
    /// <param name="needsTargets">Whether targets must be there; otherwise neither they nor a mask are looked at.</param>
    /// <exception cref="InvalidDataException">There are none, or they do not fit.</exception>
    public static ArraySet LoadFor(string path, SampleFormat format, bool needsTargets)
    {
        var arrays = Open(path, format.Steps, inputsAlone: !needsTargets);
        var part = ((string?[])[Test, "", Validation, Train]).FirstOrDefault(part => arrays.ContainsKey(Inputs + part))
            ?? throw NoInputs(path, arrays);
        if (needsTargets && !arrays.ContainsKey(Targets + part))
            throw new InvalidDataException($"'{path}' has {Inputs}{part} but no {Targets}{part} to compare with; add it, or use `organics predict`.");
        return needsTargets ? Part(arrays, part, format, path)! : new(arrays[Inputs + part], null, null, arrays.GetValueOrDefault(Lengths + part), format);
    }

    /// <summary>All samples in a file or folder, with targets or without, by the names of their inputs.</summary>
    /// <exception cref="InvalidDataException">There are none, or they do not fit one another.</exception>
    internal static IReadOnlyList<(string Inputs, ArraySet Samples)> LoadAll(string path)
    {
        var arrays = Open(path);
        var all = new List<(string, ArraySet Samples)>();
        // What is asked for is known where there are targets.
        foreach (var part in Parts.OrderBy(part => !arrays.ContainsKey(Targets + part)))
            if (Part(arrays, part, all.FirstOrDefault().Samples?.Format, path, mayLackTargets: true) is { } samples) all.Add((Inputs + part, samples));
        return all.Count > 0 ? all : throw NoInputs(path, arrays);
    }

    static InvalidDataException NoInputs(string path, IReadOnlyDictionary<string, NumberArray> arrays)
        => new($"'{path}' has no inputs ({Listed(arrays)}); name them {Inputs}{Test} or {Inputs}.");

    static IReadOnlyDictionary<string, NumberArray> Open(string path, int leastSteps = 0, bool inputsAlone = false)
    {
        var arrays = ArrayFiles.OpenFor(path, leastSteps, inputsAlone);
        if (arrays.Keys.FirstOrDefault(name => !Names.Contains(name)) is { } unknown)
        {
            var meant = Suggestion.Nearest(unknown, Names);
            throw new InvalidDataException($"'{path}' has an array '{unknown}', which is none of {string.Join(", ", Names)}; "
                + $"{(meant is null ? "rename it or leave it out." : $"did you mean {meant}? Else leave it out.")}");
        }
        return arrays;
    }

    static ArraySet? Part(IReadOnlyDictionary<string, NumberArray> arrays, string part, SampleFormat? format, string path = "", bool mayLackTargets = false)
    {
        NumberArray? Of(string name) => arrays.GetValueOrDefault(name + part);
        if (Of(Inputs) is not { } inputs)
        {
            if (((string[])[Targets, Mask, Lengths]).FirstOrDefault(name => arrays.ContainsKey(name + part)) is { } lonely)
                throw new InvalidDataException($"'{path}' has {lonely}{part} but no {Inputs}{part}; add it, or leave {lonely}{part} out.");
            return null;
        }
        if (Of(Targets) is null && !mayLackTargets) throw new InvalidDataException($"'{path}' has {Inputs}{part} but no {Targets}{part}; add it, or leave "
            + $"{Inputs}{part} out.");
        return new(inputs, Of(Targets), Of(Mask), Of(Lengths), format);
    }

    static string Listed(IReadOnlyDictionary<string, NumberArray> arrays) => arrays.Count == 0 ? "it has no arrays"
        : $"it has {string.Join(", ", arrays.Keys.Order(StringComparer.Ordinal))}";
}
