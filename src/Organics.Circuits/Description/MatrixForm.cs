using System.Text.Json;

namespace Organics;

/// <summary>
/// An n × n matrix, row = target, as a circuit file gives it: a list of rows; the name of a file; for Wr one number s, which is s·I; <c>"identity"</c>; or a
/// form. <c>identity</c>: s·I; <c>uniform</c>: every element the same; <c>gaussian</c>: exp(−d²/2·width²) of the distance of two units, times
/// exp(−Δ²/2·orientation²) of their preferred orientations on a map, scaled so that each row has the sum <c>sum</c> or the largest element <c>peak</c>;
/// <c>sparse</c>: a list of [i, j, value]; <c>goe</c>, <c>goe-symmetric</c>, <c>power-law</c>: random (<see cref="RandomMatrix"/>); <c>sum</c>: of several.
/// </summary>
static class MatrixForm
{
    static readonly string[] Names = ["identity", "uniform", "gaussian", "sparse", .. RandomMatrix.Names, "sum"];

    public static double[] Elements(JsonElement given, int n, string key, UnitMap? map, ParameterFiles files)
    {
        var source = files.Source;
        if (given.ValueKind != JsonValueKind.Array && n > Circuit.MostPairs)
            throw new InvalidDataException($"{source}: n is {n}; a circuit has at most {Circuit.MostPairs} neuron pairs, for its matrices are arrays.");
        switch (given.ValueKind)
        {
            case JsonValueKind.Number when key.StartsWith("Wr", StringComparison.Ordinal) || n == 1:
                return Diagonal(given.GetDouble(), n);
            case JsonValueKind.Number:
                throw new InvalidDataException(
                    $"{source}: {key} is {CircuitFile.Text(given)}; write {{\"uniform\": {CircuitFile.Text(given)}}} for this in every place, or "
                        + $"{{\"identity\": {CircuitFile.Text(given)}}}.");
            case JsonValueKind.String when given.GetString() == "identity":
                return Diagonal(1, n);
            case JsonValueKind.String:
                return given.GetString()!.Contains('.') ? files.Matrix(given.GetString()!, n, key)
                    : throw new InvalidDataException($"{source}: {key} is {CircuitFile.Text(given)}; a word is \"identity\" or the name of a file.");
            case JsonValueKind.Array:
                return CircuitFile.Matrix(given, n, key, source);
            case JsonValueKind.Object:
                var (name, form, scale) = FormReader.Only(given, Names, source, key, "{\"gaussian\": {\"width\": 3, \"sum\": 1}}");
                var values = name switch
                {
                    "identity" => Diagonal(Number(form, key, name, source), n),
                    "uniform" => [.. Enumerable.Repeat(Number(form, key, name, source), n * n)],
                    "sparse" => Sparse(form, n, key, source),
                    "sum" => Sum(form, n, key, map, files),
                    "gaussian" => Gaussian(new(form, source, key, name), n, map),
                    _ => Random(new(form, source, key, name), name, n),
                };
                if (scale != 1)
                    for (var k = 0; k < values.Length; k++) values[k] *= scale;
                return values;
            default:
                throw new InvalidDataException($"{source}: {key} is {CircuitFile.Kind(given)}; it must be a list of {n} rows of {n} numbers, row = target, "
                    + $"or a form as {{\"gaussian\": {{\"width\": 3}}}}.");
        }
    }

    static double Number(JsonElement given, string key, string name, string source)
        => given.ValueKind == JsonValueKind.Number ? given.GetDouble()
            : throw new InvalidDataException($"{source}: {key}.{name} is {CircuitFile.Kind(given)}; it must be a number.");

    static double[] Diagonal(double s, int n)
    {
        var identity = new double[n * n];
        for (var i = 0; i < n; i++) identity[i * (n + 1)] = s;
        return identity;
    }

    static double[] Sum(JsonElement parts, int n, string key, UnitMap? map, ParameterFiles files)
    {
        if (parts.ValueKind != JsonValueKind.Array || parts.GetArrayLength() == 0)
            throw new InvalidDataException($"{files.Source}: {key}.sum is {CircuitFile.Kind(parts)}; it must be a list of what is added.");
        var sum = new double[n * n];
        foreach (var (part, k) in parts.EnumerateArray().Select((part, k) => (part, k)))
        {
            var values = Elements(part, n, $"{key}.sum[{k}]", map, files);
            for (var i = 0; i < sum.Length; i++) sum[i] += values[i];
        }
        return sum;
    }

    static double[] Sparse(JsonElement given, int n, string key, string source)
    {
        if (given.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException($"{source}: {key}.sparse is {CircuitFile.Kind(given)}; it must be a list of [i, j, value].");
        var matrix = new double[n * n];
        var k = 0;
        foreach (var entry in given.EnumerateArray())
        {
            var name = $"{key}.sparse[{k++}]";
            var numbers = CircuitFile.Elements(entry, 3, name, source, scalar: false);
            var (i, j) = (numbers[0], numbers[1]);
            if (!(i >= 0 && i < n && j >= 0 && j < n && i == Math.Floor(i) && j == Math.Floor(j)))
                throw new InvalidDataException($"{source}: {name} is {CircuitFile.Text(entry)}; it must be [i, j, value] with i and j from 0 to {n - 1}.");
            matrix[(int)i * n + (int)j] += numbers[2];
        }
        return matrix;
    }

    static double[] Gaussian(FormReader form, int n, UnitMap? map)
    {
        var place = map ?? new UnitMap(1, n, 1);
        var width = form.Positive("width", map is null ? null : double.PositiveInfinity);
        var tuning = map is null ? double.PositiveInfinity : form.Positive("orientation", double.PositiveInfinity);
        if (form.Has("peak") && form.Has("sum")) throw form.Wrong("has both \"sum\" and \"peak\", which exclude each other; leave one");
        var (isCircular, hasSelf, isByPeak) = (form.Flag("circular", false), form.Flag("self", true), form.Has("peak"));
        var (peak, sum) = (form.Number("peak", 1), form.Number("sum", 1));
        form.End();
        // Of separable distances a table for each axis.
        var (rows, columns, angles) = (Table(place.Rows, width, isCircular), Table(place.Columns, width, isCircular),
            Table(place.Orientations, tuning * place.Orientations / 180, true));
        var matrix = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            var total = 0.0;
            for (var j = 0; j < n; j++)
            {
                if (i == j && !hasSelf) continue;
                var (p, q) = (i / place.Orientations, j / place.Orientations);
                var value = rows[Math.Abs(p / place.Columns - q / place.Columns)] * columns[Math.Abs(p % place.Columns - q % place.Columns)]
                    * angles[Math.Abs(i % place.Orientations - j % place.Orientations)];
                matrix[i * n + j] = value;
                total += value;
            }
            var factor = isByPeak ? peak : total > 0 ? sum / total : 0;
            for (var j = 0; j < n; j++) matrix[i * n + j] *= factor;
        }
        return matrix;
    }

    static double[] Table(int count, double width, bool isCircular) =>
    [
        .. Enumerable.Range(0, count).Select(d =>
        {
            var apart = UnitMap.Shorter(d, count, isCircular) / width;
            return Math.Exp(-apart * apart / 2);
        }),
    ];

    static double[] Random(FormReader form, string name, int n)
    {
        var delta = form.Number("delta", null, "a number of 0 or more", x => x >= 0);
        var seed = form.Number("seed", 0, "a whole number from 0 on", x => x >= 0 && x < ulong.MaxValue && x == Math.Floor(x));
        form.End();
        return RandomMatrix.Draw(name, n, delta, (ulong)seed);
    }
}
