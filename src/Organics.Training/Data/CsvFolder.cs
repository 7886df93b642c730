namespace Organics;

/// <summary>Recordings as CSV files in a folder, in the form that <see cref="ArrayFiles.Open"/> describes.</summary>
static class CsvFolder
{
    /// <summary>The file that lists the others.</summary>
    public const string ListFile = "samples.csv";

    const string FileColumn = "file", PartColumn = "part", TargetColumn = "target", MaskColumn = "mask";

    static readonly string[] Parts = ["train", "val", "test"];

    /// <summary>Reads a folder into memory.</summary>
    /// <param name="folder">The folder's name.</param>
    /// <param name="leastSteps">Shorter recordings are filled up to as many steps, as all are to the longest of the folder.</param>
    /// <param name="inputsAlone">Whether targets and masks are left unread, whatever they hold.</param>
    /// <exception cref="DataUnavailableException">A file is not there.</exception>
    /// <exception cref="InvalidDataException">A file is not of the form, or does not fit the others.</exception>
    public static IReadOnlyDictionary<string, NumberArray> Read(string folder, int leastSteps, bool inputsAlone)
        => Read(folder, path => new Whole(FileBytes.Open(path)), leastSteps, inputsAlone);

    /// <summary>The same with files from elsewhere.</summary>
    /// <param name="folder">The folder's name.</param>
    /// <param name="open">Opens a file by its path.</param>
    /// <param name="leastSteps">Shorter recordings are filled up to as many steps.</param>
    /// <param name="inputsAlone">Whether targets and masks are left unread.</param>
    internal static NamedArrays Read(string folder, Func<string, Stream> open, int leastSteps = 0, bool inputsAlone = false)
    {
        string list = Path.Combine(folder, ListFile);
        List<Sample> samples = List(list, open, inputsAlone, out int targets, out bool isSingle);
        Recording? first = null;
        foreach (Sample sample in samples)
        {
            string path = Path.Combine(folder, sample.File);
            sample.Recording = Recording.Read(path, open, inputsAlone, first);
            first ??= sample.Recording;
        }
        if (targets > 0 && first!.Targets > 0)
            throw new InvalidDataException($"'{list}' has a target for each sample, and '{first.Path}' one for each step; keep one of them.");
        bool isPerStep = first!.Targets > 0;
        if (isPerStep) (targets, isSingle) = (first.Targets, first.IsSingle);
        // One whole number is a class; several numbers are what they are, however they are written.
        bool isClass = isSingle && samples.TrueForAll(sample => isPerStep ? sample.Recording!.IsWhole : sample.IsWhole);
        // Classes have no axis of their own, and a single number for a sample needs none; at each step it says that it is no row of numbers of the sample.
        int[] axis = isClass || (isSingle && !isPerStep) ? [] : [targets];
        int channels = first.Channels.Length;
        // Of all parts, so that they fit one model.
        int longest = Math.Max(leastSteps, samples.Max(sample => sample.Recording!.Steps));
        return NamedArrays.Of(arrays =>
        {
            foreach (string part in Parts)
            {
                Sample[] own = [.. samples.Where(sample => sample.Part == part)];
                if (own.Length == 0) continue;
                void Add(string kind, IEnumerable<double[]> rows, int[] shape, bool whole = false)
                {
                    int row = 1;
                    foreach (int length in shape.AsSpan(1)) row = checked(row * length);
                    string name = $"{folder}:{kind}_{part}";
                    ByteSource bytes = whole ? new RaggedBytes<long>([.. rows.Select(values => Array.ConvertAll(values, value => (long)value))], row)
                        : new RaggedBytes<double>([.. rows], row);
                    arrays.Add($"{kind}_{part}", new NumberArray(name, whole ? NumberType.I64 : NumberType.F64, shape, bytes, 0, !BitConverter.IsLittleEndian));
                }
                Add("x", own.Select(sample => sample.Recording!.Inputs), [own.Length, longest, channels]);
                if (isPerStep) Add("y", own.Select(sample => sample.Recording!.Target), [own.Length, longest, .. axis], isClass);
                else if (targets > 0) Add("y", own.Select(sample => sample.Target), [own.Length, .. axis], isClass);
                if (first.HasMask) Add("mask", own.Select(sample => sample.Recording!.Mask), [own.Length, longest]);
                int[] lengths = [.. own.Select(sample => sample.Recording!.Steps)];
                arrays.Add($"length_{part}", NumberArray.Of<int>($"{folder}:length_{part}", [own.Length], lengths));
            }
        });
    }

