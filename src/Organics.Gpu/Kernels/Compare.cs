namespace Organics.Backends;

/// <summary>Conditions that a NaN never meets; C#'s own comparisons do not keep that promise once ILGPU has compiled them
/// (<see cref="LaneIntrinsics"/>).</summary>
static class Compare<T, L> where T : unmanaged where L : struct, ILane<L, T>
{
    /// <summary>a &lt; b.</summary>
    public static bool Less(L a, L b) => L.IfLess(a, b, L.One, L.Zero).Integer != 0;

    /// <summary>a ≤ b, of finite numbers.</summary>
    public static bool AtMost(L a, L b) => Finite(a) && Finite(b) && !Less(b, a);

    /// <summary>Neither infinite nor a NaN.</summary>
    public static bool Finite(L a) => Less(L.Abs(a), L.Literal(double.PositiveInfinity));
}
