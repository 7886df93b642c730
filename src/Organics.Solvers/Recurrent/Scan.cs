using System.Numerics;

namespace Organics;

/// <summary>Runs a recurrent cell over a sequence, one op at a time on the tape: back-propagation through time.</summary>
public static class Scan
{
    /// <summary>The state after a sequence.</summary>
    /// <param name="cell">Any cell.</param>
    /// <param name="coefficients">From its <see cref="IRecurrentCell{P, C, T}.Prepare"/>.</param>
    /// <param name="x">Inputs. Shape [steps, batch, d].</param>
    /// <param name="state">The state before it.</param>
    /// <param name="memory">
    /// Where everything fits, all steps stay on the tape. Otherwise the sequence is cut into segments of about √T steps, of which only the states between them
    /// are kept; in
    /// the backward pass each is run once more.
    /// </param>
    public static IReadOnlyList<Tensor<T>> Run<P, C, T>(
        IRecurrentCell<P, C, T> cell, C coefficients, Tensor<T> x, IReadOnlyList<Tensor<T>> state, SequenceMemory memory)
        where P : IParameters<P, T>
        where C : IParameters<C, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        => Walk(cell, coefficients, x, state, memory, null);

    /// <summary>The first part of the state after every step, the whole course of what a cell shows, and the state after the last one.</summary>
    /// <exception cref="ShapeException">There is no step.</exception>
    /// <inheritdoc cref="Run"/>
    public static CellCourse<T> Course<P, C, T>(IRecurrentCell<P, C, T> cell, C coefficients, Tensor<T> x, IReadOnlyList<Tensor<T>> state, SequenceMemory memory)
        where P : IParameters<P, T>
        where C : IParameters<C, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var course = new List<Tensor<T>>();
        var after = Walk(cell, coefficients, x, state, memory, course);
        if (course.Count == 0) throw new ShapeException($"Scan: `x` is {x?.Shape}, of which no step has a course; give one step at least.");
        return new(Tensor<T>.Concat(0, [.. course]), after);
    }

    // Each tensor that joins the course has steps as its leading axis.
    static IReadOnlyList<Tensor<T>> Walk<P, C, T>(
        IRecurrentCell<P, C, T> cell, C coefficients, Tensor<T> x, IReadOnlyList<Tensor<T>> state, SequenceMemory memory, List<Tensor<T>>? course)
        where P : IParameters<P, T>
        where C : IParameters<C, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(cell);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(state);
        if (x.Shape.Rank != 3) throw new ShapeException($"Scan: `x` is {x.Shape} but must be [steps, batch, inputs]; Reshape it.");
        if (state.Count != cell.States.Count)
            throw new ShapeException($"Scan: {state.Count} states were given, but the cell has {string.Join(", ", cell.States)}; give one tensor for each.");
        var steps = x.Shape[0];
        // How large the tape of a step is, only the cell's ops know: everything or segments, nothing between.
        var segment = memory == SequenceMemory.All ? steps : SequenceMemory.SegmentLength(steps);
        for (var start = 0; start < steps; start += segment)
        {
            var part = x.Slice(start, Math.Min(segment, steps - start));
            if (segment >= steps) state = Steps(cell, coefficients, part, state, course);
            else state = Segment(cell, coefficients, part, state, course);
        }
        return state;
    }

    static IReadOnlyList<Tensor<T>> Steps<P, C, T>(
        IRecurrentCell<P, C, T> cell, C coefficients, Tensor<T> x, IReadOnlyList<Tensor<T>> state, List<Tensor<T>>? course)
        where P : IParameters<P, T>
        where C : IParameters<C, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (var t = 0; t < x.Shape[0]; t++)
        {
            state = cell.Step(coefficients, x[t], state);
            course?.Add(state[0].Reshape(state[0].Shape.Insert(0, 1)));
        }
        return state;
    }

    // The state, and the course where it is asked for, travel as one tensor: an op has one result.
    static Tensor<T>[] Segment<P, C, T>(IRecurrentCell<P, C, T> cell, C coefficients, Tensor<T> x, IReadOnlyList<Tensor<T>> state, List<Tensor<T>>? course)
        where P : IParameters<P, T>
        where C : IParameters<C, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var shapes = state.Select(s => s.Shape).ToArray();
        var after = new Recomputed<P, C, T>(cell, coefficients, shapes, course is null ? 0 : x.Shape[0]).Apply([.. coefficients.List().Select(c => c.Value), x, .. state]);
        var parts = new Tensor<T>[shapes.Length];
        var start = 0;
        for (var i = 0; i < parts.Length; start += shapes[i++].Length) parts[i] = after.Slice(start, shapes[i].Length).Reshape(shapes[i]);
        course?.Add(after.Slice(start, after.Length - start).Reshape(shapes[0].Insert(0, x.Shape[0])));
        return parts;
    }

    /// <summary>Steps whose results are forgotten, and computed again on a tape of their own when the gradient passes.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="coefficients">What its steps use.</param>
    /// <param name="shapes">Of the parts of the state.</param>
    /// <param name="shown">Steps whose first part is a result, too: all of them or none.</param>
    sealed class Recomputed<P, C, T>(IRecurrentCell<P, C, T> cell, C coefficients, Shape[] shapes, int shown) : Op<T>
        where P : IParameters<P, T>
        where C : IParameters<C, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Device _device = Device.Cpu;

        public override string Name => "Scan";

        public override Shape Infer(ReadOnlySpan<Tensor<T>> inputs)
        {
            _device = inputs[0].Device;
            return [shapes.Sum(s => s.Length) + shown * shapes[0].Length];
        }

        public override void Forward(in ForwardContext<T> c)
        {
            using var workspace = new Workspace<T>(_device);
            var copies = new Tensor<T>[c.Count];
            for (var i = 0; i < copies.Length; i++) copies[i] = workspace.Borrow(c.Input(i), c.Shape(i));
            c.On.Copy(Run(copies).View, c.Output);
        }

        public override void Vjp(in VjpContext<T> c)
        {
            using var tape = new Tape<T>(_device);
            var own = new Tensor<T>[c.Count];
            for (var i = 0; i < own.Length; i++)
            {
                own[i] = tape.Workspace.Borrow(c.Input(i), c.Shape(i));
                if (c.Needs(i)) own[i] = tape.Watch(own[i]);
            }
            var gradients = tape.Backward(tape.Trace(() => Run(own)), tape.Workspace.Borrow(c.OutputGrad, c.OutputShape));
            for (var i = 0; i < own.Length; i++)
                if (c.Needs(i)) c.On.Add(gradients[own[i]].View, c.Grad(i));
        }

        Tensor<T> Run(Tensor<T>[] inputs)
        {
            var i = 0;
            var c = coefficients.Map((_, _) => inputs[i++]);
            var course = shown > 0 ? new List<Tensor<T>>() : null;
            var after = Steps(cell, c, inputs[i], inputs[(i + 1)..], course);
            return Tensor<T>.Concat(0, [.. after.Concat(course ?? []).Select(s => s.Reshape([s.Length]))]);
        }
    }
}
