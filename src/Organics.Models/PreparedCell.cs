using System.Numerics;

namespace Organics;

/// <summary>A model's cell with its coefficients, whatever their types: a map from state to state.</summary>
/// <typeparam name="T">float or double.</typeparam>
abstract class PreparedCell<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>What the parts of the state are called, n numbers each.</summary>
    public abstract IReadOnlyList<string> States { get; }

    /// <summary>The state after a sequence. Shape: x [steps, batch, d], states [batch, n].</summary>
    public abstract IReadOnlyList<Tensor<T>> Run(Tensor<T> x, IReadOnlyList<Tensor<T>> state);

    /// <summary>The state after one step, in tape ops on a tape's memory. Shape: x [batch, d], states [batch, n].</summary>
    public abstract IReadOnlyList<Tensor<T>> Step(Tape<T> tape, Tensor<T> x, IReadOnlyList<Tensor<T>> state);

    /// <summary>The same with steps of another length; null where the cell is no discretised ODE.</summary>
    public abstract PreparedCell<T>? WithStep(double factor);

    /// <summary>What a program makes of the equations of each layer, the lowest first; none where they are written in tape ops.</summary>
    public abstract IReadOnlyList<R> Formulas<R>(ICellFormulaProgram<T, R> program);

    /// <summary>Whether each kink of a step lies where one number of the state is 0, so that its sign alone decides which derivative holds.</summary>
    public abstract bool HasKinksOfStatesAlone { get; }
}

/// <inheritdoc/>
sealed class PreparedCell<P, C, T>(IRecurrentCell<P, C, T> cell, P parameters) : PreparedCell<T>
    where P : IParameters<P, T>
    where C : IParameters<C, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly C _coefficients = cell.Prepare(parameters);

    public override IReadOnlyList<string> States => cell.States;

    public override IReadOnlyList<Tensor<T>> Run(Tensor<T> x, IReadOnlyList<Tensor<T>> state) => cell.Run(_coefficients, x, state, SequenceMemory.Sqrt);

    public override IReadOnlyList<Tensor<T>> Step(Tape<T> tape, Tensor<T> x, IReadOnlyList<Tensor<T>> state)
        => cell.Step(_coefficients.Map((_, t) => tape.Workspace.From(t)), x, state);

    public override PreparedCell<T>? WithStep(double factor) => cell.WithStep(factor) is { } other ? new PreparedCell<P, C, T>(other, parameters) : null;

    public override IReadOnlyList<R> Formulas<R>(ICellFormulaProgram<T, R> program) => cell.Formulas(_coefficients, program);

    public override bool HasKinksOfStatesAlone => cell is RecurrentCircuit<T> { Variant.Recurrence: RecurrentRectifier.Inside };
}
