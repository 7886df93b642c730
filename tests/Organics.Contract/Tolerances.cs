using System.Numerics;

namespace Organics.Contract;

/// <summary>
/// How far a device may be from the reference backend: the one place where that is written.
/// </summary>
/// <remarks>
/// A formula is the same +, −, ×, ÷, √ and fused multiply-add in the same order everywhere, so that machines whose compiler leaves that order alone
/// (SIMD, ILGPU's emulation) agree to the last bit. A CUDA compiler may contract a·b + c to one rounding, and OpenCL divides and takes roots
/// within 3 units in the last place (float): there a formula has a number of units that its own arithmetic amplifies, and no bound at all where a
/// difference cancels. Sums, products of matrices and solves are ordered differently on every machine and have the bound of their kind.
/// </remarks>
public static class Tolerances
{
    // Units in the last place on a machine that contracts; e^(b·ln a) turns one unit of the exponent's argument into |b·ln a| units.
    static readonly Dictionary<string, double> Contracted = new()
    {
        [nameof(Power<float>)] = 256,
        [nameof(ConstantPower<float>)] = 256,
        [nameof(Tanh<float>)] = 16,
        [nameof(Sigmoid<float>)] = 16,
        [nameof(Softplus<float>)] = 16,
    };

    /// <summary>Allowed units in the last place of a formula's value or cotangent.</summary>
    /// <param name="formula">Its name.</param>
    /// <param name="contracts">Whether the machine contracts products and sums.</param>
    public static double Ulps(string formula, bool contracts) => !contracts ? 0 : Contracted.GetValueOrDefault(formula, 8);

    /// <summary>The bound 2·n·ε·magnitude of a sum of n terms whose absolute values sum to a magnitude, whatever its order.</summary>
    public static double Sum<T>(int n, double magnitude) where T : IFloatingPointIeee754<T> => 2 * (n + 1) * Epsilon<T>() * magnitude;

    /// <summary>The bound on x of a solved n×n system of moderate condition, relative to its largest entry.</summary>
    public static double Solve<T>(int n) where T : IFloatingPointIeee754<T> => 1000 * n * Epsilon<T>();

    /// <summary>The bound on a gradient through a few composed functions, relative to its largest entry.</summary>
    public static double Gradient<T>() where T : IFloatingPointIeee754<T> => 5e4 * Epsilon<T>();

    /// <summary>The distance from 1 to the next number.</summary>
    public static double Epsilon<T>() where T : IFloatingPointIeee754<T> => double.CreateTruncating(T.BitIncrement(T.One) - T.One);
}
