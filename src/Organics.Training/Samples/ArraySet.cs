namespace Organics;

/// <summary>
/// Samples whose inputs and targets are arrays of numbers, in memory or in files that are read batch by batch: sequences of several channels, or features.
/// </summary>
public sealed class ArraySet : SampleSet
{
    readonly NumberArray _inputs;
    readonly NumberArray? _targets, _mask, _lengths;
    readonly int[]? _index;

    /// <summary>Joins arrays whose leading axis is the samples.</summary>
    /// <param name="inputs">
    /// Numbers. Shape [samples, steps, channels] or [samples, features]; a second axis is steps of one channel where targets, mask or lengths speak of steps.
    /// </param>
    /// <param name="targets">
    /// Classes, from 0, in a type of whole numbers: [samples], or [samples, steps] for one at each step. Else numbers: [samples], [samples, outputs], or
    /// [samples, steps, outputs] for some at each step. Null where there are none to know, as for a prediction: all are then 0.
    /// </param>
    /// <param name="mask">What each target counts, from 0 on; of the shape of the targets without their outputs.</param>
    /// <param name="lengths">Steps of each sample, 1 … steps; what lies behind them is neither seen nor asked for. Shape [samples].</param>
    /// <param name="format">What the samples must be like, as of a model; null takes it from the arrays, with classes up to the largest found.</param>
    /// <exception cref="InvalidDataException">Shapes do not fit one another or the format, or a class, a weight or a length is out of range.</exception>
    public ArraySet(NumberArray inputs, NumberArray? targets, NumberArray? mask = null, NumberArray? lengths = null, SampleFormat? format = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        (_inputs, _targets, _mask, _lengths) = (inputs, targets, mask, lengths);
        var shape = inputs.Shape;
        if (shape.Count is < 1 or > 3 || shape.Any(length => length == 0))
            throw new InvalidDataException($"'{inputs.Name}' has the shape {Text(shape)}, but [samples, steps, channels] or [samples, features] with at "
                + "least one sample is expected; reshape it.");
        Count = shape[0];
        foreach (var other in (NumberArray?[])[targets, mask, lengths])
            if (other is not null && (other.Shape.Count == 0 || other.Shape[0] != Count))
                throw new InvalidDataException($"'{other.Name}' has the shape {Text(other.Shape)}, but its leading axis must be the {Count} samples of "
                    + $"'{inputs.Name}'; pair arrays of the same set.");
        Format = format is null ? Found() : Checked(format);
        // Refuses a sample that no memory holds.
        _ = Format.Width;
        if (mask is not null && !mask.Shape.Skip(1).SequenceEqual(Format.PerStep ? [Format.Steps] : []))
            throw new InvalidDataException($"'{mask.Name}' has the shape {Text(mask.Shape)}, but "
                + $"{(Format.PerStep ? $"[{Count}, {Format.Steps}]" : $"[{Count}]")} is expected, a number for each target; reshape it.");
        if (mask is not null) CheckWeights(mask);
        if (lengths is not null) CheckWhole(lengths, 1, Format.Steps, "length", "a sample has 1 step at least and no more than the inputs");
        if (targets is not null && Format.Target == TargetKind.Class)
            CheckWhole(targets, 0, Format.Outputs - 1, "class", format is null ? "classes are numbered from 0" : $"there are {Format.Outputs} classes, "
                + "numbered from 0");
    }

    ArraySet(ArraySet all, int[] index)
    {
        (_inputs, _targets, _mask, _lengths, _index) = (all._inputs, all._targets, all._mask, all._lengths, index);
        (Format, Count, ClassWeights) = (all.Format, index.Length, all.ClassWeights);
    }

    /// <inheritdoc/>
    public override SampleFormat Format { get; }

    /// <inheritdoc/>
    public override int Count { get; }

    /// <summary>Whether targets are known.</summary>
    public bool HasTargets => _targets is not null;

    /// <inheritdoc/>
    public override ArraySet Select(ReadOnlySpan<int> indices)
    {
        var chosen = new int[indices.Length];
        for (var i = 0; i < chosen.Length; i++) chosen[i] = At(indices[i]);
        return new(this, chosen);
    }

