using System.Numerics;

namespace Organics;

/// <summary>Dense derivatives of small functions.</summary>
public static class Jacobian
{
    /// <summary>∂f/∂x at x by reverse mode, one row for each element of f(x). Shape: [length of f(x), length of x].</summary>
    /// <param name="f">A function built from tape ops.</param>
    /// <param name="x">Where to differentiate.</param>
    /// <exception cref="InvalidOperationException">f reads a value that depends on x; see <see cref="Tape{T}.Trace"/>.</exception>
    public static Tensor<T> Of<T>(Func<Tensor<T>, Tensor<T>> f, Tensor<T> x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(f);
        ArgumentNullException.ThrowIfNull(x);
        using var tape = new Tape<T>(x.Device);
        var own = tape.Watch(x);
        var y = tape.Trace(() => f(own));
        var jacobian = new T[y.Length * x.Length];
        var cotangent = new T[y.Length];
        for (var i = 0; i < y.Length; i++)
        {
            cotangent[i] = T.One;
            tape.Backward(y, tape.Constant(cotangent, y.Shape))[x].CopyTo(jacobian.AsSpan(i * x.Length, x.Length));
            cotangent[i] = T.Zero;
        }
        return Tensor.From<T>(jacobian, [y.Length, x.Length], x.Device);
    }
}
