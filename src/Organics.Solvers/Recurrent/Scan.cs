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
    /// Where everything is kept, all steps stay on the tape. Otherwise the sequence is cut into segments of the order of √T steps, of which only the states between
    /// them are kept; in the backward pass each is run once more. On the CPU a thread then takes some of the samples through the sequence by itself.
    /// </param>
    /// <exception cref="ArgumentException">Samples were to be parted that are not functions of themselves alone.</exception>
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
        if (x.Shape[0] == 0) throw new ShapeException($"Scan: `x` is {x?.Shape}, which has no step to show; give one step at least.");
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
        if (memory == SequenceMemory.All) return Steps(cell, coefficients, x, state, course);
        // The states, and the course where it is asked for, travel as one tensor: an op has one result.
        var shapes = state.Select(s => s.Shape).ToArray();
        var after = new ScanOp<P, C, T>(cell, coefficients, shapes, course is not null).Apply([.. coefficients.List().Select(c => c.Value), x, .. state]);
        var parts = new Tensor<T>[shapes.Length];
        var start = 0;
        for (var i = 0; i < parts.Length; start += shapes[i++].Length) parts[i] = after.Slice(start, shapes[i].Length).Reshape(shapes[i]);
        course?.Add(after.Slice(start, after.Length - start).Reshape(shapes[0].Insert(0, x.Shape[0])));
        return parts;
    }

    internal static IReadOnlyList<Tensor<T>> Steps<P, C, T>(
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
}
