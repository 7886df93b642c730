using System.Numerics;

namespace Organics.Backends;

/// <summary>A backend with a program of its own for the eigenvalues of many small matrices.</summary>
/// <typeparam name="T">float or double.</typeparam>
public interface IEigenvalueBackend<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>
    /// The eigenvalues of every matrix, conjugate pairs side by side, the positive one first. A matrix of which not all were found, for whatever reason, gets
    /// NaN in all places, and is then examined as on the CPU.
    /// </summary>
    /// <param name="matrices">Row-major, one after the other. [batch, n, n].</param>
    /// <param name="n">Their order, at least 1.</param>
    /// <param name="re">Out: real parts. [batch, n].</param>
    /// <param name="im">Out: imaginary parts. [batch, n].</param>
    void Eigenvalues(View<T> matrices, int n, View<T> re, View<T> im);
}