    // The lines of the list.
    static List<Sample> List(string list, Func<string, Stream> open, bool inputsAlone, out int targets, out bool isSingle)
    {
        using Stream stream = open(list);
        using var csv = new CsvReader(stream, list);
        int file = -1, part = -1;
        for (int i = 0; i < csv.Columns.Count; i++)
        {
            if (csv.Columns[i] == FileColumn) file = i;
            else if (csv.Columns[i] == PartColumn) part = i;
            else if (!IsTarget(csv.Columns[i])) throw new InvalidDataException($"'{list}' has an unknown column '{csv.Columns[i]}', where {FileColumn}, "
                + $"{TargetColumn} (or {TargetColumn}1, {TargetColumn}2, …) and {PartColumn} are known; rename or delete it.");
        }
        if (file < 0) throw new InvalidDataException($"'{list}' has no column '{FileColumn}'; its first line names the columns, separated by commas, as in "
            + $"{FileColumn},{TargetColumn},{PartColumn}.");
        int[] columns = TargetsOf(csv, list, out isSingle);
        if (inputsAlone) columns = [];
        targets = columns.Length;
        var samples = new List<Sample>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (csv.Next())
        {
            string name = csv.Field(file).ToString();
            if (!IsInside(name)) throw csv.Wrong(file, "is no path inside the folder, as in first.csv or day1/first.csv; move the file into the folder");
            if (!seen.Add(name)) throw csv.Wrong(file, "is listed twice; list each file once");
            string own = part < 0 ? Parts[0] : csv.Field(part).ToString();
            if (!Parts.Contains(own)) throw csv.Wrong(part, $"is none of {string.Join(", ", Parts)}; write one of them");
            bool isWhole = true;
            double[] target = new double[columns.Length];
            for (int i = 0; i < columns.Length; i++)
            {
                target[i] = csv.Target(columns[i], out bool whole);
                isWhole &= whole;
            }
            samples.Add(new Sample(name, own, target, isWhole));
        }
        return samples.Count > 0 ? samples : throw new InvalidDataException($"'{list}' lists no samples; give each file a line.");
    }

    // A path of names alone: from nowhere else, and nowhere else to.
    static bool IsInside(string name) => name.Length > 0 && !Path.IsPathRooted(name) && name.AsSpan().IndexOfAny('\\', ':') < 0 && !name.Any(char.IsControl)
        && name.Split('/').All(part => part is not ("" or "." or ".."));

    // Also target0, which is then refused: a target must not become a channel.
    static bool IsTarget(string column) =>
        column.StartsWith(TargetColumn, StringComparison.Ordinal) && !column.AsSpan(TargetColumn.Length).ContainsAnyExceptInRange('0', '9');

    // The columns target, or target1, target2, … in this order.
    static int[] TargetsOf(CsvReader csv, string name, out bool isSingle)
    {
        int[] columns = [.. Enumerable.Range(0, csv.Columns.Count).Where(i => IsTarget(csv.Columns[i]))
            .OrderBy(i => csv.Columns[i].Length).ThenBy(i => csv.Columns[i], StringComparer.Ordinal)];
        isSingle = columns.Length == 1 && csv.Columns[columns[0]] == TargetColumn;
        for (int i = 0; i < columns.Length && !isSingle; i++)
        {
            string expected = $"{TargetColumn}{i + 1}";
            if (csv.Columns[columns[i]] != expected)
                throw new InvalidDataException($"'{name}' has a column '{csv.Columns[columns[i]]}', where '{expected}' was expected; call one target "
                    + $"'{TargetColumn}', and several {TargetColumn}1, {TargetColumn}2, ….");
        }
        return columns;
    }

