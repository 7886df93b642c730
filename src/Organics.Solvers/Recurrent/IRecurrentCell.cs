using System.Numerics;

namespace Organics;

/// <summary>What a cell leaves of a sequence.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Shown">The first part of the state after every step. Shape [steps, batch, …].</param>
/// <param name="After">The state after the last one.</param>
public readonly record struct CellCourse<T>(Tensor<T> Shown, IReadOnlyList<Tensor<T>> After) where T : unmanaged, IFloatingPointIeee754<T>;

/// <summary>
/// A recurrent cell. Written in tape ops, one file, it is differentiated by the tape; <see cref="Run"/> takes it over a sequence.
/// </summary>
/// <typeparam name="P">Its trained parameters.</typeparam>
/// <typeparam name="C">What a step uses of them.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
public interface IRecurrentCell<P, C, T>
    where P : IParameters<P, T>
    where C : IParameters<C, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>What the parts of the state are called; each has a shape [batch, …], and the first is what a read-out sees.</summary>
    IReadOnlyList<string> States { get; }

    /// <summary>Derives once a sequence what does not change from step to step.</summary>
    C Prepare(P parameters);

    /// <summary>The state after one step. Samples lie along the leading axis and do not depend on one another: several threads may call it at once,
    /// each with some of them. What it uses beside its arguments holds nothing for each sample, and no gradient flows there: what is trained is a coefficient.</summary>
    /// <param name="coefficients">From <see cref="Prepare"/>.</param>
    /// <param name="x">Inputs. Shape [batch, d].</param>
    /// <param name="state">As many tensors as <see cref="States"/>.</param>
    IReadOnlyList<Tensor<T>> Step(C coefficients, Tensor<T> x, IReadOnlyList<Tensor<T>> state);

    /// <summary>The state after a sequence. A cell with a faster program than the steps one by one overrides it.</summary>
    /// <param name="coefficients">From <see cref="Prepare"/>.</param>
    /// <param name="x">Inputs. Shape [steps, batch, d].</param>
    /// <param name="state">The state before it.</param>
    /// <param name="memory">How much is kept for the backward pass.</param>
    IReadOnlyList<Tensor<T>> Run(C coefficients, Tensor<T> x, IReadOnlyList<Tensor<T>> state, SequenceMemory memory)
        => Scan.Run(this, coefficients, x, state, memory);

    /// <summary>
    /// The same cell with steps of another length, where it is a discretised ODE, Δt one of its numbers; null where it is none, as an LSTM. From it the Jacobian
    /// of the ODE follows, as the limit of (∂step/∂state − I)/h for short steps h.
    /// </summary>
    /// <param name="factor">How much longer steps are, above 0 and at most 1.</param>
    IRecurrentCell<P, C, T>? WithStep(double factor) => null;

    /// <summary>The cell as a component that takes its inputs one by one; null where it has no such form, as cells written in tape ops.</summary>
    /// <param name="coefficients">From <see cref="Prepare"/>; their values are copied.</param>
    /// <param name="initial">The state before the first step, each part of shape [n]; copied.</param>
    StreamingCell<T>? Stream(C coefficients, IReadOnlyList<Tensor<T>> initial) => null;

    /// <summary>What a program makes of the equations of each layer, the lowest first; none where a cell is written in tape ops and has no equations to be
    /// read.</summary>
    /// <param name="coefficients">From <see cref="Prepare"/>.</param>
    /// <param name="program">The program.</param>
    IReadOnlyList<R> Formulas<R>(C coefficients, ICellFormulaProgram<T, R> program) => [];

    /// <summary>The first part of the state after every step, which is what a cell shows, and the state after the sequence.</summary>
    /// <inheritdoc cref="Run"/>
    CellCourse<T> Course(C coefficients, Tensor<T> x, IReadOnlyList<Tensor<T>> state, SequenceMemory memory) => Scan.Course(this, coefficients, x, state, memory);
}