    int At(int i)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(i);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(i, Count);
        return _index is null ? i : _index[i];
    }

    /// <inheritdoc/>
    protected override void Fill<T>(ReadOnlySpan<int> indices, SampleBatch<T> batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var (width, targets, outputs) = (Format.Width, Format.Targets, Format.Outputs);
        batch.HasLengths = _lengths is not null;
        batch.IsWeighted = _mask is not null || (_lengths is not null && Format.PerStep);
        for (var i = 0; i < indices.Length; i++)
        {
            long at = At(indices[i]);
            var inputs = batch.Inputs.Slice(i * width, width);
            _inputs.Read(at * width, inputs);
            if (_lengths is not null)
            {
                _lengths.Read(at, batch.Lengths.Slice(i, 1));
                inputs[(batch.Lengths[i] * Format.Channels)..].Clear();
            }
            CheckInputs<T>(inputs, at);
            if (Format.Target == TargetKind.Class) Read(_targets, at, batch.Classes.Slice(i * targets, targets));
            else Read(_targets, at, batch.Numbers.Slice(i * targets * outputs, targets * outputs));
            var weights = batch.Weights.Slice(i * targets, targets);
            if (_mask is not null) _mask.Read(at * targets, weights);
            else weights.Fill(T.One);
            if (_lengths is not null && Format.PerStep) weights[batch.Lengths[i]..].Clear();
            if (Format.Target == TargetKind.Numbers) CheckNumbers(batch.Numbers.Slice(i * targets * outputs, targets * outputs), weights, at);
        }
    }

    void CheckInputs<T>(ReadOnlySpan<T> inputs, long sample) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        for (var i = 0; i < inputs.Length; i++)
            if (!T.IsFinite(inputs[i])) throw NotFinite<T>(_inputs, sample * inputs.Length + i, "input", "correct it, or give a length that ends before");
    }

    // What does not count may be anything, but not become 0·NaN.
    void CheckNumbers<T>(Span<T> numbers, ReadOnlySpan<T> weights, long sample) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        for (var i = 0; i < numbers.Length; i++)
            if (weights[i / Format.Outputs] == T.Zero) numbers[i] = T.Zero;
            else if (!T.IsFinite(numbers[i]))
                throw NotFinite<T>(_targets!, sample * numbers.Length + i, "target that counts", "correct it, or mask it with a weight of 0");
    }

    // A double may be finite that is no float.
    static InvalidDataException NotFinite<T>(NumberArray array, long at, string what, string remedy)
    {
        Span<double> exact = stackalloc double[1];
        array.Read(at, exact);
        return double.IsFinite(exact[0])
            ? new($"'{array.Name}' holds {exact[0]} at {Where(array, at)}, which is too large for a {typeof(T).Name}; scale it, or compute in double precision.")
            : new($"'{array.Name}' holds {exact[0]} at {Where(array, at)}, where every {what} is a finite number; {remedy}.");
    }

    static void Read<N>(NumberArray? from, long sample, Span<N> to) where N : unmanaged, System.Numerics.INumber<N>
    {
        if (from is null) to.Clear();
        else from.Read(sample * to.Length, to);
    }

    SampleFormat Found()
    {
        var (x, y) = (_inputs.Shape, _targets?.Shape ?? [Count]);
        var isClass = _targets is null or { IsWhole: true };
        // With steps of its own a target is at each step.
        var perStep = y.Count == (isClass ? 2 : 3);
        var hasSteps = x.Count == 3 || perStep || _lengths is not null || _mask is { Shape.Count: 2 };
        var (steps, channels) = x.Count switch { 3 => (x[1], x[2]), 2 when hasSteps => (x[1], 1), 2 => (1, x[1]), _ => (1, 1) };
        if (y.Count > (isClass ? 2 : 3) || (perStep && y[1] != steps) || y.Any(length => length == 0))
            throw new InvalidDataException($"'{_targets!.Name}' has the shape {Text(y)}, but {(isClass
                ? $"whole numbers are classes, [{Count}] or, at each step, [{Count}, {steps}]; reshape them, or give numbers that are no classes as floats"
                : $"[{Count}], [{Count}, outputs] or, at each step, [{Count}, {steps}, outputs] is expected; reshape it")}.");
        return new(steps, channels, isClass ? TargetKind.Class : TargetKind.Numbers, perStep, isClass ? Classes() : y.Count == 1 ? 1 : y[^1]);
    }

    // From 0 to the largest there is, and two at least.
    int Classes()
    {
        var largest = 1L;
        if (_targets is not null) Scan<long>(_targets, (_, value) => largest = Math.Max(largest, value));
        var targets = _targets is null ? 0 : _targets.Shape.Aggregate(1L, (product, length) => product * length);
        if (largest < MostClasses && largest >= Math.Max(FewClasses, 2 * targets))
            throw new InvalidDataException($"'{_targets!.Name}' has whole numbers up to {largest} for {targets} targets, which would be as many classes; give "
                + "numbers that are no classes as floats, or number the classes from 0 without gaps.");
        return largest < MostClasses ? (int)largest + 1
            : throw new InvalidDataException($"'{_targets!.Name}' has a class {largest}, but at most {MostClasses} classes, numbered from 0, can be told "
                + "apart; give numbers that are no classes as floats.");
    }

    // Fewer may be named by any of their numbers; more, where there are not half as many targets, are no classes.
    const int FewClasses = 100;

    // A head of as many outputs still fits into memory.
    const int MostClasses = 65_536;

    SampleFormat Checked(SampleFormat format)
    {
        var x = _inputs.Shape;
        int[] sample = [.. x.Skip(1)];
        if (!sample.SequenceEqual([format.Steps, format.Channels]) && !sample.SequenceEqual([format.Width]))
            throw new InvalidDataException($"'{_inputs.Name}' has the shape {Text(x)}, but [samples, {format.Steps}, {format.Channels}] is expected: "
                + $"{format}; give data that fit.");
        int[] expected = [.. format.PerStep ? (int[])[format.Steps] : [], .. format.Target == TargetKind.Numbers ? (int[])[format.Outputs] : []];
        if (_targets is null) return format;
        int[] found = [.. _targets.Shape.Skip(1)];
        // A single number needs no axis.
        if (!found.SequenceEqual(expected) && !(expected is [.. var rest, 1] && found.SequenceEqual(rest)))
            throw new InvalidDataException($"'{_targets.Name}' has the shape {Text(_targets.Shape)}, but [{string.Join(", ", expected.Prepend(Count))}] is "
                + $"expected: {format}; give data that fit.");
        if (format.Target == TargetKind.Class && !_targets.IsWhole)
            throw new InvalidDataException($"'{_targets.Name}' holds {_targets.Type}, but classes in a type of whole numbers are expected: {format}; "
                + "convert them.");
        return format;
    }

    static void CheckWhole(NumberArray array, long least, long most, string what, string why) => Scan<long>(array, (at, value) =>
    {
        if (value < least || value > most)
            throw new InvalidDataException($"'{array.Name}' has the {what} {value} at {Where(array, at)}, but {least} to {most} is expected, for {why}; "
                + "correct it.");
    });

    void CheckWeights(NumberArray array)
    {
        var largest = 0.0;
        Scan<double>(array, (at, value) =>
        {
            largest = Math.Max(largest, value);
            if (!IsWeight(value))
                throw new InvalidDataException($"'{array.Name}' has the weight {value} at {Where(array, at)}, but {WeightsText} is expected, for only ratios "
                    + "of weights matter; scale or correct them.");
        });
        if (largest == 0 && HasTargets)
            throw new InvalidDataException($"'{array.Name}' holds no weight above 0, so that nothing is asked for; correct it, or leave it out.");
    }

    static void Scan<N>(NumberArray array, Action<long, N> look) where N : unmanaged, System.Numerics.INumber<N>
    {
        var buffer = new N[(int)Math.Min(array.Length, 1 << 16)];
        for (long start = 0; start < array.Length; start += buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, array.Length - start));
            array.Read(start, part);
            for (var i = 0; i < part.Length; i++) look(start + i, part[i]);
        }
    }

    static string Where(NumberArray array, long at)
    {
        var index = new long[array.Shape.Count];
        for (var axis = index.Length - 1; axis >= 0; at /= array.Shape[axis--]) index[axis] = at % array.Shape[axis];
        return $"[{string.Join(", ", index)}]";
    }

    static string Text(IReadOnlyList<int> shape) => $"[{string.Join(", ", shape)}]";
}
