using System.Numerics;

namespace Organics;

/// <summary>Something that runs for the equations of a cell, whatever their type: a machine of one's own for them.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <typeparam name="R">What it gives.</typeparam>
public interface ICellFormulaProgram<T, out R> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Runs for one cell.</summary>
    /// <param name="formula">The equations.</param>
    /// <param name="coefficients">What their layout names.</param>
    R Run<F>(F formula, IReadOnlyList<KeyValuePair<string, Tensor<T>>> coefficients) where F : unmanaged, ICellFormula<T>;
}
