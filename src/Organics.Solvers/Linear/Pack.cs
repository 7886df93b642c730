using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Organics;

/// <summary>A register of T: what a kernel of this library needs from one, whatever its width.</summary>
internal interface IPack<TSelf, T>
    where TSelf : unmanaged, IPack<TSelf, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    static abstract int Count { get; }
    static abstract TSelf Zero { get; }
    static abstract TSelf Of(T value);
    static abstract TSelf Load(ref T from, nint offset);
    static abstract void Store(TSelf value, ref T to, nint offset);
    static abstract TSelf Add(TSelf x, TSelf y);
    static abstract TSelf Multiply(TSelf x, TSelf y);

    /// <summary>x·y + z with one rounding.</summary>
    static abstract TSelf MultiplyAdd(TSelf x, TSelf y, TSelf z);
    static abstract T Sum(TSelf x);

    /// <summary>x with the lanes before <paramref name="lane"/> set to zero.</summary>
    static abstract TSelf From(TSelf x, int lane);
}

/// <summary>512 bits of T.</summary>
internal readonly struct Pack512<T>(Vector512<T> lanes) : IPack<Pack512<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly Vector512<T> _lanes = lanes;

    public static bool IsFast => Vector512.IsHardwareAccelerated && Vector512<T>.IsSupported;

    public static int Count => Vector512<T>.Count;

    public static Pack512<T> Zero => new(Vector512<T>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pack512<T> Of(T value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pack512<T> Load(ref T from, nint offset) => new(Vector512.LoadUnsafe(ref from, (nuint)offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Pack512<T> value, ref T to, nint offset) => value._lanes.StoreUnsafe(ref to, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pack512<T> Add(Pack512<T> x, Pack512<T> y) => new(x._lanes + y._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pack512<T> Multiply(Pack512<T> x, Pack512<T> y) => new(x._lanes * y._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pack512<T> MultiplyAdd(Pack512<T> x, Pack512<T> y, Pack512<T> z)
        => typeof(T) == typeof(float)
            ? new(Vector512.FusedMultiplyAdd(x._lanes.AsSingle(), y._lanes.AsSingle(), z._lanes.AsSingle()).As<float, T>())
            : new(Vector512.FusedMultiplyAdd(x._lanes.AsDouble(), y._lanes.AsDouble(), z._lanes.AsDouble()).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Pack512<T> x) => Vector512.Sum(x._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pack512<T> From(Pack512<T> x, int lane)
        => new(Vector512.ConditionalSelect(
            Vector512.GreaterThanOrEqual(Vector512<T>.Indices, Vector512.Create(T.CreateTruncating(lane))), x._lanes, Vector512<T>.Zero));
}

/// <summary>256 bits of T.</summary>
internal readonly struct Pack256<T>(Vector256<T> lanes) : IPack<Pack256<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly Vector256<T> _lanes = lanes;

    public static int Count => Vector256<T>.Count;

    public static Pack256<T> Zero => new(Vector256<T>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pack256<T> Of(T value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pack256<T> Load(ref T from, nint offset) => new(Vector256.LoadUnsafe(ref from, (nuint)offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Pack256<T> value, ref T to, nint offset) => value._lanes.StoreUnsafe(ref to, (nuint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pack256<T> Add(Pack256<T> x, Pack256<T> y) => new(x._lanes + y._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pack256<T> Multiply(Pack256<T> x, Pack256<T> y) => new(x._lanes * y._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pack256<T> MultiplyAdd(Pack256<T> x, Pack256<T> y, Pack256<T> z)
        => typeof(T) == typeof(float)
            ? new(Vector256.FusedMultiplyAdd(x._lanes.AsSingle(), y._lanes.AsSingle(), z._lanes.AsSingle()).As<float, T>())
            : new(Vector256.FusedMultiplyAdd(x._lanes.AsDouble(), y._lanes.AsDouble(), z._lanes.AsDouble()).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Pack256<T> x) => Vector256.Sum(x._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pack256<T> From(Pack256<T> x, int lane)
        => new(Vector256.ConditionalSelect(
            Vector256.GreaterThanOrEqual(Vector256<T>.Indices, Vector256.Create(T.CreateTruncating(lane))), x._lanes, Vector256<T>.Zero));
}
