using System.Numerics;

namespace Organics.Backends;

/// <summary>The size of a sequence and of the cell that runs over it.</summary>
/// <param name="Steps">T.</param>
/// <param name="Batch">Samples.</param>
/// <param name="Inputs">d.</param>
/// <param name="Units">n.</param>
/// <param name="HasCourse">Whether the first part of the state after every step is wanted, too.</param>
readonly record struct SequenceSize(int Steps, int Batch, int Inputs, int Units, bool HasCourse)
{
    /// <summary>Steps from one saved state to the next: near √T.</summary>
    public int Segment => SequenceMemory.SegmentLength(Steps);

    /// <summary>How many saved states there are.</summary>
    public int Segments => (Steps + Segment - 1) / Segment;
}

/// <summary>
/// A backend with a program of its own for cells over a sequence. Inputs and gradients stand in the order of the cell's coefficients, then x [steps, batch, d]
/// and the parts of the state [batch, n] before the sequence.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
interface ISequenceBackend<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Whether the program runs such a sequence; what it does not run is run by the CPU.</summary>
    bool Takes(SequenceSize size);

    /// <summary>How many elements the backward pass needs of the forward pass.</summary>
    int SavedLength(CellPlan plan, SequenceSize size);

    /// <summary>Runs the cell.</summary>
    /// <param name="cell">Its equations.</param>
    /// <param name="plan">Its layout.</param>
    /// <param name="size">Of the sequence.</param>
    /// <param name="inputs">All inputs.</param>
    /// <param name="after">Written: the states after the sequence, and the course.</param>
    /// <param name="saved">Written, as long as <see cref="SavedLength"/>; missing where there will be no backward pass.</param>
    void Forward<F>(F cell, CellPlan plan, SequenceSize size, ReadOnlySpan<View<T>> inputs, View<T> after, View<T> saved) where F : unmanaged, ICellFormula<T>;

    /// <summary>Takes cotangents back through the sequence.</summary>
    /// <param name="cell">Its equations.</param>
    /// <param name="plan">Its layout.</param>
    /// <param name="size">Of the sequence.</param>
    /// <param name="inputs">All inputs.</param>
    /// <param name="saved">What <see cref="Forward"/> wrote.</param>
    /// <param name="cotangent">Of the result.</param>
    /// <param name="gradients">Added to; a missing one is not computed.</param>
    void Back<F>(F cell, CellPlan plan, SequenceSize size, ReadOnlySpan<View<T>> inputs, View<T> saved, View<T> cotangent, ReadOnlySpan<View<T>> gradients)
        where F : unmanaged, ICellFormula<T>;
}
