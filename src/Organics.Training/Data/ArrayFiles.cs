namespace Organics;

/// <summary>Named arrays in a file or folder: what NumPy, safetensors or a spreadsheet wrote.</summary>
public static class ArrayFiles
{
    const string Npy = ".npy", Npz = ".npz", SafeTensors = ".safetensors";

    /// <summary>
    /// Opens what <see cref="IsArrayFile"/> knows: a file .npz; .npy, whose array is called <c>x</c>; .safetensors; a folder of .npy files, each of which
    /// gives its name to its array; or a folder of recordings as CSV files, whose <c>samples.csv</c> lists them:
    /// <code>
    /// file,target,part
    /// a/first.csv,0,train
    /// second.csv,2,test
    /// </code>
    /// Each of those has a header line that names its channels, and a line for each step. Instead of <c>target</c> there may be several, <c>target1</c>,
    /// <c>target2</c>, …, or none where such columns are in the files themselves: a target at each step. A column <c>mask</c> there is a mask; without
    /// <c>part</c> (<c>train</c>, <c>val</c>, <c>test</c>) all is for training. It gives the arrays <c>x_train</c>
    /// [samples, longest of all parts, channels], padded with zeros, <c>y_train</c>, <c>length_train</c> and, where there is one, <c>mask_train</c>; likewise
    /// <c>…_val</c> and <c>…_test</c>. A single <c>target</c> that is a whole number written without a point in all files is whole (a class); others are
    /// floating-point numbers, at each step with an axis of their own.
    /// </summary>
    /// <param name="path">The file or folder; it must not change until the arrays are disposed.</param>
    /// <returns>The arrays by name. What else the file holds, such as texts, is not listed, and to ask for it is an <see
    /// cref="InvalidDataException"/>.</returns>
    /// <exception cref="DataUnavailableException">There is no such file, or it may not be read.</exception>
    /// <exception cref="InvalidDataException">It is none of these, or damaged; the message is one sentence.</exception>
    public static IReadOnlyDictionary<string, NumberArray> Open(string path) => OpenFor(path, 0, inputsAlone: false);

    /// <summary>The same for a model of so many steps, to which shorter recordings in a folder are filled up, and of which targets and masks may be left
    /// unread.</summary>
    internal static IReadOnlyDictionary<string, NumberArray> OpenFor(string path, int leastSteps, bool inputsAlone)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path)) return Folder(path, leastSteps, inputsAlone);
        switch (Extension(path))
        {
            case Npz:
                return Organics.Npz.Read(path);
            case Npy:
                return NamedArrays.Of(arrays => arrays.Add("x", Organics.Npy.Read(path)));
            case SafeTensors:
                using (FileBytes file = FileBytes.Open(path)) return Tensors(file, path);
            default:
                if (!File.Exists(path)) throw new DataUnavailableException($"There is no file or folder '{path}'; check the path.");
                throw new InvalidDataException($"'{path}' is no file of arrays that is known here; give a file {Npz}, {Npy} or {SafeTensors}, or a folder "
                    + $"of {Npy} files or with {CsvFolder.ListFile}.");
        }
    }

    /// <summary>Whether a path looks like something to <see cref="Open"/>: a file by the end of its name, a folder by what it holds. Nothing is read.</summary>
    /// <param name="path">A file or folder.</param>
    public static bool IsArrayFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Directory.Exists(path) ? IsCsv(path) || Arrays(path).Length > 0 : Extension(path) is Npz or Npy or SafeTensors;
    }

    /// <summary>The tensors of known types, which are read on request.</summary>
    internal static NamedArrays Tensors(ByteSource file, string name)
    {
        try
        {
            return Organics.SafeTensors.Arrays(file, name);
        }
        catch (CheckpointException error)
        {
            throw new InvalidDataException($"{error.Message.TrimEnd('.')}; write it anew.", error);
        }
    }

    static IReadOnlyDictionary<string, NumberArray> Folder(string path, int leastSteps, bool inputsAlone)
    {
        string[] files = Arrays(path);
        if (IsCsv(path))
        {
            if (files.Length > 0) throw new InvalidDataException($"The folder '{path}' has both '{CsvFolder.ListFile}' and {Npy} files; keep one form in it.");
            return CsvFolder.Read(path, leastSteps, inputsAlone);
        }
        if (files.Length == 0)
            throw new DataUnavailableException($"The folder '{path}' has neither {Npy} files nor '{CsvFolder.ListFile}'; give a folder of arrays, or of "
                + $"recordings that {CsvFolder.ListFile} lists.");
        return NamedArrays.Of(arrays =>
        {
            foreach (string file in files)
            {
                string key = Path.GetFileNameWithoutExtension(file);
                if (arrays.Has(key)) throw new InvalidDataException($"The folder '{path}' has two files for the array '{key}'; keep one of them.");
                arrays.Add(key, Organics.Npy.Read(file));
            }
        });
    }

    /// <summary>Whether it is a folder of recordings as CSV files.</summary>
    internal static bool IsCsv(string folder) => File.Exists(Path.Combine(folder, CsvFolder.ListFile));

    static string[] Arrays(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder).Where(file => Extension(file) == Npy).Order(StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataUnavailableException($"The folder '{folder}' cannot be listed: {error.Message.TrimEnd('.')}; check the rights to read it.", error);
        }
    }

    static string Extension(string path) => Path.GetExtension(path).ToLowerInvariant();
}
