using System.Numerics;
using System.Runtime.CompilerServices;

namespace Organics;

/// <summary>
/// The recurrent circuit with dynamic gains, Eq. 87 and 17, in steps of Euler's method; all right-hand sides are taken at the old state:
/// <para>y ← y + κy⊙(−y + b⊙z + (1 − √⌊a⌋)⊙ŷ), a ← a + κa⊙(−a + σ²⊙b0² + W(⌊y⌋²⊙⌊a⌋)),</para>
/// <para>b0 ← b0 + κ0⊙(−b0 + sigmoid(Wbx0·x + Wby0·y + Wba0·a)), b ← b + κ1⊙(−b + sigmoid(Wbx1·x + Wby1·y + Wba1·a)),</para>
/// with the drive z from Wzx·x and the recurrent input ŷ from Wr·y, rectified as the <see cref="CircuitVariant"/> says: a rectifier is a maximum with 0, and
/// none is a maximum with −∞.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public readonly struct CircuitFormula<T> : ICellFormula<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    const int Y = 0, A = 1, B0 = 2, B1 = 3;
    // f = ⌊y⌋²⊙⌊a⌋, and ⌊y⌋ where that is what Wr multiplies.
    const int F = 0, Rate = 1;
    const int Drive = 0, Gain0 = 1, Gain1 = 2, Recurrent = 3, Pool = 4;
    const int KappaY = 0, KappaA = 1, KappaB0 = 2, KappaB1 = 3, Sigma = 4;

    readonly T _driveFloor, _yFloor, _recurrentFloor;
    // A number, as kernels take no bool: 1 where the recurrent input is of rates ⌊y⌋.
    readonly int _isInside;

    /// <summary>The equations of a published form.</summary>
    public CircuitFormula(CircuitVariant variant)
    {
        static T Floor(bool rectify) => rectify ? T.Zero : T.NegativeInfinity;
        _driveFloor = Floor(variant.RectifyDrive);
        _yFloor = Floor(variant.Recurrence != RecurrentRectifier.None);
        _recurrentFloor = Floor(variant.Recurrence == RecurrentRectifier.Outside);
        _isInside = variant.Recurrence == RecurrentRectifier.Inside ? 1 : 0;
    }

    /// <inheritdoc/>
    public CellLayout Layout => new()
    {
        States = ["y", "a", "b0", "b"],
        Sources = _isInside != 0 ? ["f", "⌊y⌋"] : ["f"],
        Products =
        [
            new("z", Activation.None, null, new CellTerm("x", "Wzx")),
            new("B0", Activation.Sigmoid, null, new CellTerm("x", "Wbx0"), new CellTerm("y", "Wby0"), new CellTerm("a", "Wba0")),
            new("B1", Activation.Sigmoid, null, new CellTerm("x", "Wbx1"), new CellTerm("y", "Wby1"), new CellTerm("a", "Wba1")),
            new("ŷ", Activation.None, null, new CellTerm(_isInside != 0 ? "⌊y⌋" : "y", "Wr")),
            new("v", Activation.None, null, new CellTerm("f", "W")),
        ],
        Coefficients = ["kappa_y", "kappa_a", "kappa_b0", "kappa_b1", "sigma"],
    };

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Sources<V, M>(M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct
    {
        var yr = V.Max(m.State(Y), V.Of(_yFloor));
        m.SetSource(F, yr * yr * V.Max(m.State(A), V.Zero));
        if (_isInside != 0) m.SetSource(Rate, yr);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SourcesVjp<V, M>(M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct
    {
        V y = m.State(Y), a = m.State(A), gf = m.SourceCotangent(F), yr = V.Max(y, V.Of(_yFloor));
        var toY = (gf + gf) * yr * V.Max(a, V.Zero);
        m.AddToState(Y, _isInside != 0 ? toY + V.IfLess(V.Zero, y, m.SourceCotangent(Rate), V.Zero) : toY);
        m.AddToState(A, V.IfLess(V.Zero, a, gf * yr * yr, V.Zero));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct
    {
        V y = m.State(Y), a = m.State(A), b0 = m.State(B0), b1 = m.State(B1), sigma = m.Coefficient(Sigma);
        V z = V.Max(m.Product(Drive), V.Of(_driveFloor)), u = V.Max(m.Product(Recurrent), V.Of(_recurrentFloor));
        var gain = V.One - V.Sqrt(V.Max(a, V.Zero));
        m.SetAfter(Y, V.Fma(m.Coefficient(KappaY), V.Fma(gain, u, V.Fma(b1, z, -y)), y));
        m.SetAfter(A, V.Fma(m.Coefficient(KappaA), V.Fma(sigma * sigma, b0 * b0, m.Product(Pool) - a), a));
        m.SetAfter(B0, V.Fma(m.Coefficient(KappaB0), m.Product(Gain0) - b0, b0));
        m.SetAfter(B1, V.Fma(m.Coefficient(KappaB1), m.Product(Gain1) - b1, b1));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StepVjp<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct
    {
        V y = m.State(Y), a = m.State(A), b0 = m.State(B0), b1 = m.State(B1), sigma = m.Coefficient(Sigma);
        V z = V.Max(m.Product(Drive), V.Of(_driveFloor)), u = V.Max(m.Product(Recurrent), V.Of(_recurrentFloor));
        V cy = m.AfterCotangent(Y), ca = m.AfterCotangent(A), c0 = m.AfterCotangent(B0), c1 = m.AfterCotangent(B1);
        V root = V.Sqrt(V.Max(a, V.Zero)), gain = V.One - root, sigma2 = sigma * sigma, square = b0 * b0;
        V gy = m.Coefficient(KappaY) * cy, ga = m.Coefficient(KappaA) * ca, h0 = m.Coefficient(KappaB0) * c0, h1 = m.Coefficient(KappaB1) * c1;
        m.SetProduct(Drive, V.IfLess(V.Of(_driveFloor), z, gy * b1, V.Zero));
        m.SetProduct(Gain0, h0);
        m.SetProduct(Gain1, h1);
        m.SetProduct(Recurrent, V.IfLess(V.Of(_recurrentFloor), u, gy * gain, V.Zero));
        m.SetProduct(Pool, ga);
        m.AddToState(Y, cy - gy);
        // d√⌊a⌋/da is 0 where a is not positive.
        m.AddToState(A, ca - ga - V.IfLess(V.Zero, a, gy * u * (V.Half / root), V.Zero));
        m.AddToState(B0, V.Fma((sigma2 + sigma2) * b0, ga, c0 - h0));
        m.AddToState(B1, V.Fma(gy, z, c1 - h1));
        // Of κ: the cotangent times the bracket that κ multiplies; of σ: 2σ·κA·ā·b0².
        m.AddToCoefficient(KappaY, cy * V.Fma(gain, u, V.Fma(b1, z, -y)));
        m.AddToCoefficient(KappaA, ca * V.Fma(sigma2, square, m.Product(Pool) - a));
        m.AddToCoefficient(KappaB0, c0 * (m.Product(Gain0) - b0));
        m.AddToCoefficient(KappaB1, c1 * (m.Product(Gain1) - b1));
        m.AddToCoefficient(Sigma, (sigma + sigma) * ga * square);
    }
}
