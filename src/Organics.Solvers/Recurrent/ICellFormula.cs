namespace Organics;

/// <summary>
/// The equations of a recurrent cell for one neuron, written once for every machine: from it come the program for the CPU, the kernels for GPUs, the streaming
/// cell, the form in tape ops that is its oracle, and the Jacobian of a step. What neurons exchange are matrix products, which <see cref="Layout"/> names; what
/// is left is element-wise, and stands here as formulas over <see cref="IReal{V, T}"/>, the step and its vector–Jacobian product.
/// </summary>
/// <typeparam name="T">float or double; constants of the cell are fields of this type.</typeparam>
public interface ICellFormula<T>
{
    /// <summary>What the numbers of <see cref="Step"/> are, by name; the same whenever it is asked for.</summary>
    CellLayout Layout { get; }

    /// <summary>Derives from the state what products read beside it: <see cref="CellLayout.Sources"/>.</summary>
    void Sources<V, M>(M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct;

    /// <summary>What products bring back to the sources, taken back to the state.</summary>
    void SourcesVjp<V, M>(M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct;

    /// <summary>The state after a step, of which every part is set once.</summary>
    /// <param name="round">Which round of products is known now, from 0; a cell of one round has no other.</param>
    /// <param name="m">Where the numbers of the neuron lie.</param>
    void Step<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct;

    /// <summary>The vector–Jacobian product of <see cref="Step"/>, called with the rounds in falling order.</summary>
    /// <param name="round">Which round.</param>
    /// <param name="m">Where the numbers of the neuron lie.</param>
    void StepVjp<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct;
}

/// <summary>The numbers of one neuron on the way through a step; numbered as in <see cref="CellLayout"/>.</summary>
/// <typeparam name="V">What carries a number.</typeparam>
public interface ICellForward<V>
{
    /// <summary>Part of the state before the step.</summary>
    V State(int i);

    /// <summary>What a product gave, its activation applied.</summary>
    V Product(int i);

    /// <summary>A coefficient of the neuron.</summary>
    V Coefficient(int i);

    /// <summary>Part of the state after the step, once it is set.</summary>
    V After(int i);

    /// <summary>Sets part of the state after the step.</summary>
    void SetAfter(int i, V value);

    /// <summary>Sets what products read beside the state.</summary>
    void SetSource(int i, V value);
}

/// <summary>The numbers of one neuron on the way back through a step.</summary>
/// <typeparam name="V">What carries a number.</typeparam>
public interface ICellBackward<V>
{
    /// <inheritdoc cref="ICellForward{V}.State"/>
    V State(int i);

    /// <inheritdoc cref="ICellForward{V}.Product"/>
    V Product(int i);

    /// <inheritdoc cref="ICellForward{V}.Coefficient"/>
    V Coefficient(int i);

    /// <inheritdoc cref="ICellForward{V}.After"/>
    V After(int i);

    /// <summary>The cotangent of part of the state after the step.</summary>
    V AfterCotangent(int i);

    /// <summary>The cotangent of what products read beside the state.</summary>
    V SourceCotangent(int i);

    /// <summary>Adds to the cotangent of part of the state before the step.</summary>
    void AddToState(int i, V value);

    /// <summary>Adds to the cotangent of part of the state after the step that an earlier round has set.</summary>
    void AddToAfter(int i, V value);

    /// <summary>Sets the cotangent of what a product gave; each is set once, in its own round or a later one.</summary>
    void SetProduct(int i, V value);

    /// <summary>Adds to the gradient of a coefficient.</summary>
    void AddToCoefficient(int i, V value);
}