    /// <summary>A line of the list.</summary>
    sealed class Sample(string file, string part, double[] target, bool isWhole)
    {
        public string File => file;

        public string Part => part;

        public double[] Target => target;

        public bool IsWhole => isWhole;

        public Recording? Recording { get; set; }
    }

    /// <summary>One file.</summary>
    sealed class Recording
    {
        public required string Path { get; init; }

        public required IReadOnlyList<string> Columns { get; init; }

        public required int[] Channels { get; init; }

        public required int Targets { get; init; }

        public required bool IsSingle { get; init; }

        public required bool HasMask { get; init; }

        public required int Steps { get; init; }

        public required double[] Inputs { get; init; }

        public required double[] Target { get; init; }

        public required double[] Mask { get; init; }

        public required bool IsWhole { get; init; }

        /// <summary>Reads a file, which must have the columns of the first one.</summary>
        public static Recording Read(string path, Func<string, Stream> open, bool inputsAlone, Recording? first)
        {
            using Stream stream = open(path);
            using var csv = new CsvReader(stream, path);
            if (first is not null && !csv.Columns.SequenceEqual(first.Columns))
                throw new InvalidDataException($"'{path}' has the columns {Shown(csv.Columns)}, but '{first.Path}' has {Shown(first.Columns)}; give all "
                    + "files the same ones in the same order.");
            int mask = csv.Columns.ToList().IndexOf(MaskColumn);
            int[] targets = TargetsOf(csv, path, out bool isSingle);
            int[] channels = [.. Enumerable.Range(0, csv.Columns.Count).Where(i => i != mask && !targets.Contains(i))];
            foreach (int column in channels)
            {
                string small = csv.Columns[column].ToLowerInvariant();
                if (small == MaskColumn || IsTarget(small)) throw new InvalidDataException($"'{path}' has a column '{csv.Columns[column]}', where '{small}' "
                    + "was expected; write it in small letters.");
            }
            if (channels.Length == 0) throw new InvalidDataException($"'{path}' has no channel, only the columns {Shown(csv.Columns)}; give each channel a "
                + "column.");
            if (inputsAlone) (targets, mask) = ([], -1);
            var (inputs, target, masks) = (new List<double>(), new List<double>(), new List<double>());
            int steps = 0;
            bool isWhole = true;
            for (; csv.Next(); steps++)
            {
                foreach (int column in channels) inputs.Add(csv.Number(column, out _));
                foreach (int column in targets)
                {
                    target.Add(csv.Target(column, out bool whole));
                    isWhole &= whole;
                }
                if (mask >= 0) masks.Add(csv.Number(mask, out _));
            }
            if (steps == 0) throw new InvalidDataException($"'{path}' has no steps; give each step a line below the names of the channels.");
            return new Recording
            {
                Path = path,
                Columns = csv.Columns,
                Channels = channels,
                Targets = targets.Length,
                IsSingle = isSingle,
                HasMask = mask >= 0,
                Steps = steps,
                Inputs = [.. inputs],
                Target = [.. target],
                Mask = [.. masks],
                IsWhole = isWhole,
            };
        }

        static string Shown(IReadOnlyList<string> columns)
        {
            const int most = 10;
            return string.Join(", ", columns.Take(most)) + (columns.Count > most ? $", … ({columns.Count})" : "");
        }
    }

    /// <summary>A stream over a whole file, which it closes.</summary>
    sealed class Whole(FileBytes file) : ReadOnlyStream
    {
        readonly Stream _part = file.Part(0, file.Length);

        public override int Read(Span<byte> buffer) => _part.Read(buffer);

        protected override void Dispose(bool disposing)
        {
            if (disposing) file.Dispose();
            base.Dispose(disposing);
        }
    }
}
