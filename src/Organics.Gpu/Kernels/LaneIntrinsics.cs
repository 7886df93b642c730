using ILGPU.Frontend;
using ILGPU.Frontend.Intrinsic;
using ILGPU.IR.Values;

namespace Organics.Backends;

/// <summary>
/// What ILGPU must be told so that <see cref="Lane32"/> and <see cref="Lane64"/> mean on a GPU what they mean in C#. The CPU accelerator runs
/// the C# itself and needs none of it.
/// </summary>
static class LaneIntrinsics
{
    static LaneIntrinsics()
    {
        // To ILGPU these are external functions, which no GPU knows.
        Fuse((Func<float, float, float, float>)MathF.FusedMultiplyAdd, (Func<float, float, float, float>)First);
        Fuse((Func<double, double, double, double>)Math.FusedMultiplyAdd, (Func<double, double, double, double>)First);
        // ILGPU 1.5 turns `constant < x` into `x > constant or x is NaN`, and its OpenCL code has no unordered comparison at all. Where the
        // NaNs are asked for by name, neither matters.
        Replace((Func<Lane32, Lane32, Lane32, Lane32, Lane32>)Lane32.IfLess, (Func<Lane32, Lane32, Lane32, Lane32, Lane32>)IfLess);
        Replace((Func<Lane64, Lane64, Lane64, Lane64, Lane64>)Lane64.IfLess, (Func<Lane64, Lane64, Lane64, Lane64, Lane64>)IfLess);
        Replace((Func<Lane32, Lane32, Lane32>)Lane32.Max, (Func<Lane32, Lane32, Lane32>)Max);
        Replace((Func<Lane64, Lane64, Lane64>)Lane64.Max, (Func<Lane64, Lane64, Lane64>)Max);
        Replace((Func<Lane32, Lane32, Lane32>)Lane32.Min, (Func<Lane32, Lane32, Lane32>)Min);
        Replace((Func<Lane64, Lane64, Lane64>)Lane64.Min, (Func<Lane64, Lane64, Lane64>)Min);
    }

    /// <summary>Tells ILGPU, once in a process, before it compiles the first kernel.</summary>
    public static void Register() { }

    static void Replace(Delegate original, Delegate replacement)
    {
        var target = replacement.Method;
        RemappedIntrinsics.AddRemapping(original.Method, (ref InvocationContext c) => c.Method = target);
    }

    // A remapping can change the callee and the arguments but not give a value: the product-sum becomes the first argument of a callee that
    // returns it.
    static void Fuse(Delegate original, Delegate first)
    {
        var target = first.Method;
        RemappedIntrinsics.AddRemapping(original.Method, (ref InvocationContext c) =>
        {
            c[0] = c.Builder.CreateArithmetic(c.Location, c[0], c[1], c[2], TernaryArithmeticKind.MultiplyAdd);
            c.Method = target;
        });
    }

    static float First(float fused, float y, float z) => fused;

    static double First(double fused, double y, double z) => fused;

    static Lane32 IfLess(Lane32 a, Lane32 b, Lane32 then, Lane32 otherwise)
        => !float.IsNaN(a.Value) & !float.IsNaN(b.Value) & (a.Value < b.Value) ? then : otherwise;

    static Lane64 IfLess(Lane64 a, Lane64 b, Lane64 then, Lane64 otherwise)
        => !double.IsNaN(a.Value) & !double.IsNaN(b.Value) & (a.Value < b.Value) ? then : otherwise;

    static Lane32 Max(Lane32 a, Lane32 b) => float.IsNaN(a.Value) | (!float.IsNaN(b.Value) & (a.Value > b.Value)) ? a : b;

    static Lane64 Max(Lane64 a, Lane64 b) => double.IsNaN(a.Value) | (!double.IsNaN(b.Value) & (a.Value > b.Value)) ? a : b;

    static Lane32 Min(Lane32 a, Lane32 b) => float.IsNaN(a.Value) | (!float.IsNaN(b.Value) & (a.Value < b.Value)) ? a : b;

    static Lane64 Min(Lane64 a, Lane64 b) => double.IsNaN(a.Value) | (!double.IsNaN(b.Value) & (a.Value < b.Value)) ? a : b;
}
