using System.Globalization;
using System.Runtime.Intrinsics;

namespace Organics.Formulas;

/// <summary>Something that runs with vectors of any width.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <typeparam name="R">What it gives.</typeparam>
interface ISimdProgram<T, out R>
{
    /// <summary>Runs with vectors of one width.</summary>
    R Run<S>() where S : unmanaged, ISimdReal<S, T>;
}

/// <summary>The vectors that programs are made of here: as wide as the processor has them, 512, 256 or 128 bits. Results do not depend on it, not by a bit.</summary>
static class VectorWidth
{
    // For benchmarks and tests that look at a narrower width than the machine's.
    const string Variable = "ORGANICS_VECTOR_BITS";

    /// <summary>Bits of a vector.</summary>
    public static int Bits { get; } = Chosen();

    static int Chosen()
    {
        var own = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;
        return int.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.None, CultureInfo.InvariantCulture, out var given) && given is 128 or 256 or 512
            ? Math.Min(own, given) : own;
    }

    /// <summary>Runs a program with such vectors.</summary>
    public static R Open<T, R>(ISimdProgram<T, R> program) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
        => Bits switch { 512 => program.Run<Simd512<T>>(), 256 => program.Run<Simd256<T>>(), _ => program.Run<Simd128<T>>() };
}
